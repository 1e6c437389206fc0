// What `granary history order` shows, page by page, for staff and auditors.
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "gateway/middleware/aside.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/middleware/reading.hpp"
#include "gateway/routes/orders.hpp"

namespace granary::gateway {
namespace {

// What a parameter says about a moment; nullopt, and the call has been failed.
std::optional<ports::HistoryMoment> moment_of(const CallPtr& call, std::string_view name, Partition partition) {
    const auto* text = call->request.query_value(name);
    if (text == nullptr) return ports::HistoryMoment{};
    if (const auto time = parse_rfc3339(*text)) return *time;
    const auto position = parse_position(*text);
    if (position && position->partition == partition) return *position;
    const std::string example = text_of(Position{partition, {3456}});
    call->fail(ProblemCode::invalid_parameter, std::string(name) + " must be a position of the order's partition, such as " + example + ", or a time such as 2010-12-01T08:26:00Z");
    return std::nullopt;
}

// The order's page first, so that who asks for one that there is not gets its 404; then, on a thread aside, its events.
void with_events(const CallPtr& call, OrderId id, std::function<void(const CallPtr&)> use) {
    const auto find = [id](const Call& at) { return at.services().orders.get(id); };
    with_document(call, {call->services().orders.partition(id)}, Permission::orders_all, find, [use = std::move(use)](const CallPtr& found, const queries::Document&) { run_aside(found, use); });
}

void answer_history(const CallPtr& call, OrderId id, const ports::HistoryMoment& as_of) {
    answer_page(call, [&](const queries::PageRequest& request) -> Result<queries::Page> {
        auto history = call->services().order_history.page({id, request.limit, request.cursor, as_of});
        if (!history) return std::unexpected(std::move(history.error()));
        const bool has_more = !history->next_cursor.empty();
        return queries::Page{std::move(history->items), std::move(history->next_cursor), has_more, call->services().freshness.age()};
    });
}

void answer_changes(const CallPtr& call, OrderId id, const ports::HistoryMoment& from, const ports::HistoryMoment& to) {
    auto changes = call->services().order_history.changes(id, from, to);
    if (!changes && changes.error().code == FaultCode::unsupported) return call->fail(ProblemCode::limit_exceeded, changes.error().message);
    if (!changes) return call->fail(problem_for_view(changes.error()));
    auto response = json_response(200, std::move(*changes));
    write_freshness(response.headers, call->services().freshness.age());
    call->answer(std::move(response));
}

}  // namespace

void get_order_history(const CallPtr& call) {
    const auto id = path_id<OrderKind>(call, 2);
    if (!id) return;
    const auto as_of = moment_of(call, "as_of", call->services().orders.partition(*id));
    if (!as_of) return;
    with_events(call, *id, [id = *id, as_of = *as_of](const CallPtr& aside) { answer_history(aside, id, as_of); });
}

void get_order_changes(const CallPtr& call) {
    const auto id = path_id<OrderKind>(call, 2);
    if (!id) return;
    if (call->request.query_value("from") == nullptr) return call->fail(ProblemCode::invalid_parameter, "from is missing: the moment to compare with, a position or a time");
    const Partition partition = call->services().orders.partition(*id);
    const auto from = moment_of(call, "from", partition);
    if (!from) return;
    const auto to = moment_of(call, "to", partition);
    if (!to) return;
    with_events(call, *id, [id = *id, from = *from, to = *to](const CallPtr& aside) { answer_changes(aside, id, from, to); });
}

}  // namespace granary::gateway
