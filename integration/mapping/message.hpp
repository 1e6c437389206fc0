// What one event says to other systems: a type and a body; and what its writers share.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json_writer.hpp"
#include "core/reason_code.hpp"
#include "integration/mapping/event_types.hpp"
#include "schemas/json_values.hpp"

namespace granary::integration {

struct Message {
    const EventType* type;
    std::string body;  // a JSON object with the type's fields
};
// None: this event is nobody else's business.
using Messages = std::vector<Message>;

// One message; `write_fields(json)` writes the members of its body.
template <class WriteFields>
Message message_of(const EventType& type, WriteFields&& write_fields) {
    JsonWriter json;
    json.begin_object();
    std::forward<WriteFields>(write_fields)(json);
    json.end_object();
    return {&type, json.take()};
}

// Free text may name people, so only what is a code leaves the house.
inline void write_reason(JsonWriter& json, const std::string& reason) {
    if (is_reason_code(reason)) json.member("reason", reason);
}
// Nothing for a number that has no word.
inline void write_word(JsonWriter& json, std::string_view name, std::string_view word) {
    if (!word.empty() && word != "none") json.member(name, word);
}

}  // namespace granary::integration
