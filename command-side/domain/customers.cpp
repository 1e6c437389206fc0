// Registering customers and changing their address; what is personal is opaque here.
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

// Decides on a command whose own fields are in order.
struct Decider {
    const CustomerStateT& state;

    Decision operator()(const RegisterCustomerT& c) const {
        if (state.exists) return refuse(RefusalCode::already_exists, "/customer_id", "there is a customer under this id");
        CustomerRegisteredT event;
        event.customer_id = c.customer_id;
        event.country = c.country;
        event.profile = domain::copy_of(c.profile);
        event.address = domain::copy_of(c.address);
        event.reference = c.reference;
        std::vector<Event> events;
        events.push_back(std::move(event));
        return events;
    }

    Decision operator()(const UpdateAddressT& c) const {
        if (!state.exists) return refuse(RefusalCode::not_found, "/customer_id", "there is no such customer");
        AddressUpdatedT event;
        event.customer_id = c.customer_id;
        event.country = c.country;
        event.address = domain::copy_of(c.address);
        std::vector<Event> events;
        events.push_back(std::move(event));
        return events;
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
};

}  // namespace

std::expected<std::vector<Event>, Refusal> decide(const CustomerStateT& state, const Command& command, Time) {
    if (auto wrong = std::visit([](const auto& c) { return check_fields(c); }, command)) return std::unexpected(std::move(*wrong));
    return std::visit(Decider{state}, command);
}

void evolve(CustomerStateT& state, const Event& event) { std::visit(Folder{state}, event); }

}  // namespace granary::customers
