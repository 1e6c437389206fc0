// The log of a simulated world: records in memory, and connections of nodes that lose, delay, repeat and reorder what is said
// over them, within what platform/ports/log.hpp allows.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "core/digest.hpp"
#include "core/limits.hpp"
#include "platform/ports/log.hpp"
#include "tests/simulation/fuse.hpp"
#include "tests/simulation/schedule.hpp"

namespace granary::simulation {

// In thousandths of all appends, calls or reads.
struct LogFaults {
    std::uint32_t slow = 0;             // stored or acknowledged up to seconds later
    std::uint32_t offset_unknown = 0;
    std::uint32_t unknown_stored = 0;   // stored, never acknowledged as such
    std::uint32_t unknown_late = 0;     // stored long after it was given up
    std::uint32_t unknown_lost = 0;
    std::uint32_t refused = 0;
    std::uint32_t twice = 0;            // stored twice, the second time perhaps later
    std::uint32_t call_refused = 0;     // the queue is full
    std::uint32_t read = 0;             // a page can't be had now
    Duration latency_max = milliseconds(3);
};

class NodeLog;

class Broker {
  public:
    Broker(Schedule& schedule, ports::LogIdentity identity) : schedule_(schedule), identity_(identity), records_(identity.partitions), stored_at_(identity.partitions) {}

    LogFaults faults;
    std::size_t page_records_max = limits::log_read_records_max;
    // See ports::Log::stores_prefixes: what is lost takes along whatever its writer sends before it hears of it.
    bool keeps_prefixes = false;
    // Of nobody's connection: at once, behind everything. Instead of the one that stands there.
    void put(Partition partition, const SharedBytes& record);
    void replace(Position position, SharedBytes record) { records_[position.partition.number][static_cast<std::size_t>(position.offset.number)] = std::move(record); }
    const ports::LogIdentity& identity() const { return identity_; }
    const std::vector<SharedBytes>& records(Partition partition) const { return records_[partition.number]; }
    // How often a record that extends this one was sent, wherever it is now: some may yet be stored.
    std::size_t sent_behind(const Digest& head) const;
    // When it was stored, in the world's time, which no node knows.
    Duration stored_at(Position position) const { return stored_at_[position.partition.number][static_cast<std::size_t>(position.offset.number)]; }

  private:
    friend class NodeLog;
    Offset store(Partition partition, const SharedBytes& record);
    void note_sent(const SharedBytes& record, std::size_t times);

    Schedule& schedule_;
    ports::LogIdentity identity_;
    std::vector<std::vector<SharedBytes>> records_;
    std::vector<std::vector<Duration>> stored_at_;
    std::map<Digest, std::size_t> sent_behind_;
    std::set<std::pair<std::uint64_t, NodeLog*>> connections_;  // by number, so that their order is no matter of addresses
    std::uint64_t next_connection_ = 1;
};

// The connection of one life of a node.
class NodeLog final : public ports::Log {
  public:
    // `heard`: something came in, so the node has something to do.
    NodeLog(Broker& broker, Fuse& fuse, std::function<void()> heard);
    // As when the process dies: of what is on its way a part still arrives.
    ~NodeLog() override;

    ports::LogIdentity identity() const override { return broker_.identity_; }
    Status append(std::vector<ports::LogAppend> appends) override;
    Result<ports::LogPage> read(Partition partition, Offset from, std::size_t bytes_max) override;
    Result<Offset> end(Partition partition) override;
    bool stores_prefixes() const override { return broker_.keeps_prefixes; }
    Offset heard_end(Partition partition) const override { return heard_[partition.number]; }
    void observe(ports::LogObserver& observer) override { observers_.push_back(&observer); }
    void stop_observing(ports::LogObserver& observer) override { std::erase(observers_, &observer); }

    // A process that stands still: it hears nothing, and of what it was about to send a part waits.
    void pause();
    void resume();

  private:
    friend class Broker;
    struct Way;  // what outlives the connection
    struct Planned {
        Duration store_at, answer_at;
        bool stored = true;
        bool twice = false;
        ports::LogDelivery answer;
    };

    Planned plan(const ports::LogAppend& append);
    void send(const ports::LogAppend& append);
    void hear_of(Partition partition);
    void tell_growth();
    void deliver(const ports::LogDelivery& delivery);

    Broker& broker_;
    Fuse& fuse_;
    const std::uint64_t number_;
    std::function<void()> heard_something_;
    std::shared_ptr<Way> way_;
    std::vector<ports::LogObserver*> observers_;
    std::vector<Offset> heard_;
    std::set<std::uint32_t> grown_;
    bool growth_planned_ = false;
    bool paused_ = false;
    std::vector<ports::LogDelivery> unheard_;  // while paused
};

}  // namespace granary::simulation
