// JSON of customers.
#include "query-side/read_models/customers.hpp"

#include "query-side/read_models/customer_erasure.hpp"
#include "schemas/json_values.hpp"

namespace granary::read_models {

void render(CustomerRowT& row) {
    JsonWriter json;
    write_member(json, "id", row.customer_id);
    write_member(json, "country", row.country);
    if (!row.reference.empty()) json.member("reference", row.reference);
    write_member(json, "registered_at", row.registered_at);
    write_member(json, "updated_at", row.updated_at);
    json.member("version", static_cast<std::int64_t>(row.version));
    write_erasure(json, row.erasure);
    row.members = json.take();
}

std::string profile_json(const CustomerRowT& row, const PersonalField& profile, const PersonalField& address) {
    JsonWriter json;
    json.begin_object().raw(row.members);
    write_personal_object(json, "profile", profile);
    write_personal_object(json, "address", address);
    json.end_object();
    return json.take();
}

}  // namespace granary::read_models
