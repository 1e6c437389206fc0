// Folds customer events into the profile.
#include "projections/views/customers.hpp"

#include "projections/views/customer_erasure.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

using read_models::CustomerRowT;

std::unique_ptr<wire::SealedT> copy_of(const std::unique_ptr<wire::SealedT>& sealed) {
    return sealed ? std::make_unique<wire::SealedT>(*sealed) : nullptr;
}

struct Fold {
    CustomerRowT& row;
    const Fact& fact;

    void operator()(const customers::CustomerRegisteredT& event) {
        row.country = event.country;
        row.reference = event.reference;
        row.registered_at = fact.recorded_at();
        row.profile = copy_of(event.profile);
        row.address = copy_of(event.address);
        row.personal_at.push_back(fact.position.offset.number);
    }
    void operator()(const customers::AddressUpdatedT& event) {
        row.country = event.country;
        row.address = copy_of(event.address);
        row.personal_at.push_back(fact.position.offset.number);
    }
    void operator()(const customers::ErasureRequestedT&) { begin_erasure(row.erasure, fact); }
    // What nobody can read any more is not kept either.
    void operator()(const customers::CustomerErasedT& event) {
        end_erasure(row.erasure, fact, event.orders_under_way);
        row.profile.reset();
        row.address.reset();
    }
};

}  // namespace

void apply_customers(Rows& rows, const Fact& fact) {
    if (const auto* step = std::get_if<customer_erasure::Event>(&fact.event)) return apply_to_customer(rows, fact, *step);
    const auto* event = std::get_if<customers::Event>(&fact.event);
    if (event == nullptr) return;
    const CustomerId id = std::visit([](const auto& e) { return e.customer_id; }, *event);
    auto& row = rows.make<CustomerRowT>(read_models::customer_key(id));
    row.customer_id = id;
    std::visit(Fold{row, fact}, *event);
    row.version = fact.version;
    row.updated_at = fact.recorded_at();
}

}  // namespace granary::views
