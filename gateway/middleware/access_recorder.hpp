// Writes down who was given what, before it is given: accesses to what belongs to others are events in the log.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/privacy_limits.hpp"
#include "platform/ports/api_keys.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/random.hpp"

namespace granary::gateway {

struct Call;

// Thread-safe. What arrives while a batch of the same principal and day is on its way goes with the next one, so that ten thousand
// accesses a second cost a few hundred commits.
class AccessRecorder : public std::enable_shared_from_this<AccessRecorder> {
  public:
    using Done = std::function<void(bool recorded)>;

    // All outlive the last call of a `done`.
    AccessRecorder(ports::CommandBus& commands, const ports::Clock& clock, ports::Random& random) : commands_(commands), clock_(clock), random_(random) {}

    // Calls `done` once: with true when the record is durable and counts, with false when it can't be said that it does. On any thread, or
    // at once; after twice limits::access_record_deadline at the latest: so long for what is in front of it, and for its own batch.
    void record(const ports::ApiKey& who, access::AccessT access, Done done);

  private:
    struct Waiting {
        std::unique_ptr<access::AccessT> access;
        Done done;
        Duration since;  // on the monotonic clock
    };
    // Of one principal and day.
    struct Queue {
        std::string principal;
        std::string day;
        std::string role;
        std::vector<Waiting> waiting;
    };

    void send_next(const std::string& name);
    std::vector<Done> take_late(Queue& queue) const;
    void tell(const std::vector<Done>& batch, bool recorded);
    void send(const std::string& name, access::RecordAccessesT command, std::vector<Done> batch);
    void settle(const std::string& name, std::vector<Done> batch, bool recorded);
    void give_up(const std::string& name, std::vector<Done>& batch);

    ports::CommandBus& commands_;
    const ports::Clock& clock_;
    ports::Random& random_;
    std::mutex mutex_;
    std::unordered_map<std::string, Queue> queues_;  // those with a batch on its way
    std::atomic<std::size_t> waiting_ = 0;
};

// The path that was asked for, as it may stand in the log for ever: of what was typed in, ids of this system's form stay, and names of what
// there is; everything else becomes `(other)`. So does a query's `customer`, `order` or `principal` that is such an id.
std::string access_target(const Call& call, int status);

}  // namespace granary::gateway
