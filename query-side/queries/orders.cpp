// Orders by id and in lists; lists hold entries, and what is shown comes from the orders' pages.
#include "query-side/queries/orders.hpp"

#include <utility>

#include "core/routing.hpp"
#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/customer_erasure.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::queries {
namespace {

using read_models::OrderRowT;

std::vector<std::string> order_keys(const std::string& prefix, const Slice& slice) {
    std::vector<std::string> keys;
    for (const auto& entry : slice.entries) {
        if (const auto id = read_models::order_of_list_key(prefix + entry.key)) keys.push_back(read_models::order_key(*id));
    }
    return keys;
}

bool has_ended(const OrderRowT& row) { return read_models::is_end(static_cast<read_models::OrderStatus>(row.status)); }

Result<Page> summaries(const Source& source, std::string_view view, const std::string& prefix, const PageRequest& request) {
    auto found = slice(source, view, prefix, request);
    if (!found) return std::unexpected(std::move(found.error()));
    auto values = get_values(source, "orders", order_keys(prefix, *found));
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
    if (read_models::is_erased(row.erasure)) {
        return Document{read_models::page_json(row, erased_field(), erased_field()), row.owner, row.version, (*stored)->changed_at, freshness, false};
    }
    const auto ship_to = open_field(source_, row.ship_to.get());
    if (!ship_to) return std::unexpected(ship_to.error());
    const auto note = open_field(source_, row.note.get());
    if (!note) return std::unexpected(note.error());
    return Document{read_models::page_json(row, *ship_to, *note), row.owner, row.version, (*stored)->changed_at, freshness, is_lost(*ship_to) || is_lost(*note)};
}

Result<Page> OrderQueries::of_customer(CustomerId customer, const PageRequest& request) const {
    return summaries(source_, "customer_orders", read_models::customer_order_prefix(customer), request);
}

Result<bool> OrderQueries::is_under_way(OrderId id) const {
    const auto row = get_row<OrderRowT>(source_, "orders", read_models::order_key(id));
    if (!row) return std::unexpected(row.error());
    return *row && !has_ended((*row)->row);
}

Result<std::uint32_t> OrderQueries::under_way(CustomerId customer, std::uint32_t count_max) const {
    const auto prefix = read_models::customer_order_prefix(customer);
    std::uint32_t count = 0;
    PageRequest request{limits::page_size_max, {}};
    do {
        const auto found = slice(source_, "customer_orders", prefix, request);
        if (!found) return std::unexpected(found.error());
        const auto values = get_values(source_, "orders", order_keys(prefix, *found));
        if (!values) return std::unexpected(values.error());
        for (const auto& value : *values) {
            const auto row = value ? read_models::read_row<OrderRowT>(*value) : fault(FaultCode::unavailable, "the page of an order is not there yet");
            if (!row) return std::unexpected(row.error());
            if (!has_ended(row->row) && ++count >= count_max) return count;
        }
        request.cursor = found->has_more ? found->next_cursor : std::string();
    } while (!request.cursor.empty());
    return count;
}

Result<Page> OrderQueries::by_status(read_models::OrderStatus status, const PageRequest& request) const {
    return summaries(source_, "orders_by_status", read_models::status_order_prefix(status), request);
}

Result<Page> OrderQueries::timeline(OrderId id, bool for_staff, const PageRequest& request) const {
    const Wanted is_shown = [for_staff](std::string_view value) {
        const auto row = read_models::read_row<read_models::TimelineRowT>(value);
        return !row || row->row.audience == read_models::Audience::everybody || (for_staff && row->row.audience == read_models::Audience::staff);
    };
    auto found = slice(source_, "order_timeline", read_models::timeline_prefix(id), request, is_shown);
    if (!found) return std::unexpected(std::move(found.error()));
    Page page = page_of(*found);
    for (const auto& entry : found->entries) {
        auto row = read_models::read_row<read_models::TimelineRowT>(entry.value);
        if (!row) return std::unexpected(std::move(row.error()));
        page.items.push_back(std::move(row->row.json));
    }
    return page;
}

Result<std::vector<Offset>> OrderQueries::commits_of(OrderId id, std::size_t count_max) const {
    const auto prefix = read_models::timeline_prefix(id);
    std::vector<Offset> offsets;
    std::size_t events = 0;
    PageRequest request{limits::page_size_max, {}};
    do {
        const auto found = slice(source_, "order_timeline", prefix, request);
        if (!found) return std::unexpected(found.error());
        for (const auto& entry : found->entries) {
            const auto offset = read_models::timeline_offset(entry.key);
            if (!offset) return fault(FaultCode::corrupt, "a row of order_timeline has a key that this version does not write");
            if (++events > count_max) return fault(FaultCode::unsupported, "more has happened to this order than one history shows; `granary history` has all of it");
            if (offsets.empty() || offsets.back().number != *offset) offsets.push_back({*offset});
        }
        request.cursor = found->has_more ? found->next_cursor : std::string();
    } while (!request.cursor.empty());
    return offsets;
}

}  // namespace granary::queries
