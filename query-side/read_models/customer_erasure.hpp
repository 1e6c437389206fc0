// How far the erasure of a person is, as the pages of customers and of orders without a customer show it.
#pragma once

#include <memory>

#include "core/json_writer.hpp"
#include "query-side/read_models/rows_messages.hpp"

namespace granary::read_models {

// `"erasure": {"status": requested|erased, "requested_at", "orders_under_way", "parked", "erased_at"}`; nothing of no erasure.
void write_erasure(JsonWriter& json, const std::unique_ptr<ErasurePartT>& erasure);
bool is_erased(const std::unique_ptr<ErasurePartT>& erasure);

}  // namespace granary::read_models
