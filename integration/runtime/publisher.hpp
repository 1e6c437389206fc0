// Publishes what counts in the log as integration events: at least once, in order per key, from where the group's positions say.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/position.hpp"
#include "core/time.hpp"
#include "integration/mapping/cloud_events.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/integration_broker.hpp"
#include "platform/ports/log.hpp"

namespace granary::integration {

struct PublisherOptions {
    ports::Log& log;
    ports::IntegrationBroker& broker;
    const ports::Clock& clock;
    // Told what an operator should know: a partition that is halted, and the first of several failures in a row.
    std::function<void(std::string_view)> notice;
};

struct PublisherStatus {
    std::array<std::uint64_t, topics.size()> published{};  // by topic, since the start; repetitions count
    std::uint64_t failures = 0;                            // turns that came to nothing
    std::uint64_t partitions = 0;                          // in this node's share
    std::uint64_t halted = 0;                              // of these
    std::uint64_t lag_records = 0;                         // of the log, known and not published
    Duration lag;                                          // age of the oldest commit that is known and not published
    bool failing = false;                                  // the last turn failed
};

// One member of the group. `turn` belongs to one thread; `status` to any.
class Publisher {
  public:
    explicit Publisher(PublisherOptions options) : options_(std::move(options)) {}

    // One turn: hears of its share (waiting up to `patience`), publishes the next batch, keeps the positions. Blocks as long as
    // the brokers' deadlines allow. True: there is more to do at once.
    bool turn(Duration patience);

    PublisherStatus status() const;

  private:
    // One partition of the log in this node's share.
    struct Source {
        Partition partition;
        ports::PublishedUpTo published;  // acknowledged
        bool kept = true;                // the group has it, too
        std::optional<ChainReader> reader;
        Offset seen_end;
        std::optional<Time> waiting_since;  // time of the oldest commit that was read and is not published
        bool halted = false;
    };
    struct Advance {
        Source* source;
        ports::PublishedUpTo published;
    };
    struct Batch {
        std::vector<ports::OutgoingEvent> events;
        std::vector<Advance> advances;
        std::array<std::uint64_t, topics.size()> by_topic{};
        std::size_t bytes = 0;
        bool more = false;            // something was read, so there may be more
        std::optional<Fault> failed;  // something could not be read for now
    };

    bool failed(const Fault& fault);
    void take(const ports::ShareChanges& changes);
    Batch gather();
    void read(Source& source, Batch& batch);
    Status open(Source& source);
    // Up to the first commit that can't be published; false when there was one.
    bool add(Source& source, const AcceptedRecord& record, Batch& batch);
    Status publish(Batch& batch);
    Status keep();
    void halt(Source& source, const std::string& why);
    void note(const Batch* published);

    const PublisherOptions options_;
    std::map<Partition, Source> sources_;
    Partition first_;  // where the next batch begins to gather, so that no partition waits for ever
    Duration retry_;        // the pause after the last failure; zero after a success
    Duration not_before_;   // monotonic; after a failure
    mutable std::mutex mutex_;
    PublisherStatus status_;  // but for `lag`
    std::optional<Time> oldest_;
};

}  // namespace granary::integration
