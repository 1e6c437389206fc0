// What `granary history order` shows, page by page, for staff and auditors.
#include <utility>

#include "gateway/middleware/aside.hpp"
#include "gateway/middleware/reading.hpp"
#include "gateway/routes/orders.hpp"

namespace granary::gateway {
namespace {

void answer_history(const CallPtr& call, OrderId id) {
    answer_page(call, [&](const queries::PageRequest& request) -> Result<queries::Page> {
        auto history = call->services().order_history.page(id, request.limit, request.cursor);
        if (!history) return std::unexpected(std::move(history.error()));
        const bool has_more = !history->next_cursor.empty();
        return queries::Page{std::move(history->items), std::move(history->next_cursor), has_more, call->services().freshness.age()};
    });
}

}  // namespace

void get_order_history(const CallPtr& call) {
    const auto id = path_id<OrderKind>(call, 2);
    if (!id) return;
    const auto find = [id = *id](const Call& at) { return at.services().orders.get(id); };
    with_document(call, {call->services().orders.partition(*id)}, Permission::orders_all, find, [id = *id](const CallPtr& found, const queries::Document&) {
        run_aside(found, [id](const CallPtr& aside) { answer_history(aside, id); });
    });
}

}  // namespace granary::gateway
