// One question, many tries, one final answer.
#include "tests/simulation/clients.hpp"

#include <utility>

#include "core/digest.hpp"
#include "core/routing.hpp"

namespace granary::simulation {
namespace {

constexpr std::uint32_t no_end = UINT32_MAX;
constexpr std::uint32_t callback_tries_max = 20;
constexpr Duration client_deadline = seconds(10);
constexpr Duration client_patience = seconds(12);

}  // namespace

struct Clients::Try {
    ports::CommandRequest request;
    Told told;
    Asked* asked = nullptr;
    std::uint32_t tries_max = no_end;
    std::uint32_t number = 0;  // of the running try
    bool ended = false;
};

CommandId Clients::fresh_id() { return {uuid_from(sha256("command " + std::to_string(around_.log.identity().id.lo) + " " + std::to_string(next_id_++)))}; }

void Clients::ask(Command command, Told told) { ask(fresh_id(), std::move(command), std::move(told)); }

void Clients::ask(CommandId id, Command command, Told told, std::uint64_t body) {
    ports::CommandRequest request;
    request.command = std::move(command);
    request.id = id;
    request.fingerprint = {Uuid{id.value.hi, body + 1}};
    begin(std::move(request), std::move(told), no_end);
}

void Clients::ask_at(Command command, std::uint64_t expected_version, Told told) {
    ports::CommandRequest request;
    request.command = std::move(command);
    request.id = fresh_id();
    request.expected_version = expected_version;
    begin(std::move(request), std::move(told), no_end);
}

void Clients::tell(const Callback& callback) {
    ports::CommandRequest request;
    request.command = callback.command;
    request.id = callback.id;
    request.occurred_at = callback.occurred_at;
    request.background = true;
    begin(std::move(request), {}, callback_tries_max);
}

void Clients::begin(ports::CommandRequest request, Told told, std::uint32_t tries_max) {
    const auto what = std::make_shared<Try>();
    request.correlation = {request.id.value};
    request.actor = "client";
    request.deadline = client_deadline;
    Asked asked;
    asked.id = request.id;
    asked.command = request.command;
    asked.fingerprint = request.fingerprint;
    asked.expected_version = request.expected_version;
    asked.target = target_of(request.command);
    asked.partition = partition_of(asked.target.routing_key, around_.log.identity().partitions);
    asked.first_sent = around_.schedule.now();
    journal_.push_back(std::move(asked));
    what->request = std::move(request);
    what->told = std::move(told);
    what->asked = &journal_.back();
    what->tries_max = tries_max;
    ++open_;
    attempt(what);
}

void Clients::attempt(const std::shared_ptr<Try>& what) {
    if (what->ended) return;
    if (what->number >= what->tries_max) {
        what->asked->given_up = true;
        return end(what);
    }
    const std::uint32_t number = ++what->number;
    ++what->asked->tries;
    Dice& dice = around_.schedule.dice();
    Node& node = *nodes_[dice.below(nodes_.size())];
    if (number > 1 && dice.chance(faults.gives_up)) {
        what->asked->given_up = true;
        return end(what);
    }
    const bool lost = dice.chance(faults.answer_lost);
    const bool there = node.submit(what->request, [this, what, lost](const ports::CommandAnswer& answer) {
        if (!lost) take(what, answer);
    });
    if (!there) {
        around_.schedule.after(dice.between(milliseconds(20), milliseconds(800)), [this, what] { attempt(what); });
        return;
    }
    const Duration patience = dice.chance(faults.impatient) ? dice.between(milliseconds(1), milliseconds(500)) : client_patience;
    around_.schedule.after(patience, [this, what, number] {
        if (what->number == number) attempt(what);
    });
}

void Clients::again(const std::shared_ptr<Try>& what) {
    around_.schedule.after(around_.schedule.dice().between(milliseconds(50), milliseconds(1500)), [this, what, number = what->number] {
        if (what->number == number) attempt(what);
    });
}

void Clients::take(const std::shared_ptr<Try>& what, const ports::CommandAnswer& answer) {
    if (what->ended) return;
    around_.schedule.trace("told", {what->request.id.value.lo, static_cast<std::uint64_t>(answer.outcome), static_cast<std::uint64_t>(answer.position.offset.number)});
    if (answer.outcome == ports::CommandOutcome::unavailable || answer.outcome == ports::CommandOutcome::unknown) return again(what);
    Asked& asked = *what->asked;
    asked.answered = true;
    asked.answered_at = around_.schedule.now();
    asked.outcome = answer.outcome;
    asked.position = answer.position;
    asked.version = answer.version;
    asked.refusal = answer.outcome == ports::CommandOutcome::refused ? answer.refusal.code : RefusalCode::none;
    const Told told = std::exchange(what->told, {});
    end(what);
    if (told) told(asked, answer);
}

void Clients::end(const std::shared_ptr<Try>& what) {
    if (std::exchange(what->ended, true)) return;
    --open_;
}

}  // namespace granary::simulation
