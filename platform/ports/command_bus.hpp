// The command port: how gateways, sagas and importers ask for a change. The answer comes when it is durable and counts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/position.hpp"
#include "core/refusal.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "schemas/commit.hpp"
#include "schemas/messages.hpp"

namespace granary::ports {

struct CommandRequest {
    Command command;
    CommandId id;                                   // a retry carries the same id and gets the first answer
    Fingerprint fingerprint;                        // MAC of the request body; nil = nothing to compare
    std::optional<std::uint64_t> expected_version;  // If-Match; 0 = must not exist
    CorrelationId correlation;
    EventId causation;                              // nil = from outside
    Time not_before;                                // time of the cause: the commit is never earlier
    Time occurred_at;                               // nil = when it is committed
    std::string actor;                              // principal; no personal data; limits::actor_bytes_max
    std::string traceparent;
    bool background = false;                        // nobody waits for the answer: a saga's step, a callback
    Duration deadline = seconds(10);                // after this the answer is `unknown` or `unavailable`
};

enum class CommandOutcome {
    accepted,     // committed and counting; `commit` holds the events
    replayed,     // this id was accepted before; `commit` is the first one
    unchanged,    // allowed, and there was nothing to do: no events
    refused,      // see `refusal`; nothing was stored or remembered
    unavailable,  // not done: overload, hand-over, disk low; try again after `retry_after`
    unknown,      // may or may not come to count: ask again under the same id
};

struct CommandAnswer {
    CommandOutcome outcome = CommandOutcome::unknown;
    Position position;             // accepted, replayed: of the commit; unchanged, refused: last position decided on
    std::uint64_t version = 0;     // of the aggregate, after the commit; unchanged, refused: as it is now
    std::optional<Commit> commit;  // accepted, replayed
    Refusal refusal;
    Fault fault;                   // unavailable, unknown
    Duration retry_after;
};

// Thread-safe. `done` is called exactly once, on a thread of the command side, and must return quickly.
class CommandBus {
  public:
    virtual ~CommandBus() = default;
    virtual void submit(CommandRequest request, std::function<void(CommandAnswer)> done) = 0;
};

}  // namespace granary::ports
