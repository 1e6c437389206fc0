// The log in memory, for tests and the simulator: deterministic, and able to misbehave in every way that a real one may.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "platform/ports/log.hpp"

namespace granary::memory {

// Thread-safe. Deliveries and growth are reported from inside `append` (immediate) or from `pump`, on the caller's thread.
class MemoryLog : public ports::Log {
  public:
    enum class Mode {
        immediate,  // an append is durable and delivered before the call returns
        pumped,     // it waits until `pump`
    };

    explicit MemoryLog(ports::LogIdentity identity, Mode mode = Mode::immediate) : identity_(identity), mode_(mode), records_(identity.partitions) {}

    ports::LogIdentity identity() const override { return identity_; }
    Status append(std::vector<ports::LogAppend> appends) override;
    Result<ports::LogPage> read(Partition partition, Offset from, std::size_t bytes_max) override;
    Result<Offset> end(Partition partition) override;
    bool stores_prefixes() const override { return stores_prefixes_; }
    Offset heard_end(Partition partition) const override;
    void observe(ports::LogObserver& observer) override;
    void stop_observing(ports::LogObserver& observer) override;

    // Stores and delivers up to `count` waiting appends, in order; returns how many. Mode::pumped only.
    std::size_t pump(std::size_t count = SIZE_MAX);
    std::size_t waiting() const;

    // The copy is complete, and its original sealed for it.
    void make_live() { identity_.live = true; }

    // -- misbehaviour -------------------------------------------------------------------------------------------------

    // The next appends, one call each, are answered like this; the record is stored unless `stored` is false. With
    // `unknown` and stored = true the client does not learn that it was. Further appends are normal again.
    void answer_next(ports::DeliveryOutcome outcome, bool stored);
    // The next append is stored twice, delivered once with the first offset.
    void duplicate_next();
    // A record of somebody else.
    Offset inject(Partition partition, std::string record);
    // Cuts everything from `from` on.
    void truncate(Partition partition, Offset from);
    void flip_bit(Partition partition, Offset offset, std::size_t byte, unsigned bit);
    // Appends beyond this many waiting ones are refused as unavailable. Mode::pumped only.
    void set_queue_max(std::size_t records);
    // Every append is refused with disk_full until it is switched off.
    void set_disk_full(bool full);
    // Where it ends is not said until it is switched off.
    void hide_end(bool hidden);
    // What stores_prefixes says; true makes `stored = false` of answer_next a promise that the caller must not break.
    void set_stores_prefixes(bool yes) { stores_prefixes_ = yes; }
    // Pages read so far, for tests of what a restart costs.
    std::size_t records_read() const;

  private:
    struct Planned {
        ports::DeliveryOutcome outcome;
        bool stored;
    };

    ports::LogDelivery store(const ports::LogAppend& append);
    void report(const std::vector<ports::LogDelivery>& deliveries);  // with observers_mutex_ held

    ports::LogIdentity identity_;
    const Mode mode_;
    mutable std::mutex mutex_;
    std::vector<std::vector<SharedBytes>> records_;
    std::deque<ports::LogAppend> waiting_;
    std::deque<Planned> planned_;
    std::size_t duplicate_ = 0;
    std::size_t queue_max_ = SIZE_MAX;
    bool disk_full_ = false;
    bool end_hidden_ = false;
    std::size_t records_read_ = 0;
    std::mutex observers_mutex_;  // taken first: held from storing to reporting, so that deliveries keep the order of the records
    std::vector<ports::LogObserver*> observers_;
    bool stores_prefixes_ = false;
};

}  // namespace granary::memory
