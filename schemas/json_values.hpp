// The JSON form of the core's value types, as history and exports show them.
#pragma once

#include <string_view>

#include "core/ids.hpp"
#include "core/json_writer.hpp"
#include "core/money.hpp"
#include "core/names.hpp"
#include "core/position.hpp"
#include "core/time.hpp"

namespace granary {
namespace wire {
struct SealedT;
}

// Stands for the value of a field that the schema marks as secret.
inline constexpr std::string_view hidden_text = "(hidden)";

template <class Kind>
void write_value(JsonWriter& json, const Id<Kind>& id) {
    json.string(text_of(id));
}
template <class Kind, std::size_t Capacity>
void write_value(JsonWriter& json, const Code<Kind, Capacity>& code) {
    json.string(code.view());
}
// {"amount": minor units, "currency": "GBP"}
void write_value(JsonWriter& json, const Money& money);
// {"amount": "2.55", "currency": "GBP"}: a decimal string, for it may have more digits than the minor unit
void write_value(JsonWriter& json, const Amount& amount);
void write_value(JsonWriter& json, const Time& time);
void write_value(JsonWriter& json, const Position& position);
// Who it is sealed for and how large it is; never the content.
void write_value(JsonWriter& json, const wire::SealedT& sealed);

template <class Kind>
bool is_absent(const Id<Kind>& id) {
    return id.is_nil();
}
template <class Kind, std::size_t Capacity>
bool is_absent(const Code<Kind, Capacity>& code) {
    return code.empty();
}
inline bool is_absent(const Money& money) { return money.currency.code == 0; }
inline bool is_absent(const Amount& amount) { return amount.currency.code == 0; }
inline bool is_absent(const Time& time) { return time.unix_us == 0; }
inline bool is_absent(const Position&) { return false; }

// Leaves out what is absent.
template <class Value>
void write_member(JsonWriter& json, std::string_view name, const Value& value) {
    if (!is_absent(value)) write_value(json.key(name), value);
}

}  // namespace granary
