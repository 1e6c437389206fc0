// Folds the event, then asks for the one thing that has to follow.
#include "sagas/processes/customer_erasure.hpp"

#include <algorithm>
#include <utility>

#include "core/marks.hpp"
#include "core/privacy_limits.hpp"
#include "sagas/processes/order_fulfilment.hpp"

namespace granary::sagas {
namespace {

using customer_erasure::Step;

// Each look comes twice as long after the one before it as that one did.
Duration pause_after(std::uint32_t looks) {
    Duration pause = limits::erasure_look_min;
    for (std::uint32_t i = 1; i < looks && pause < limits::erasure_look_max; ++i) pause = pause * 2;
    return std::min(pause, limits::erasure_look_max);
}

ErasureSubject of_customer(CustomerId id) { return {{id.value}, id, {}}; }
ErasureSubject of_order(OrderId id) { return {{id.value}, {}, id}; }

struct Request {
    ErasureSubject subject;
    bool despite_orders = false;
};

// The one event of this kind among those of customers and orders; nullptr: it is another.
template <class Wanted, class ContextEvent>
const Wanted* one_of(const Event& event) {
    const auto* context = std::get_if<ContextEvent>(&event);
    return context == nullptr ? nullptr : std::get_if<Wanted>(context);
}

std::optional<Request> request_in(const Event& event) {
    if (const auto* e = one_of<customers::ErasureRequestedT, customers::Event>(event)) return Request{of_customer(e->customer_id), e->despite_orders};
    if (const auto* e = one_of<orders::BuyerErasureRequestedT, orders::Event>(event)) return Request{of_order(e->order_id), e->despite_orders};
    return std::nullopt;
}

std::optional<ErasureSubject> end_in(const Event& event) {
    if (const auto* e = one_of<customers::CustomerErasedT, customers::Event>(event)) return of_customer(e->customer_id);
    if (const auto* e = one_of<orders::BuyerErasedT, orders::Event>(event)) return of_order(e->order_id);
    return std::nullopt;
}

class Fold {
  public:
    Fold(ErasureStateT& state, const Input& input) : s_(state), in_(input) {}

    void take(const Request& request) {
        if (s_.phase == ErasurePhase::none) begin(request.subject);
        s_.despite_orders = s_.despite_orders || request.despite_orders;
        if (s_.phase == ErasurePhase::waiting) ask(Step::find_orders);
    }
    void end() {
        s_.phase = ErasurePhase::erased;
        s_.step = Step::none;
        s_.action = {};
        s_.parked = false;
    }

    void operator()(const customer_erasure::OrdersFoundT& e) {
        if (s_.phase != ErasurePhase::waiting) return;
        ++s_.looks;
        s_.orders_under_way = e.orders_under_way;
        const Time latest = s_.requested_at + limits::erasure_wait_max;
        const bool goes_on = e.orders_under_way == 0 || s_.despite_orders || in_.time >= latest;
        GRANARY_MARK_WHEN(erasure_waits_for_orders, !goes_on);
        if (!goes_on) return ask(Step::find_orders, std::min(in_.time + pause_after(s_.looks), latest));
        s_.phase = ErasurePhase::destroying;
        ask(Step::destroy_key);
    }
    void operator()(const customer_erasure::KeyDestroyedT&) {
        if (s_.phase != ErasurePhase::destroying) return;
        s_.phase = ErasurePhase::recording;
        ask(Step::record_erased);
    }
    void operator()(const customer_erasure::ErasureParkedT& e) {
        s_.parked = true;
        ++s_.parks;
        s_.parked_step = e.step;
        s_.parked_reason = e.reason;
    }
    void operator()(const customer_erasure::ErasureRetriedT&) {
        s_.parked = false;
        s_.parked_step = Step::none;
        s_.parked_reason.clear();
        if (s_.step != Step::none) ask(s_.step);
    }

  private:
    void begin(const ErasureSubject& subject) {
        s_.person = subject.person;
        s_.customer = subject.customer;
        s_.order = subject.order;
        s_.requested_at = in_.time;
        s_.correlation = in_.correlation;
        s_.traceparent = in_.traceparent;
        s_.phase = ErasurePhase::waiting;
    }
    void ask(Step step, Time not_before = {}) {
        s_.step = step;
        s_.action = action_id_of(in_.id, 0);
        s_.cause = in_.id;
        s_.caused_at = in_.time;
        s_.not_before = std::max(not_before, in_.time);
    }

    ErasureStateT& s_;
    const Input& in_;
};

template <class C>
C about(const ErasureSubject& subject) {
    C command;
    command.person = subject.person;
    command.customer = subject.customer;
    command.order = subject.order;
    return command;
}

}  // namespace

ErasureSubject subject_of(const ErasureStateT& state) { return {state.person, state.customer, state.order}; }

std::string id_text(const ErasureSubject& subject) { return subject.customer.is_nil() ? text_of(subject.order) : text_of(subject.customer); }

std::optional<ErasureSubject> erasure_of(const Event& event) {
    if (const auto request = request_in(event)) return request->subject;
    if (const auto* step = std::get_if<customer_erasure::Event>(&event)) {
        return std::visit([](const auto& e) { return ErasureSubject{e.person, e.customer, e.order}; }, *step);
    }
    return end_in(event);
}

bool begins_erasure(const Event& event) { return request_in(event).has_value(); }

void react(ErasureStateT& state, const Input& input) {
    const auto request = request_in(input.event);
    if (state.phase == ErasurePhase::erased || (state.phase == ErasurePhase::none && !request)) return;
    Fold fold(state, input);
    if (request) return fold.take(*request);
    if (end_in(input.event)) return fold.end();
    if (const auto* step = std::get_if<customer_erasure::Event>(&input.event)) std::visit(fold, *step);
}

bool has_ended(const ErasureStateT& state) { return state.phase == ErasurePhase::erased; }

Command record_of(const ErasureStateT& state, std::uint32_t orders_under_way) {
    const auto subject = subject_of(state);
    if (state.step == Step::find_orders) {
        auto command = about<customer_erasure::RecordOrdersFoundT>(subject);
        command.orders_under_way = orders_under_way;
        return customer_erasure::Command(std::move(command));
    }
    if (state.step == Step::destroy_key) return customer_erasure::Command(about<customer_erasure::RecordKeyDestroyedT>(subject));
    if (subject.customer.is_nil()) {
        orders::RecordBuyerErasedT command;
        command.order_id = subject.order;
        command.orders_under_way = state.orders_under_way;
        return orders::Command(std::move(command));
    }
    customers::RecordErasedT command;
    command.customer_id = subject.customer;
    command.orders_under_way = state.orders_under_way;
    return customers::Command(std::move(command));
}

Command park_command_of(const ErasureStateT& state, std::string reason) {
    auto command = about<customer_erasure::ParkErasureT>(subject_of(state));
    command.step = state.step;
    command.reason = std::move(reason);
    return customer_erasure::Command(std::move(command));
}

Command retry_command_of(const ErasureSubject& subject, std::string reason) {
    auto command = about<customer_erasure::RetryErasureT>(subject);
    command.reason = std::move(reason);
    return customer_erasure::Command(std::move(command));
}

}  // namespace granary::sagas
