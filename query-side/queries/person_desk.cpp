// Orders are counted on views that have folded everything known when the question came.
#include "tools/granary/person_desk.hpp"

#include <memory>
#include <utility>

#include "core/privacy_limits.hpp"

namespace granary::cli {
namespace {

std::unexpected<Fault> busy() { return fault(FaultCode::unavailable, "too many erasures wait on this node already"); }

}  // namespace

PersonDesk::PersonDesk(ports::KeyStore& keys, ports::Freshness& freshness, const queries::OrderQueries& orders, std::uint32_t partitions)
    : keys_(keys), freshness_(freshness), orders_(orders), partitions_(partitions), aside_("erasures", limits::erasures_waiting_max) {}

PersonDesk::~PersonDesk() {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [this] { return waits_ == 0; });
}

Result<std::uint32_t> PersonDesk::count(CustomerId customer, OrderId order) const {
    if (!customer.is_nil()) return orders_.under_way(customer, limits::erasure_orders_counted_max);
    const auto under_way = orders_.is_under_way(order);
    if (!under_way) return std::unexpected(under_way.error());
    return *under_way ? 1U : 0U;
}

void PersonDesk::orders_under_way(CustomerId customer, OrderId order, std::function<void(Result<std::uint32_t>)> done) {
    std::vector<Partition> partitions;
    for (std::uint32_t i = 0; i < partitions_ && !customer.is_nil(); ++i) partitions.push_back({i});
    if (customer.is_nil()) partitions.push_back(orders_.partition(order));
    const auto answer = std::make_shared<std::function<void(Result<std::uint32_t>)>>(std::move(done));
    {
        const std::scoped_lock lock(mutex_);
        ++waits_;
    }
    queries::fold_to_known_end(freshness_, partitions, limits::freshness_wait_max, [this, customer, order, answer](bool ready) {
        if (!ready) (*answer)(fault(FaultCode::unavailable, "the views are behind the log"));
        else if (!aside_.try_run([this, customer, order, answer] { (*answer)(count(customer, order)); })) (*answer)(busy());
        const std::scoped_lock lock(mutex_);
        --waits_;
        told_.notify_all();
    });
}

void PersonDesk::destroy_key(PersonId person, std::function<void(Status)> done) {
    const auto answer = std::make_shared<std::function<void(Status)>>(std::move(done));
    if (!aside_.try_run([this, person, answer] { (*answer)(keys_.destroy_person_key(person)); })) (*answer)(busy());
}

void PersonDesk::keep_destroyed(PersonId person, std::function<void(Status)> done) {
    const auto answer = std::make_shared<std::function<void(Status)>>(std::move(done));
    const auto keep = [this, person, answer] {
        const auto when = keys_.destroyed_at(person);
        if (!when) return (*answer)(std::unexpected(when.error()));
        (*answer)(*when ? Status() : keys_.destroy_person_key(person));
    };
    if (!aside_.try_run(keep)) (*answer)(busy());
}

}  // namespace granary::cli
