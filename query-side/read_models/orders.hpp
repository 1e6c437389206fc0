// What an order's page says: rendering it into the row when it changes, and completing it when it is served.
#pragma once

#include <optional>
#include <string>

#include "core/json_writer.hpp"
#include "query-side/read_models/rows_messages.hpp"
#include "schemas/orders_fbs.h"

namespace granary::read_models {

// The lines of an order as a JSON array; written once into the row.
std::string lines_json(const orders::OrderPlacedT& placed);

// Writes row.members from the row's other fields.
void render(OrderRowT& row);

// A personal field on its way out: not given, given and opened, or given and erased since.
struct PersonalField {
    bool given = false;
    std::optional<std::string> clear;  // nullopt although given: the key was destroyed
};
// Appends `"name": {...}` for fields that hold a JSON object (text that is none becomes a string), null when erased.
void write_personal_object(JsonWriter& json, std::string_view name, const PersonalField& field);
// The same for plain text.
void write_personal_text(JsonWriter& json, std::string_view name, const PersonalField& field);

// The page as it is served.
std::string page_json(const OrderRowT& row, const PersonalField& ship_to, const PersonalField& note);
// The order as lists show it.
std::string summary_json(const OrderRowT& row);

}  // namespace granary::read_models
