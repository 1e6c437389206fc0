// Payments by id and by order.
#include "query-side/queries/payments.hpp"

#include <utility>

#include "core/routing.hpp"
#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::queries {

using read_models::PaymentRowT;

Result<std::optional<Document>> PaymentQueries::get(PaymentId id) const {
    // Which partition it is in shows only in the row, so every partition's position is taken first.
    const auto view = source_.freshness.age();
    auto stored = get_row<PaymentRowT>(source_, "payments", read_models::payment_key(id));
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (!*stored) return std::nullopt;
    PaymentRowT& row = (*stored)->row;
    const Position changed_at = (*stored)->changed_at;
    const std::uint32_t partition = changed_at.partition.number;
    const Offset folded = partition < view.positions.size() ? view.positions[partition] : Offset{};
    return Document{std::move(row.json), row.owner, row.version, changed_at, {{changed_at.partition, folded}, view.age}, false};
}

Result<Page> PaymentQueries::of_order(OrderId order, const PageRequest& request) const {
    const std::string prefix = read_models::order_payment_prefix(order);
    auto found = slice(source_, "payments", prefix, request);
    if (!found) return std::unexpected(std::move(found.error()));
    std::vector<std::string> keys;
    for (const auto& entry : found->entries) {
        if (const auto id = read_models::payment_of_list_key(prefix + entry.key)) keys.push_back(read_models::payment_key(*id));
    }
    auto values = get_values(source_, "payments", keys);
    if (!values) return std::unexpected(std::move(values.error()));
    Page page = page_of(*found);
    for (const auto& value : *values) {
        if (!value) continue;
        auto row = read_models::read_row<PaymentRowT>(*value);
        if (!row) return std::unexpected(std::move(row.error()));
        page.items.push_back(std::move(row->row.json));
    }
    return page;
}

}  // namespace granary::queries
