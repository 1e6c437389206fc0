// JSON of erasures.
#include "query-side/read_models/customer_erasure.hpp"

#include "schemas/json_values.hpp"

namespace granary::read_models {
namespace {

using wire::ErasureStatus;

ErasureStatus status_of(const ErasurePartT& erasure) { return static_cast<ErasureStatus>(erasure.status); }

}  // namespace

void write_erasure(JsonWriter& json, const std::unique_ptr<ErasurePartT>& erasure) {
    if (!erasure || status_of(*erasure) == ErasureStatus::none) return;
    json.key("erasure").begin_object().member("status", wire::EnumNameErasureStatus(status_of(*erasure)));
    write_member(json, "requested_at", erasure->requested_at);
    json.member("orders_under_way", static_cast<std::int64_t>(erasure->orders_under_way));
    if (erasure->parked) json.member("parked", true);
    write_member(json, "erased_at", erasure->erased_at);
    json.end_object();
}

bool is_erased(const std::unique_ptr<ErasurePartT>& erasure) { return erasure && status_of(*erasure) == ErasureStatus::erased; }

}  // namespace granary::read_models
