// Orders are counted on views that have folded everything known when the question came.
#include "query-side/queries/person_desk.hpp"

#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "core/mutants.hpp"
#include "core/privacy_limits.hpp"

namespace granary::queries {

// Whoever comes back, from the views or from aside, holds it while it works, and finds it closed when the desk has ended.
struct PersonDesk::Gate {
    std::shared_mutex mutex;
    bool is_open = true;
};

PersonDesk::PersonDesk(PersonDeskOptions options) : options_(std::move(options)), gate_(std::make_shared<Gate>()) {}

PersonDesk::~PersonDesk() {
    const std::scoped_lock lock(gate_->mutex);
    gate_->is_open = false;
}

void PersonDesk::run(std::function<void()> work, const std::function<void(Fault)>& turned_away) {
    const bool is_taken = options_.run_aside([gate = gate_, work = std::move(work)] {
        const std::shared_lock lock(gate->mutex);
        if (gate->is_open) work();
    });
    if (!is_taken) turned_away(fault(FaultCode::unavailable, "too many erasures wait on this node already").error());
}

Result<std::uint32_t> PersonDesk::count(CustomerId customer, OrderId order) const {
    if (GRANARY_MUTANT(erasure_does_not_wait)) return 0;
    if (!customer.is_nil()) return options_.orders.under_way(customer, limits::erasure_orders_counted_max);
    const auto under_way = options_.orders.is_under_way(order);
    if (!under_way) return std::unexpected(under_way.error());
    return *under_way ? 1U : 0U;
}

void PersonDesk::orders_under_way(CustomerId customer, OrderId order, std::function<void(Result<std::uint32_t>)> done) {
    const auto partitions = customer.is_nil() ? std::vector{options_.orders.partition(order)} : all_partitions(options_.partitions);
    fold_to_known_end(options_.freshness, partitions, limits::freshness_wait_max, [this, gate = gate_, customer, order, done = std::move(done)](bool ready) {
        const std::shared_lock lock(gate->mutex);
        if (!gate->is_open) return;
        if (!ready) return done(fault(FaultCode::unavailable, "the views are behind the log"));
        run([this, customer, order, done] { done(count(customer, order)); }, [&](Fault fault) { done(std::unexpected(std::move(fault))); });
    });
}

Status PersonDesk::destroy(PersonId person) { return GRANARY_MUTANT(erased_key_kept) ? Status() : options_.keys.destroy_person_key(person); }

void PersonDesk::destroy_key(PersonId person, std::function<void(Status)> done) {
    run([this, person, done] { done(destroy(person)); }, [&](Fault fault) { done(std::unexpected(std::move(fault))); });
}

Status PersonDesk::keep(PersonId person) {
    const auto when = options_.keys.destroyed_at(person);
    Status kept = when ? Status() : std::unexpected(when.error());
    if (when && !*when) kept = destroy(person);
    if (!kept && !kept.error().retryable() && options_.key_kept) options_.key_kept(kept.error());
    return kept;
}

void PersonDesk::keep_destroyed(PersonId person, std::function<void(Status)> done) {
    run([this, person, done] { done(keep(person)); }, [&](Fault fault) { done(std::unexpected(std::move(fault))); });
}

}  // namespace granary::queries
