// Structured logs on stderr: one line per event, a message and named fields. Never secrets, card numbers or personal data.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace granary::logging {

enum class Level { debug, info, warning, error };
enum class Style { text, json };

std::optional<Level> parse_level(std::string_view text);

struct Field {
    std::string_view name;  // snake case
    std::string value;

    Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const char* text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
    Field(std::string_view field_name, std::int64_t number) : name(field_name), value(std::to_string(number)) {}
};

// Call once at the start of a program; before that, warnings and errors are written as text.
void configure(Level least, Style style);

// Thread-safe; writes whole lines.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

}  // namespace granary::logging
