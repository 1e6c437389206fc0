// The live instances of one partition: a bounded cache over the store, written back as one batch per moment.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sagas/processes/order_fulfilment.hpp"
#include "sagas/runtime/saga_tables.hpp"

namespace granary::sagas {

struct Instance {
    FulfilmentStateT state;
    // What the runner has in hand for it; an instance with jobs stays in the cache.
    std::uint32_t jobs = 0;
    Time last_first_sent;      // when the newest of its actions first went out
    CommandId park_job;
    Offset ended_at;  // of the record that it ended with; none while it lives
    // As the store has it.
    bool stored = false;
    bool in_outbox = false;
    bool in_parked = false;
    std::vector<tables::TimerKey> stored_timers;
    std::uint64_t last_use = 0;
};

// Not thread-safe. Pointers stay valid until the instance ends or is evicted, which only `write` and `evict` do.
class InstanceCache {
  public:
    InstanceCache(ports::Store& store, Partition partition, std::size_t capacity) : store_(&store), partition_(partition), capacity_(capacity) {}

    // nullptr: no live instance. corrupt: its row can't be read.
    Result<Instance*> find(OrderId order);
    // Only what is in memory.
    Instance* cached(OrderId order);
    Instance& create(OrderId order);
    // Takes the tombstone back as a live instance; nullptr when there is none.
    Result<Instance*> revive(OrderId order);
    void mark_dirty(OrderId order) { dirty_.insert(order); }

    struct Counts {
        std::int64_t live = 0;
        std::int64_t parked = 0;
    };
    // Adds all changes since the last `clear_dirty` to the batch; `counts` gets how live and parked numbers change.
    void write(ports::StoreBatch& batch, Counts& counts);
    // Once the batch is in the store: remembers what is stored, and forgets what ended.
    void clear_dirty();
    // Drops what is clean, idle and not used lately, down to the capacity. Called after every step; looks at most once
    // in `sweep_interval` calls, or when half a capacity has been added since it looked.
    void evict();
    static constexpr std::uint64_t sweep_interval = 256;

    std::size_t size() const { return instances_.size(); }
    const std::unordered_set<OrderId>& dirty() const { return dirty_; }

  private:
    void write_index(ports::StoreBatch& batch, std::string_view table, const std::string& key, bool was, bool is);
    void write_timers(ports::StoreBatch& batch, OrderId order, const Instance& instance, bool ended);

    ports::Store* store_;
    Partition partition_;
    std::size_t capacity_;
    std::unordered_map<OrderId, Instance> instances_;
    std::unordered_set<OrderId> dirty_;
    std::uint64_t tick_ = 0;
    std::uint64_t next_sweep_ = 0;
    std::size_t sweep_above_ = 0;
};

// There is something to ask for: an open action that parking does not hold back.
bool wants_dispatch(const FulfilmentStateT& state);
std::vector<tables::TimerKey> timers_of(const FulfilmentStateT& state);

}  // namespace granary::sagas
