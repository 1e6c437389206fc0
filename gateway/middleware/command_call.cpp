// The callback owns the call; whatever thread it comes on answers the client.
#include "gateway/middleware/command_call.hpp"

#include <cstdint>
#include <utility>

#include "core/limits.hpp"
#include "core/mutants.hpp"

namespace granary::gateway {
namespace {

using ports::CommandAnswer;
using ports::CommandOutcome;

// No aggregate ever gets there, so a command that expects it is only ever replayed or refused.
constexpr std::uint64_t impossible_version = UINT64_MAX;

ports::CommandRequest request_for(Call& call, CommandCall&& command) {
    ports::CommandRequest request;
    request.command = std::move(command.command);
    request.id = command.id;
    request.fingerprint = command.fingerprint;
    request.expected_version = command.expected_version;
    const auto correlation = parse_hex_uuid(call.trace_id());
    request.correlation = {correlation.value_or(command.id.value)};
    request.occurred_at = command.occurred_at;
    request.actor = command.actor.empty() ? call.actor() : std::move(command.actor);
    request.traceparent = traceparent_of(*call.trace, call.services().random.bits());
    request.background = command.background;
    request.deadline = call.edge->options.command_deadline;
    return request;
}

CommandId fresh_id(Call& call) { return {uuid_v7(call.services().clock.now().unix_us, call.services().random.bits())}; }

// Holds the key while its command is under way, whatever becomes of the callback.
class KeyHold {
  public:
    KeyHold(std::shared_ptr<Edge> edge, CommandId id) : edge_(std::move(edge)), id_(id) {}
    ~KeyHold() { release(); }
    KeyHold(const KeyHold&) = delete;
    KeyHold& operator=(const KeyHold&) = delete;
    void release() {
        if (edge_) edge_->in_flight.leave(id_);
        edge_ = nullptr;
    }

  private:
    std::shared_ptr<Edge> edge_;
    CommandId id_;
};

}  // namespace

void submit_command(const CallPtr& call, CommandCall command, std::function<void(const CallPtr&, const CommandAnswer&)> done) {
    switch (call->edge->in_flight.enter(command.id)) {
        case KeysInFlight::Entry::under_way: return call->fail(Problem{.code = ProblemCode::key_in_flight, .headers = {{"retry-after", "1"}}});
        case KeysInFlight::Entry::full: return call->fail(Problem{.code = ProblemCode::unavailable, .retry_after = seconds(1)});
        case KeysInFlight::Entry::entered: break;
    }
    auto hold = std::make_shared<KeyHold>(call->edge, command.id);
    call->services().commands.submit(request_for(*call, std::move(command)), [call, hold, done = std::move(done)](CommandAnswer answer) {
        hold->release();
        done(call, answer);
    });
}

void submit_part(const CallPtr& call, Command command, std::function<void(CommandAnswer)> done) {
    CommandCall part{.command = std::move(command), .id = fresh_id(*call)};
    call->services().commands.submit(request_for(*call, std::move(part)), std::move(done));
}

CommandId command_id_for(Call& call, std::string_view about) {
    if (call.idempotency_key.empty()) return fresh_id(call);
    // A customer who gets a new key stays the same principal.
    const auto& principal = *call.principal;
    std::string who = principal.customer.is_nil() ? text_of(principal.id) : text_of(principal.customer);
    if (GRANARY_MUTANT(key_of_everybody)) who.clear();
    return command_id_of(call.edge->command_secret(), {who, name_of(call.request.method), call.request.path(), call.idempotency_key, about});
}

Fingerprint fingerprint_of(Call& call, const JsonDocument& document) { return call.services().sealer.fingerprint(document.canonical()); }

Result<Fingerprint> personal_fingerprint_of(Call& call, const JsonDocument& document, PersonId person) {
    return call.services().sealer.fingerprint_for(person, document.canonical());
}

void write_command_headers(http::Headers& headers, const CommandAnswer& answer) {
    if (answer.position.offset.number >= 0) {
        headers.add("granary-position", text_of(answer.position));
        if (answer.version > 0) headers.add("etag", etag_of(answer.version, answer.position.offset));
    }
    if (answer.outcome == CommandOutcome::replayed) headers.add("idempotent-replayed", "true");
}

void run_command_then(const CallPtr& call, CommandCall command, std::function<void(const CallPtr&, const CommandAnswer&)> then) {
    submit_command(call, std::move(command), [then = std::move(then)](const CallPtr& done, const CommandAnswer& answer) {
        if (auto problem = problem_for(answer)) {
            // What a refusal was decided on is a position worth waiting for before reading.
            if (answer.outcome == CommandOutcome::refused && answer.position.offset.number >= 0) problem->headers.push_back({"granary-position", text_of(answer.position)});
            return done->fail(*problem);
        }
        then(done, answer);
    });
}

void run_command(const CallPtr& call, CommandCall command, RenderAnswer render) {
    run_command_then(call, std::move(command), [render = std::move(render)](const CallPtr& done, const CommandAnswer& answer) {
        auto response = render(answer);
        write_command_headers(response.headers, answer);
        done->answer(std::move(response));
    });
}

void replay_or_fail(const CallPtr& call, CommandCall command, RenderAnswer render, Problem problem) {
    if (call->idempotency_key.empty()) return call->fail(problem);
    command.expected_version = impossible_version;
    submit_command(call, std::move(command), [render = std::move(render), problem = std::move(problem)](const CallPtr& done, const CommandAnswer& answer) {
        if (answer.outcome == CommandOutcome::refused && answer.refusal.code != RefusalCode::key_reused) return done->fail(problem);
        if (const auto other = problem_for(answer)) return done->fail(*other);
        auto response = render(answer);
        write_command_headers(response.headers, answer);
        done->answer(std::move(response));
    });
}

}  // namespace granary::gateway
