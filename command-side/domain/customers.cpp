// Registering customers, changing their address, and erasing them; what is personal is opaque here.
#include "command-side/domain/customers.hpp"

#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/limits.hpp"

namespace granary::customers {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

Objection check_fields(const RegisterCustomerT& c) {
    return domain::first_of(domain::check_id(c.customer_id.value, "/customer_id"), domain::check_country(c.country, "/country"),
                            domain::check_sealed(c.profile, "/profile"), domain::check_sealed(c.address, "/address"),
                            domain::check_text(c.reference, limits::external_reference_bytes_max, "/reference"));
}

Objection check_fields(const UpdateAddressT& c) {
    return domain::first_of(domain::check_id(c.customer_id.value, "/customer_id"), domain::check_country(c.country, "/country"),
                            domain::check_sealed(c.address, "/address"));
}

Objection check_fields(const RequestErasureT& c) {
    return domain::first_of(domain::check_id(c.customer_id.value, "/customer_id"), domain::check_ground(c.ground, "/ground"));
}

Objection check_fields(const RecordErasedT& c) { return domain::check_id(c.customer_id.value, "/customer_id"); }

Decision nothing() { return std::vector<Event>(); }

template <class E>
Decision one(E event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    return events;
}

// Decides on a command whose own fields are in order.
struct Decider {
    const CustomerStateT& state;

    Decision operator()(const RegisterCustomerT& c) const {
        if (takes_nothing_new()) return erased();
        if (state.exists) return refuse(RefusalCode::already_exists, "/customer_id", "there is a customer under this id");
        CustomerRegisteredT event;
        event.customer_id = c.customer_id;
        event.country = c.country;
        event.profile = domain::copy_of(c.profile);
        event.address = domain::copy_of(c.address);
        event.reference = c.reference;
        return one(std::move(event));
    }

    Decision operator()(const UpdateAddressT& c) const {
        if (takes_nothing_new()) return erased();
        if (!state.exists) return refuse(RefusalCode::not_found, "/customer_id", "there is no such customer");
        AddressUpdatedT event;
        event.customer_id = c.customer_id;
        event.country = c.country;
        event.address = domain::copy_of(c.address);
        return one(std::move(event));
    }

    // Of a customer who never registered, too: there may be orders under this id.
    Decision operator()(const RequestErasureT& c) const {
        if (!domain::is_news(state.erasure, state.despite_orders, c.despite_orders)) return nothing();
        ErasureRequestedT event;
        event.customer_id = c.customer_id;
        event.ground = c.ground;
        event.despite_orders = c.despite_orders;
        return one(std::move(event));
    }

    Decision operator()(const RecordErasedT& c) const {
        if (state.erasure == wire::ErasureStatus::erased) return nothing();
        if (state.erasure == wire::ErasureStatus::none) return refuse(RefusalCode::illegal_transition, "", "nobody has asked for this customer to be erased");
        CustomerErasedT event;
        event.customer_id = c.customer_id;
        event.orders_under_way = c.orders_under_way;
        return one(std::move(event));
    }

    bool takes_nothing_new() const { return state.erasure != wire::ErasureStatus::none; }
    static Decision erased() {
        return refuse(RefusalCode::customer_erased, "/customer_id", "this customer's data was erased or is about to be, so nothing new is taken; register afresh under another id");
    }
};

struct Folder {
    CustomerStateT& state;

    void operator()(const CustomerRegisteredT& e) const {
        state.customer_id = e.customer_id;
        state.exists = true;
        state.country = e.country;
    }
    void operator()(const AddressUpdatedT& e) const { state.country = e.country; }
    void operator()(const ErasureRequestedT& e) const {
        state.customer_id = e.customer_id;
        state.erasure = wire::ErasureStatus::requested;
        state.despite_orders = e.despite_orders;
    }
    void operator()(const CustomerErasedT&) const { state.erasure = wire::ErasureStatus::erased; }
};

}  // namespace

std::expected<std::vector<Event>, Refusal> decide(const CustomerStateT& state, const Command& command, Time) {
    if (auto wrong = std::visit([](const auto& c) { return check_fields(c); }, command)) return std::unexpected(std::move(*wrong));
    return std::visit(Decider{state}, command);
}

void evolve(CustomerStateT& state, const Event& event) { std::visit(Folder{state}, event); }

}  // namespace granary::customers
