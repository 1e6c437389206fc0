// Random schedules of two owners that contend for one log, crash, stall and hear late: whatever happens, an accepted command
// counts exactly once, and each node's state is the fold of what counts.
#include <doctest/doctest.h>

#include <random>
#include <set>

#include "platform/host/cluster/owner_directory.hpp"
#include "tests/command-side/runtime/shard_world.hpp"

namespace granary::command_side::test {
namespace {

using memory::MemoryLog;
using ports::CommandOutcome;
using ports::DeliveryOutcome;

constexpr std::uint64_t commands = 120;

Command command_number(std::uint64_t i) {
    const std::string stock = "S" + std::to_string(i % 3);
    switch (i % 5) {
        case 0: return receive_stock(stock, 4);
        case 4: return release_stock(stock, i / 5);
        default: return reserve_stock(stock, i, 2);
    }
}

// A process with its own disk, which may die and come back.
struct Machine {
    std::unique_ptr<memory::MemoryStore> store = make_store();
    std::unique_ptr<OwnerDirectory> owners = std::move(*OwnerDirectory::open(*store, 1));
    std::unique_ptr<Node> node;
    std::map<std::uint64_t, std::uint64_t> asked;  // reply -> command, of this life
};

class Schedule {
  public:
    // Beside others, nodes are told at random who should hold the partition, and ask one another to let go.
    Schedule(std::uint64_t seed, std::size_t nodes, bool beside_others) : random_(seed), machines_(nodes), beside_others_(beside_others) {
        for (std::uint64_t number = 1; number <= nodes; ++number) restart(number);
    }

    void run() {
        for (int turn = 0; turn < 1500; ++turn) one_turn();
        calm_down();
    }

    void check() {
        const Fold fold = fold_log(log_);
        for (const auto& [id, count] : fold.commits) CHECK(count == 1);
        for (const auto command : accepted_) CHECK(fold.commits.contains(command_id(command)));
        for (const auto& [key, row] : fold.rows) CHECK_FALSE(row.empty());
        std::size_t held = 0;
        for (auto& machine : machines_) {
            REQUIRE(machine.node->shard.checkpoint(machine.node->now));
            // Who does not hold the partition has stopped reading at some point, and its rows are those of then.
            if (!machine.node->shard.wanted()) continue;
            CHECK(rows_of(*machine.store) == fold.rows);
            ++held;
        }
        CHECK(held >= 1);
        CHECK(done_.size() == commands);
        contended_ = fold.voids;
        claims_ = fold.claims;
    }

    std::size_t contended_ = 0;
    std::size_t claims_ = 0;
    std::size_t let_go_ = 0;
    std::size_t crashes_ = 0;

  private:
    std::uint64_t pick(std::uint64_t below) { return random_() % below; }

    void restart(std::uint64_t number) {
        Machine& machine = machines_[number - 1];
        const Instant later = machine.node ? machine.node->now : Instant{{1'000'000'000}, {1'000'000}};
        // What a dead process had sent may still arrive.
        if (machine.node) std::ranges::move(machine.node->sent, std::back_inserter(late_));
        machine.node.reset();
        machine.asked.clear();
        // Another number in each life, so that no delivery of an earlier life is taken for one of this.
        machine.node = std::make_unique<Node>(log_, *machine.store, ++lives_, 8, beside_others_ ? Beside{pick(2) == 0, machine.owners.get()} : Beside{});
        machine.node->now = later;
        ++crashes_;
    }

    void ask_something(Machine& machine) {
        std::vector<std::uint64_t> open;
        for (std::uint64_t i = 0; i < commands; ++i) {
            if (!done_.contains(i) || pick(20) == 0) open.push_back(i);
        }
        if (open.empty()) return;
        const std::uint64_t command = open[pick(std::min<std::uint64_t>(open.size(), 12))];
        machine.asked[machine.node->submit(command_number(command), command_id(command))] = command;
    }

    void collect(Machine& machine) {
        for (auto& [reply, answer] : std::exchange(machine.node->answers, {})) {
            const std::uint64_t command = machine.asked.at(reply);
            const bool accepted = answer.outcome == CommandOutcome::accepted || answer.outcome == CommandOutcome::replayed;
            if (accepted) {
                CHECK(answer.commit->meta.command_id == command_id(command));
                accepted_.insert(command);
                const auto [place, first] = positions_.try_emplace(command, answer.position);
                CHECK(place->second == answer.position);  // always the same commit
            } else {
                // Whoever was told "accepted" once is never told "refused" later, but by one who has not heard yet that
                // another has claimed since.
                const bool taken_back = accepted_.contains(command) && answer.outcome == CommandOutcome::refused;
                CHECK_FALSE((taken_back && "http://" + fold_log(log_).last_claim == machine.node->url));
                if (taken_back) continue;
            }
            if (accepted || answer.outcome == CommandOutcome::refused || answer.outcome == CommandOutcome::unchanged) done_.insert(command);
        }
    }

    void misbehave(Machine& machine, std::uint64_t number) {
        switch (pick(9)) {
            case 0: log_.answer_next(DeliveryOutcome::unknown, pick(2) == 0); break;
            case 1: log_.answer_next(DeliveryOutcome::stored_offset_unknown, true); break;
            case 2: log_.duplicate_next(); break;
            case 3: machine.node->hold_appends = !machine.node->hold_appends; break;
            case 4: machine.node->deaf = !machine.node->deaf; break;
            case 5: restart(number); break;
            case 6: machine.store->fail_writes(pick(3)); break;
            case 7:
                if (!late_.empty()) log_.inject(the_partition, std::string(late_[pick(late_.size())].view()));
                break;
            default: tell(machine, true); break;
        }
    }

    void tell(Machine& machine, bool hold) {
        machine.node->input.claim = hold;
        machine.node->input.release = !hold;
    }

    // As the group would: one holds from now on, the others don't; any of them may hear of it later, or never.
    void hand_over() {
        const std::size_t chosen = pick(machines_.size());
        for (std::size_t i = 0; i < machines_.size(); ++i) {
            if (pick(4) != 0) tell(machines_[i], i == chosen);
        }
    }

    // What one node asks another: at its best it is answered by who is asked, when that has nothing in flight.
    void pass_on_asks() {
        for (auto& machine : machines_) {
            for (const auto& ask : std::exchange(machine.node->asks, {})) {
                const auto asked = std::ranges::find_if(machines_, [&](const Machine& other) { return other.node->url == ask.url; });
                machine.node->input.let_go = ports::LetGoAnswer{asked == machines_.end() || pick(8) == 0 ? ports::LetGo::unreachable : said_by(*asked), {}};
            }
        }
    }

    ports::LetGo said_by(Machine& asked) {
        const auto state = asked.node->state();
        const bool held = state == PartitionState::owned || state == PartitionState::claiming || state == PartitionState::starting;
        if (held && asked.node->shard.wanted()) return ports::LetGo::kept;
        if (held) return ports::LetGo::unreachable;
        ++let_go_;
        return ports::LetGo::gone;
    }

    void one_turn() {
        const std::uint64_t number = 1 + pick(machines_.size());
        Machine& machine = machines_[number - 1];
        if (pick(3) == 0) ask_something(machine);
        if (pick(25) == 0) misbehave(machine, number);
        if (pick(4) == 0) machine.node->advance(milliseconds(static_cast<std::int64_t>(pick(2000))));
        if (pick(2) == 0) log_.pump(pick(4));
        if (beside_others_ && pick(60) == 0) hand_over();
        if (beside_others_ && pick(3) == 0) pass_on_asks();
        machine.node->step();
        collect(machine);
    }

    // Everything works again; every command is asked for until it is done.
    void calm_down() {
        log_.pump();
        for (auto& machine : machines_) {
            machine.store->fail_writes(0);
            machine.node->hold_appends = false;
        }
        for (std::uint64_t number = 1; number <= machines_.size(); ++number) {
            machines_[number - 1].node->deaf = false;
            if (pick(2) == 0) restart(number);
        }
        for (auto& machine : machines_) {
            if (beside_others_) tell(machine, &machine == &machines_.front());
        }
        for (int round = 0; round < 1200 && done_.size() < commands; ++round) {
            Machine& machine = machines_[pick(machines_.size())];
            ask_something(machine);
            settle_all();
        }
        settle_all();
    }

    void settle_all() {
        for (int i = 0; i < 2; ++i) {
            for (auto& machine : machines_) {
                machine.node->advance(seconds(3));
                machine.node->settle();
                collect(machine);
                if (beside_others_) pass_on_asks();
            }
        }
    }

    std::mt19937_64 random_;
    MemoryLog log_{identity(), MemoryLog::Mode::pumped};
    std::vector<Machine> machines_;
    bool beside_others_;
    std::vector<SharedBytes> late_;
    std::uint64_t lives_ = 0;
    std::set<std::uint64_t> done_;
    std::set<std::uint64_t> accepted_;
    std::map<std::uint64_t, Position> positions_;
};

TEST_CASE("random schedules of two owners with crashes, stalls, late and doubled records") {
    std::size_t contended = 0;
    std::size_t crashes = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Schedule schedule(seed, 2, false);
        schedule.run();
        schedule.check();
        contended += schedule.contended_;
        crashes += schedule.crashes_;
    }
    // The schedules are worth something: many records were void, and there were many lives.
    CHECK(contended > 100);
    CHECK(crashes > 180);
}

TEST_CASE("random schedules of three nodes that are told to hold and to let go, ask one another, crash and stall") {
    std::size_t contended = 0, claims = 0, let_go = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Schedule schedule(seed, 3, true);
        schedule.run();
        schedule.check();
        contended += schedule.contended_;
        claims += schedule.claims_;
        let_go += schedule.let_go_;
    }
    MESSAGE("voids " << contended << ", claims " << claims << ", let go " << let_go);
    CHECK(contended > 100);
    CHECK(claims > 300);
    CHECK(let_go > 60);
}

}  // namespace
}  // namespace granary::command_side::test
