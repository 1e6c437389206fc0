// From a request to a command and back: ids under the Idempotency-Key, one command at a time per key, the answer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/middleware/call.hpp"
#include "gateway/middleware/preconditions.hpp"
#include "platform/ports/command_bus.hpp"

namespace granary::gateway {

// The command's id: from the Idempotency-Key where the route uses one, else fresh. `about`: see KeyScope.
CommandId command_id_for(Call& call, std::string_view about = {});

struct CommandCall {
    Command command;
    CommandId id;
    Fingerprint fingerprint;                        // of the body; nil for none
    std::optional<std::uint64_t> expected_version;  // see update_precondition
    Time occurred_at;
    std::string actor;                              // empty = the call's own
    bool background = false;                        // see ports::CommandRequest
};

// Submits, and hands every outcome to `done`, which answers the call. 409 key_in_flight when the same id is under way here.
void submit_command(const CallPtr& call, CommandCall command, std::function<void(const CallPtr&, const ports::CommandAnswer&)> done);

// Submits one of several commands of a call, each under an id of its own: for commands that may be repeated by their nature.
// `done` runs on a thread of the command side, maybe at the same time as others of the call, and must not touch the call.
void submit_part(const CallPtr& call, Command command, std::function<void(ports::CommandAnswer)> done);

// Gives the answer of an accepted, replayed or unchanged command its shape: a pure function of the commit, so that a
// replay gets the same bytes. Position, ETag and Idempotent-Replayed are added afterwards.
using RenderAnswer = std::function<http::Response(const ports::CommandAnswer& answer)>;

// Submits, and answers the call when the outcome is known.
void run_command(const CallPtr& call, CommandCall command, RenderAnswer render);
// The same, but hands the outcome to `then`, which answers the call. Problems have been answered when it is not called.
void run_command_then(const CallPtr& call, CommandCall command, std::function<void(const CallPtr&, const ports::CommandAnswer&)> then);

// Fields that go with every answer to a command.
void write_command_headers(http::Headers& headers, const ports::CommandAnswer& answer);

// MAC of the body, whatever its spelling.
Fingerprint fingerprint_of(Call& call, const JsonDocument& document);
// The same of a body with personal data of this person. conflict: the person was erased.
Result<Fingerprint> personal_fingerprint_of(Call& call, const JsonDocument& document, PersonId person);

// For a request that can't be decided as it stands (a product is gone): answers with the first answer if its command
// was accepted before, and with the problem otherwise. Nothing can be committed by it.
void replay_or_fail(const CallPtr& call, CommandCall command, RenderAnswer render, Problem problem);

}  // namespace granary::gateway
