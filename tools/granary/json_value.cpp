// Boost.JSON reads; the tree is our own, so that no header names it.
#include "tools/granary/json_value.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "core/json_writer.hpp"

namespace granary::cli {
namespace {

namespace json = boost::json;

JsonValue converted(const json::value& value);

JsonValue converted_object(const json::object& object) {
    JsonValue out{JsonValue::Kind::object, {}, {}, {}};
    for (const auto& member : object) {
        out.names.emplace_back(member.key());
        out.items.push_back(converted(member.value()));
    }
    return out;
}

JsonValue converted_array(const json::array& array) {
    JsonValue out{JsonValue::Kind::array, {}, {}, {}};
    for (const auto& item : array) out.items.push_back(converted(item));
    return out;
}

JsonValue converted(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null: return {};
        case json::kind::bool_: return {JsonValue::Kind::boolean, value.get_bool() ? "true" : "false", {}, {}};
        case json::kind::int64:
        case json::kind::uint64:
        case json::kind::double_: return {JsonValue::Kind::number, json::serialize(value), {}, {}};
        case json::kind::string: return {JsonValue::Kind::string, std::string(value.get_string()), {}, {}};
        case json::kind::array: return converted_array(value.get_array());
        case json::kind::object: return converted_object(value.get_object());
    }
    return {};
}

void write(JsonWriter& out, const JsonValue& value) {
    switch (value.kind) {
        case JsonValue::Kind::null: out.null(); return;
        case JsonValue::Kind::boolean:
        case JsonValue::Kind::number: out.raw(value.text); return;
        case JsonValue::Kind::string: out.string(value.text); return;
        case JsonValue::Kind::array:
            out.begin_array();
            for (const auto& item : value.items) write(out, item);
            out.end_array();
            return;
        case JsonValue::Kind::object:
            out.begin_object();
            for (std::size_t i = 0; i < value.items.size(); ++i) write(out.key(value.names[i]), value.items[i]);
            out.end_object();
            return;
    }
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
    const auto found = std::ranges::find(names, name);
    return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

std::string_view JsonValue::string_at(std::string_view name) const {
    const auto* member = find(name);
    return member == nullptr || member->kind != Kind::string ? std::string_view() : std::string_view(member->text);
}

std::string JsonValue::json() const {
    JsonWriter out;
    write(out, *this);
    return out.take();
}

std::string JsonValue::cell() const {
    switch (kind) {
        case Kind::null: return {};
        case Kind::boolean:
        case Kind::number:
        case Kind::string: return text;
        case Kind::array:
        case Kind::object: break;
    }
    return json();
}

Result<JsonValue> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = reply_json_depth_max;
    json::error_code error;
    const auto value = json::parse({text.data(), text.size()}, error, {}, options);
    if (error) return fault(FaultCode::corrupt, "not JSON: " + error.message());
    return converted(value);
}

}  // namespace granary::cli
