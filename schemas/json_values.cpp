// JSON of money, times, positions and sealed data.
#include "schemas/json_values.hpp"

#include "schemas/values_fbs.h"

namespace granary {

void write_value(JsonWriter& json, const Money& money) {
    json.begin_object().member("amount", money.minor).member("currency", text_of(money.currency)).end_object();
}

void write_value(JsonWriter& json, const Amount& amount) {
    json.begin_object().member("amount", decimal_text_of(amount)).member("currency", text_of(amount.currency)).end_object();
}

void write_value(JsonWriter& json, const Time& time) { json.string(rfc3339_of(time)); }

void write_value(JsonWriter& json, const Position& position) { json.string(text_of(position)); }

void write_value(JsonWriter& json, const wire::SealedT& sealed) {
    json.begin_object().member("sealed_for", text_of(sealed.person)).member("bytes", static_cast<std::int64_t>(sealed.box.size())).end_object();
}

}  // namespace granary
