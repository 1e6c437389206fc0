// Log lines of a simulated world are kept for the checker of secrets; the linker takes these instead of the host's own.
#include "platform/host/logging.hpp"

#include <array>
#include <utility>

#include "tests/simulation/log_lines.hpp"

namespace granary::simulation {
namespace {

std::string lines;

}  // namespace

std::string take_log_lines() { return std::exchange(lines, {}); }

}  // namespace granary::simulation

namespace granary::logging {

std::optional<Level> parse_level(std::string_view text) {
    constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) return static_cast<Level>(i);
    }
    return std::nullopt;
}

void configure(Level, Style) {}

void write(Level, std::string_view message, std::initializer_list<Field> fields) {
    auto& lines = simulation::lines;
    lines += message;
    for (const auto& field : fields) lines.append(" ").append(field.name).append("=").append(field.value);
    lines += '\n';
}

}  // namespace granary::logging
