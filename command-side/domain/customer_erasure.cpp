// Writes down what reached an erasure's saga; hardly anything is refused, for facts can't be argued with.
#include "command-side/domain/customer_erasure.hpp"

#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/limits.hpp"

namespace granary::customer_erasure {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

template <class C>
Objection check_subject(const C& c) {
    if (auto wrong = domain::check_id(c.person.value, "/person")) return wrong;
    if (c.customer.is_nil() != c.order.is_nil()) return {};
    return Refusal{RefusalCode::invalid, "/customer", "must be given, or else the order, and not both"};
}

Objection check_step(Step step) {
    if (step > Step::none && step <= Step::MAX) return {};
    return Refusal{RefusalCode::invalid, "/step", "is no step of this process"};
}

Objection check_fields(const RecordOrdersFoundT&) { return {}; }
Objection check_fields(const RecordKeyDestroyedT&) { return {}; }
Objection check_fields(const ParkErasureT& c) {
    return domain::first_of(check_step(c.step), domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"));
}
Objection check_fields(const RetryErasureT& c) { return domain::check_text(c.reason, limits::reason_bytes_max, "/reason"); }

// The event about the command's own subject.
template <class E, class C>
E about(const C& c) {
    E event;
    event.person = c.person;
    event.customer = c.customer;
    event.order = c.order;
    return event;
}

template <class E>
Decision one(E event) {
    return std::vector<Event>{std::move(event)};
}

// Decides on a command whose own fields are in order.
struct Decider {
    const ErasureStreamStateT& state;

    Decision operator()(const RecordOrdersFoundT& c) const {
        auto event = about<OrdersFoundT>(c);
        event.orders_under_way = c.orders_under_way;
        return one(std::move(event));
    }
    Decision operator()(const RecordKeyDestroyedT& c) const { return one(about<KeyDestroyedT>(c)); }
    Decision operator()(const ParkErasureT& c) const {
        if (state.parked) return std::vector<Event>();
        auto event = about<ErasureParkedT>(c);
        event.step = c.step;
        event.reason = c.reason;
        return one(std::move(event));
    }
    Decision operator()(const RetryErasureT& c) const {
        if (!state.parked) return refuse(RefusalCode::illegal_transition, "", "this instance is not parked, so there is nothing to go on with");
        auto event = about<ErasureRetriedT>(c);
        event.reason = c.reason;
        return one(std::move(event));
    }
};

struct Folder {
    ErasureStreamStateT& state;

    void operator()(const OrdersFoundT&) const {}
    void operator()(const KeyDestroyedT&) const {}
    void operator()(const ErasureParkedT&) const { state.parked = true; }
    void operator()(const ErasureRetriedT&) const { state.parked = false; }
};

}  // namespace

std::expected<std::vector<Event>, Refusal> decide(const ErasureStreamStateT& state, const Command& command, Time) {
    const auto check = [](const auto& c) { return domain::first_of(check_subject(c), check_fields(c)); };
    if (auto wrong = std::visit(check, command)) return std::unexpected(std::move(*wrong));
    return std::visit(Decider{state}, command);
}

void evolve(ErasureStreamStateT& state, const Event& event) {
    state.person = std::visit([](const auto& e) { return e.person; }, event);
    state.exists = true;
    std::visit(Folder{state}, event);
}

}  // namespace granary::customer_erasure
