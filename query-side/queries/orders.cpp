// Orders by id and in lists; lists hold entries, and what is shown comes from the orders' pages.
#include "query-side/queries/orders.hpp"

#include <utility>

#include "core/routing.hpp"
#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::queries {
namespace {

using read_models::OrderRowT;

Result<Page> summaries(const Source& source, std::string_view view, const std::string& prefix, const PageRequest& request) {
    auto found = slice(source, view, prefix, request);
    if (!found) return std::unexpected(std::move(found.error()));
    std::vector<std::string> keys;
    for (const auto& entry : found->entries) {
        if (const auto id = read_models::order_of_list_key(prefix + entry.key)) keys.push_back(read_models::order_key(*id));
    }
    auto values = get_values(source, "orders", keys);
    if (!values) return std::unexpected(std::move(values.error()));
    Page page = page_of(*found);
    for (const auto& value : *values) {
        if (!value) continue;  // a rebuilt list may be ahead of the pages for a moment
        auto row = read_models::read_row<OrderRowT>(*value);
        if (!row) return std::unexpected(std::move(row.error()));
        page.items.push_back(read_models::summary_json(row->row));
    }
    return page;
}

}  // namespace

Partition OrderQueries::partition(OrderId id) const { return partition_of(text_of(id), source_.partitions); }

Result<std::optional<Document>> OrderQueries::get(OrderId id) const {
    const Freshness freshness = freshness_of(source_, partition(id));
    auto stored = get_row<OrderRowT>(source_, "orders", read_models::order_key(id));
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (!*stored) return std::nullopt;
    const OrderRowT& row = (*stored)->row;
    const auto ship_to = open_field(source_, row.ship_to.get());
    if (!ship_to) return std::unexpected(ship_to.error());
    const auto note = open_field(source_, row.note.get());
    if (!note) return std::unexpected(note.error());
    return Document{read_models::page_json(row, *ship_to, *note), row.owner, row.version, (*stored)->changed_at, freshness};
}

Result<Page> OrderQueries::of_customer(CustomerId customer, const PageRequest& request) const {
    return summaries(source_, "customer_orders", read_models::customer_order_prefix(customer), request);
}

Result<Page> OrderQueries::by_status(read_models::OrderStatus status, const PageRequest& request) const {
    return summaries(source_, "orders_by_status", read_models::status_order_prefix(status), request);
}

Result<Page> OrderQueries::timeline(OrderId id, bool for_staff, const PageRequest& request) const {
    const Wanted for_everybody = [](std::string_view value) {
        const auto row = read_models::read_row<read_models::TimelineRowT>(value);
        return !row || !row->row.for_staff;
    };
    auto found = slice(source_, "order_timeline", read_models::timeline_prefix(id), request, for_staff ? nullptr : for_everybody);
    if (!found) return std::unexpected(std::move(found.error()));
    Page page = page_of(*found);
    for (const auto& entry : found->entries) {
        auto row = read_models::read_row<read_models::TimelineRowT>(entry.value);
        if (!row) return std::unexpected(std::move(row.error()));
        page.items.push_back(std::move(row->row.json));
    }
    return page;
}

}  // namespace granary::queries
