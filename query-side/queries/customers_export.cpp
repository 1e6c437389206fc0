// Pages as queries give them, put together; what was given before is read from the log, where the view remembers it.
#include "query-side/queries/customers_export.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "core/privacy_limits.hpp"
#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/customers.hpp"
#include "query-side/read_models/keys.hpp"
#include "schemas/json_values.hpp"

namespace granary::queries {
namespace {

using read_models::CustomerRowT;

constexpr std::size_t commits_at_once = 256;

std::unexpected<Fault> too_much() {
    return fault(FaultCode::unsupported, "more is held about this customer than one answer can carry; read the orders one by one");
}

// Personal fields of the events that have them, opened.
struct Given {
    const Source& source;
    JsonWriter& json;

    Status field(std::string_view name, const wire::SealedT* sealed) const {
        const auto opened = open_field(source, sealed);
        if (!opened) return std::unexpected(opened.error());
        read_models::write_personal_object(json, name, *opened);
        return {};
    }
    Status operator()(const customers::CustomerRegisteredT& event) const {
        write_member(json, "country", event.country);
        if (auto written = field("profile", event.profile.get()); !written) return written;
        return field("address", event.address.get());
    }
    Status operator()(const customers::AddressUpdatedT& event) const {
        write_member(json, "country", event.country);
        return field("address", event.address.get());
    }
    Status operator()(const customers::ErasureRequestedT&) const { return {}; }
    Status operator()(const customers::CustomerErasedT&) const { return {}; }
};

Status write_commit(const Given& given, const Commit& commit) {
    for (const auto& item : commit.events) {
        const auto* event = std::get_if<customers::Event>(&item.event);
        if (event == nullptr) continue;
        given.json.begin_object();
        write_member(given.json, "given_at", commit.meta.time);
        if (auto written = std::visit(given, *event); !written) return written;
        given.json.end_object();
    }
    return {};
}

// Every item of a list, page by page.
template <class Query>
Status write_all(JsonWriter& json, Query query) {
    PageRequest request{limits::page_size_max, {}};
    json.begin_array();
    do {
        const auto page = query(request);
        if (!page) return std::unexpected(page.error());
        for (const auto& item : page->items) json.raw(item);
        if (json.size() > limits::person_export_bytes_max) return too_much();
        request.cursor = page->has_more ? page->next_cursor : std::string();
    } while (!request.cursor.empty());
    json.end_array();
    return {};
}

}  // namespace

Status PersonExport::write_given(JsonWriter& json, CustomerId id) const {
    const auto stored = get_row<CustomerRowT>(source_, "customers", read_models::customer_key(id));
    if (!stored) return std::unexpected(stored.error());
    json.key("personal_data").begin_array();
    std::vector<Offset> offsets;
    if (*stored) {
        for (const auto offset : (*stored)->row.personal_at) offsets.push_back({offset});
    }
    for (std::size_t from = 0; from < offsets.size(); from += commits_at_once) {
        const auto some = std::span(offsets).subspan(from, std::min(commits_at_once, offsets.size() - from));
        const auto commits = commits_.at(customers_.partition(id), some);
        if (!commits) return std::unexpected(commits.error());
        for (const auto& commit : *commits) {
            if (auto written = write_commit(Given{source_, json}, commit); !written) return written;
        }
        if (json.size() > limits::person_export_bytes_max) return too_much();
    }
    json.end_array();
    return {};
}

Status PersonExport::write_order(JsonWriter& json, OrderId id) const {
    const auto order = orders_.get(id);
    if (!order) return std::unexpected(order.error());
    if (!*order) return {};  // a rebuilt list may be ahead of the pages for a moment
    json.begin_object().key("order").raw((*order)->json).key("payments");
    if (auto written = write_all(json, [&](const PageRequest& page) { return payments_.of_order(id, page); }); !written) return written;
    json.key("timeline");
    if (auto written = write_all(json, [&](const PageRequest& page) { return orders_.timeline(id, false, page); }); !written) return written;
    json.end_object();
    return {};
}

Status PersonExport::write_orders(JsonWriter& json, CustomerId id, bool& any) const {
    const auto prefix = read_models::customer_order_prefix(id);
    PageRequest request{limits::page_size_max, {}};
    json.key("orders").begin_array();
    do {
        const auto found = slice(source_, "customer_orders", prefix, request);
        if (!found) return std::unexpected(found.error());
        for (const auto& entry : found->entries) {
            const auto order = read_models::order_of_list_key(prefix + entry.key);
            if (!order) continue;
            any = true;
            if (auto written = write_order(json, *order); !written) return written;
        }
        request.cursor = found->has_more ? found->next_cursor : std::string();
    } while (!request.cursor.empty());
    json.end_array();
    return {};
}

Result<std::optional<std::string>> PersonExport::run(CustomerId id, Time now) const {
    const auto view = source_.freshness.age();
    const auto page = customers_.get(id);
    if (!page) return std::unexpected(page.error());
    bool any = page->has_value();
    JsonWriter json;
    json.begin_object().member("id", text_of(id));
    write_member(json, "exported_at", now);
    json.member("position", text_of(view.positions)).key("customer");
    if (*page) json.raw((*page)->json);
    else json.null();
    if (auto written = write_given(json, id); !written) return std::unexpected(written.error());
    if (auto written = write_orders(json, id, any); !written) return std::unexpected(written.error());
    json.end_object();
    if (!any) return std::nullopt;
    return std::optional(json.take());
}

}  // namespace granary::queries
