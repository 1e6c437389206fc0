// JSON of products.
#include "query-side/read_models/catalog.hpp"

#include "schemas/json_values.hpp"

namespace granary::read_models {

void render(ProductRowT& row) {
    JsonWriter json;
    json.begin_object();
    write_member(json, "sku", row.sku);
    json.member("name", row.name);
    json.member("description", row.description);
    write_member(json, "unit_price", row.unit_price);
    json.member("retired", row.retired);
    write_member(json, "created_at", row.created_at);
    write_member(json, "updated_at", row.updated_at);
    json.member("version", static_cast<std::int64_t>(row.version));
    json.end_object();
    row.json = json.take();
}

}  // namespace granary::read_models
