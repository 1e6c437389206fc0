// The cache of instances by hand: what stays, what goes, and that memory comes back down after a backlog.
#include <doctest/doctest.h>

#include "platform/adapters/memory/memory_store.hpp"
#include "sagas/runtime/instance_cache.hpp"

namespace granary::sagas::test {
namespace {

constexpr std::size_t capacity = 8;
constexpr std::uint64_t backlog = 40;

OrderId order(std::uint64_t number) { return {Uuid{10, number}}; }

// As many steps as may pass before the cache must have looked again.
void pass_steps(InstanceCache& cache) {
    for (std::uint64_t i = 0; i < InstanceCache::sweep_interval + 2; ++i) cache.evict();
}

}  // namespace

TEST_CASE("what has jobs or is not written yet stays in the cache however full it is; what is idle goes") {
    memory::MemoryStore store;
    InstanceCache cache(store, Partition{0}, capacity);
    for (std::uint64_t i = 0; i < backlog; ++i) cache.create(order(i)).jobs = 1;
    pass_steps(cache);
    CHECK(cache.size() == backlog);

    for (std::uint64_t i = 0; i < backlog; ++i) {
        cache.cached(order(i))->jobs = 0;
        cache.mark_dirty(order(i));
    }
    pass_steps(cache);
    CHECK(cache.size() == backlog);

    cache.clear_dirty();
    pass_steps(cache);
    CHECK(cache.size() <= capacity);
}

TEST_CASE("new idle instances go before half a capacity of them has gathered") {
    memory::MemoryStore store;
    InstanceCache cache(store, Partition{0}, capacity);
    for (std::uint64_t i = 0; i < backlog; ++i) cache.create(order(i)).jobs = 1;
    cache.evict();
    for (std::uint64_t i = backlog; i < 3 * backlog; ++i) {
        cache.create(order(i));
        cache.evict();
        cache.evict();
        CHECK(cache.size() <= backlog + capacity);
    }
}

}  // namespace granary::sagas::test
