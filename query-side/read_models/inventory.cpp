// JSON of stock.
#include "query-side/read_models/inventory.hpp"

#include "schemas/json_values.hpp"

namespace granary::read_models {

void render(StockRowT& row) {
    JsonWriter json;
    json.begin_object();
    write_member(json, "sku", row.sku);
    write_member(json, "warehouse", row.warehouse);
    json.member("on_hand", row.on_hand);
    json.member("reserved", row.reserved);
    json.member("available", available(row));
    json.member("sold", row.sold);
    write_member(json, "updated_at", row.updated_at);
    json.member("version", static_cast<std::int64_t>(row.version));
    json.end_object();
    row.json = json.take();
}

}  // namespace granary::read_models
