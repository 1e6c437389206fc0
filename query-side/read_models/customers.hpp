// What a customer's profile says; personal fields join when it is served.
#pragma once

#include <string>

#include "query-side/read_models/orders.hpp"
#include "query-side/read_models/rows_messages.hpp"

namespace granary::read_models {

// Writes row.members from the row's other fields.
void render(CustomerRowT& row);
// The profile as it is served.
std::string profile_json(const CustomerRowT& row, const PersonalField& profile, const PersonalField& address);

}  // namespace granary::read_models
