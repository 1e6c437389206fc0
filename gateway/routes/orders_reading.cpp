// Orders as they are: one, lists of many, and what happened to one.
#include <algorithm>
#include <utility>

#include "gateway/middleware/reading.hpp"
#include "gateway/routes/orders.hpp"
#include "query-side/read_models/order_status.hpp"

namespace granary::gateway {
namespace {

// Statuses one after the other; a cursor is the place among them and the cursor in that list.
Result<queries::Page> list_by_statuses(const Call& call, const std::vector<read_models::OrderStatus>& statuses, const queries::PageRequest& request) {
    std::size_t at = 0;
    queries::PageRequest inner{request.limit, {}};
    if (!request.cursor.empty()) {
        at = static_cast<unsigned char>(request.cursor.front());
        inner.cursor = request.cursor.substr(1);
        if (at >= statuses.size()) return fault(FaultCode::invalid_argument, "no cursor of this list");
    }
    auto page = call.services().orders.by_status(statuses[at], inner);
    if (!page) return page;
    const bool last = !page->has_more && at + 1 >= statuses.size();
    page->next_cursor = last ? std::string() : std::string(1, static_cast<char>(page->has_more ? at : at + 1)) + page->next_cursor;
    page->has_more = !last;
    // A status without orders must not cost the client a page.
    if (page->items.empty() && page->has_more && page->next_cursor.size() == 1) return list_by_statuses(call, statuses, {request.limit, page->next_cursor});
    return page;
}

std::vector<read_models::OrderStatus> all_statuses() {
    std::vector<read_models::OrderStatus> statuses;
    for (const auto status : orders::EnumValuesOrderStatus())
        if (status != orders::OrderStatus::none) statuses.push_back(status);
    return statuses;
}

// Keeps the summaries with one of these statuses.
void keep_statuses(queries::Page& page, const std::vector<read_models::OrderStatus>& statuses) {
    std::erase_if(page.items, [&](const std::string& item) {
        const auto parsed = JsonDocument::parse(item);
        const auto word = parsed ? parsed->root().member("status") : JsonNode();
        const auto status = word && word.kind() == JsonKind::string ? read_models::parse_order_status(word.text()) : std::nullopt;
        return !status || std::ranges::find(statuses, *status) == statuses.end();
    });
}

void list_of_customer(const CallPtr& call, CustomerId customer, const std::vector<read_models::OrderStatus>& statuses) {
    answer_page(call, [&](const queries::PageRequest& request) {
        auto page = call->services().orders.of_customer(customer, request);
        if (page && !statuses.empty()) keep_statuses(*page, statuses);
        return page;
    });
}

}  // namespace

void get_order(const CallPtr& call) {
    const auto id = path_id<OrderKind>(call, order_segment);
    if (!id) return;
    const auto find = [id = *id](const Call& at) { return at.services().orders.get(id); };
    with_document(call, {call->services().orders.partition(*id)}, Permission::orders_all, find, answer_document);
}

void list_orders(const CallPtr& call) {
    std::vector<read_models::OrderStatus> statuses;
    if (const auto* word = call->request.query_value("status")) {
        statuses = read_models::parse_status_filter(*word);
        if (statuses.empty()) return call->fail(ProblemCode::invalid_parameter, "status must be a status of orders, such as PAID, or pending or processing");
    }
    const auto* customer_text = call->request.query_value("customer");
    const auto customer = customer_text != nullptr ? parse_id<CustomerKind>(*customer_text) : std::nullopt;
    if (customer_text != nullptr && !customer) return call->fail(ProblemCode::invalid_parameter, "customer must be a customer's id");
    if (!call->may(Permission::orders_all)) {
        const CustomerId own = call->principal->customer;
        // Somebody else's list is as empty as that of nobody.
        if (own.is_nil() || (customer && *customer != own)) return call->fail(ProblemCode::not_found, "there is no such list of orders");
        return list_of_customer(call, own, statuses);
    }
    if (customer) return list_of_customer(call, *customer, statuses);
    if (statuses.empty()) statuses = all_statuses();
    answer_page(call, [&](const queries::PageRequest& page) { return list_by_statuses(*call, statuses, page); });
}

void get_order_timeline(const CallPtr& call) {
    const auto id = path_id<OrderKind>(call, order_segment);
    if (!id) return;
    const auto find = [id = *id](const Call& at) { return at.services().orders.get(id); };
    with_document(call, {call->services().orders.partition(*id)}, Permission::orders_all, find, [id = *id](const CallPtr& found, const queries::Document&) {
        const bool for_staff = found->may(Permission::orders_all);
        answer_page(found, [&](const queries::PageRequest& page) { return found->services().orders.timeline(id, for_staff, page); });
    });
}

}  // namespace granary::gateway
