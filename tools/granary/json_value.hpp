// A JSON document that a server sent, as a tree that verbs can look into and print.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace granary::cli {

inline constexpr std::size_t reply_json_depth_max = 64;

struct JsonValue {
    enum class Kind { null, boolean, number, string, array, object };

    Kind kind = Kind::null;
    std::string text;                // a string's characters; a number or boolean as JSON writes it
    std::vector<std::string> names;  // object: of each item, in order
    std::vector<JsonValue> items;    // array and object

    // The member of this name, or null when there is none or this is no object.
    const JsonValue* find(std::string_view name) const;
    // The text of a string member, or empty.
    std::string_view string_at(std::string_view name) const;
    // For a table cell: strings bare, null empty, arrays and objects as JSON.
    std::string cell() const;
    std::string json() const;
};

// corrupt: not one JSON document in UTF-8, or nested deeper than reply_json_depth_max.
Result<JsonValue> parse_json(std::string_view text);

}  // namespace granary::cli
