// Lines by spdlog; the layout is ours so that a field can't break a line.
#include "platform/host/logging.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "core/json_writer.hpp"

namespace granary::logging {
namespace {

struct Settings {
    std::shared_ptr<spdlog::logger> logger;
    Style style = Style::text;
};

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

// Made on first use, so that a library may log before main has configured anything.
Settings& settings() {
    static Settings instance = [] {
        Settings made;
        made.logger = std::make_shared<spdlog::logger>("granary", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made.logger->set_level(spdlog::level::warn);
        made.logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
        return made;
    }();
    return instance;
}

std::string text_line(std::string_view message, std::initializer_list<Field> fields) {
    std::string line(message);
    for (const auto& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        line += JsonWriter().string(field.value).take();
    }
    return line;
}

std::string json_members(std::string_view message, std::initializer_list<Field> fields) {
    JsonWriter json;
    json.begin_object().member("message", message);
    for (const auto& field : fields) json.member(field.name, field.value);
    json.end_object();
    // The pattern has opened the object with time and level.
    return json.take().substr(1);
}

}  // namespace

std::optional<Level> parse_level(std::string_view text) {
    if (text == "debug") return Level::debug;
    if (text == "info") return Level::info;
    if (text == "warning") return Level::warning;
    if (text == "error") return Level::error;
    return std::nullopt;
}

void configure(Level least, Style style) {
    auto& now = settings();
    now.style = style;
    now.logger->set_level(spdlog_level(least));
    if (style == Style::json) now.logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v)", spdlog::pattern_time_type::utc);
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
    auto& now = settings();
    const auto spd = spdlog_level(level);
    if (!now.logger->should_log(spd)) return;
    const std::string line = now.style == Style::json ? json_members(message, fields) : text_line(message, fields);
    now.logger->log(spd, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace granary::logging
