// The common case, a view that is far enough already, costs one atomic read per position.
#include "gateway/middleware/freshness_gate.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/mutants.hpp"

namespace granary::gateway {
namespace {

std::string age_text(Duration age) {
    // Seconds with milliseconds: `0.004`.
    const std::int64_t ms = std::max<std::int64_t>(0, age.us / 1000);
    std::string fraction = std::to_string(ms % 1000);
    return std::to_string(ms / 1000) + "." + std::string(3 - fraction.size(), '0') + fraction;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// Several fields of one name are one list (RFC 9110, section 5.3).
std::string joined_fields(const http::Headers& headers, std::string_view name) {
    std::string all;
    for (const auto& field : headers) {
        if (field.name != name) continue;
        if (!all.empty()) all += ',';
        all += field.value.empty() ? " " : field.value;
    }
    return all;
}

void fail_pending(Call& call) { call.fail(Problem{.code = ProblemCode::pending, .retry_after = seconds(1)}); }

}  // namespace

std::expected<std::vector<Position>, std::string> parse_min_position(std::string_view header, std::uint32_t partitions) {
    std::vector<Position> positions;
    while (true) {
        const auto comma = header.find(',');
        const auto position = parse_position(trimmed(header.substr(0, comma)));
        if (!position) return std::unexpected("Granary-Min-Position must be partition:offset, or several of them with commas between");
        if (position->partition.number >= partitions) return std::unexpected("Granary-Min-Position names a partition that does not exist");
        if (positions.size() >= limits::position_tokens_max) return std::unexpected("Granary-Min-Position names more than 16 positions");
        positions.push_back(*position);
        if (comma == std::string_view::npos) return positions;
        header.remove_prefix(comma + 1);
    }
}

void after_min_position(const CallPtr& call, RouteHandler next) {
    const std::string header = joined_fields(call->request.headers, "granary-min-position");
    if (header.empty() || GRANARY_MUTANT(token_ignored)) return next(call);
    auto positions = parse_min_position(header, call->services().partitions);
    if (!positions) return call->fail(ProblemCode::invalid_header, positions.error());
    auto& freshness = call->services().freshness;
    std::erase_if(*positions, [&](const Position& position) { return freshness.folded(position.partition) >= position.offset; });
    if (positions->empty()) return next(call);
    freshness.wait_for(std::move(*positions), limits::freshness_wait_max, [call, next](bool ready) {
        if (ready) next(call);
        else fail_pending(*call);
    });
}

void after_fold(const CallPtr& call, const std::vector<Partition>& partitions, std::function<void(const CallPtr&)> again) {
    queries::fold_to_known_end(call->services().freshness, partitions, limits::freshness_wait_max, [call, again = std::move(again)](bool ready) {
        if (ready) again(call);
        else fail_pending(*call);
    });
}

void write_freshness(http::Headers& headers, const queries::Freshness& freshness) {
    if (freshness.folded.offset.number >= 0) headers.add("granary-position", text_of(freshness.folded));
    headers.add("granary-view-age", age_text(freshness.age));
}

void write_freshness(http::Headers& headers, const ports::ViewAge& view) {
    headers.add("granary-position", text_of(view.positions));
    headers.add("granary-view-age", age_text(view.age));
}

}  // namespace granary::gateway
