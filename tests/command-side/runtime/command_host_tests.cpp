// The rim with real threads: nothing is lost, nothing is answered twice, and it stops in order.
#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "command-side/runtime/command_host.hpp"
#include "core/routing.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "tests/command-side/runtime/shard_world.hpp"

namespace granary::command_side::test {
namespace {

using memory::MemoryLog;
using ports::CommandAnswer;
using ports::CommandOutcome;

// Waits for a known number of answers.
class Answers {
  public:
    std::function<void(CommandAnswer)> expect() {
        const std::scoped_lock lock(mutex_);
        ++expected_;
        return [this](CommandAnswer answer) {
            const std::scoped_lock inner(mutex_);
            answers_.push_back(std::move(answer));
            changed_.notify_all();
        };
    }
    std::vector<CommandAnswer> wait() {
        std::unique_lock lock(mutex_);
        REQUIRE(changed_.wait_for(lock, std::chrono::seconds(60), [this] { return answers_.size() >= expected_; }));
        CHECK(answers_.size() == expected_);
        return std::exchange(answers_, {});
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t expected_ = 0;
    std::vector<CommandAnswer> answers_;
};

struct FakeDisk : ports::Disk {
    std::atomic<std::uint64_t> free{limits::disk_free_min_bytes * 2};
    Result<std::uint64_t> free_bytes() const override { return free.load(); }
};

struct HostWorld {
    ports::LogIdentity eight{{5, 6}, 8};
    MemoryLog log{eight};
    memory::MemoryStore store;
    SystemClock clock;
    FakeDisk disk;

    std::unique_ptr<CommandHost> start(std::uint32_t threads) {
        auto host = CommandHost::start({log, store, clock, &disk, "node", "", threads});
        REQUIRE(host);
        REQUIRE((*host)->wait_until_ready(seconds(60)));
        return std::move(*host);
    }
};

ports::CommandRequest request_of(Command command, std::uint64_t id) {
    ports::CommandRequest request;
    request.command = std::move(command);
    request.id = command_id(id);
    request.actor = "tester";
    request.deadline = seconds(60);
    return request;
}

TEST_CASE("many senders, several threads: every command is answered once, and once under its id") {
    HostWorld world;
    auto host = world.start(3);
    constexpr std::uint64_t senders = 4;
    constexpr std::uint64_t each = 500;
    Answers answers;
    std::vector<std::jthread> threads;
    for (std::uint64_t sender = 0; sender < senders; ++sender) {
        threads.emplace_back([&] {
            for (std::uint64_t i = 0; i < each; ++i) host->submit(request_of(create_product("P" + std::to_string(i)), i + 1), answers.expect());
        });
    }
    threads.clear();
    std::size_t accepted = 0;
    std::size_t replayed = 0;
    for (const auto& answer : answers.wait()) {
        accepted += answer.outcome == CommandOutcome::accepted ? 1 : 0;
        replayed += answer.outcome == CommandOutcome::replayed ? 1 : 0;
    }
    CHECK(accepted == each);
    CHECK(replayed == each * (senders - 1));
    CHECK(host->stop(seconds(60)));
}

TEST_CASE("stop finishes what is under way, writes checkpoints, and a new host goes on from there") {
    HostWorld world;
    Answers answers;
    {
        auto host = world.start(1);
        for (std::uint64_t i = 0; i < 100; ++i) host->submit(request_of(create_product("P" + std::to_string(i)), i + 1), answers.expect());
        CHECK(host->stop(seconds(60)));
        for (const auto& answer : answers.wait()) CHECK(answer.outcome == CommandOutcome::accepted);
        CHECK_FALSE(host->ready());
        Answers late;
        host->submit(request_of(create_product("late"), 1000), late.expect());
        CHECK(late.wait().front().outcome == CommandOutcome::unavailable);
    }
    const std::size_t read_before = world.log.records_read();
    auto host = world.start(2);
    // One anchor record and one Claim per partition; nothing of the history.
    CHECK(world.log.records_read() - read_before <= 4 * 8);
    Answers again;
    host->submit(request_of(create_product("P1"), 2), again.expect());
    CHECK(again.wait().front().outcome == CommandOutcome::replayed);
}

TEST_CASE("status tells of every partition") {
    HostWorld world;
    auto host = world.start(2);
    const auto all = host->status();
    REQUIRE(all.size() == 8);
    for (std::uint32_t number = 0; number < 8; ++number) {
        CHECK(all[number].partition == Partition{number});
        CHECK(all[number].state == PartitionState::owned);
    }
}

TEST_CASE("a commit that can't have happened halts its partition and no other, at this start and the next") {
    HostWorld world;
    const auto impossible = foreign_stock_receipt("S", -5, 1);
    const Partition broken = partition_of(impossible.meta.routing_key, 8);
    world.log.inject(broken, chain::make_record(chain::genesis(world.eight.id, broken), encode_commit(impossible)));
    for (std::uint64_t start = 0; start < 2; ++start) {
        auto host = CommandHost::start({world.log, world.store, world.clock, nullptr, "node", "", 2});
        REQUIRE(host);
        Answers answers;
        for (std::uint64_t i = 1; i <= 100; ++i) (*host)->submit(request_of(create_product("P" + std::to_string(i)), 100 * start + i), answers.expect());
        std::size_t halted = 0;
        for (const auto& answer : answers.wait()) halted += answer.outcome == CommandOutcome::unavailable ? 1 : 0;
        CHECK((halted > 0 && halted < 50));
        for (const auto& status : (*host)->status()) {
            CHECK((status.state == PartitionState::halted) == (status.partition == broken));
            if (status.partition == broken) CHECK(status.reason.find(text_of(Position{broken, {0}})) != std::string::npos);
        }
        CHECK((*host)->stop(seconds(60)));
    }
}

// Asks until the door answers otherwise; each try is a full round trip, so nothing is slept over.
CommandAnswer ask_until(CommandHost& host, std::uint64_t& id, bool accepted) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
        Answers answers;
        ++id;
        host.submit(request_of(create_product("P" + std::to_string(id)), id), answers.expect());
        auto answer = answers.wait().front();
        if ((answer.outcome == CommandOutcome::accepted) == accepted || std::chrono::steady_clock::now() > give_up) return answer;
    }
}

struct HandClock : ports::Clock {
    std::atomic<std::int64_t> us{1'000'000'000};
    Time now() const override { return {us.load()}; }
    Duration monotonic() const override { return {us.load()}; }
    void advance(Duration by) { us += by.us; }
};

TEST_CASE("a low disk turns commands away at the door, and lets them in again by itself") {
    HostWorld world;
    HandClock clock;
    world.disk.free = 1;
    auto started = CommandHost::start({world.log, world.store, clock, &world.disk, "node", "", 1});
    REQUIRE(started);
    auto& host = **started;
    REQUIRE(host.wait_until_ready(seconds(60)));
    CHECK_FALSE(host.accepts_commands());
    std::uint64_t id = 0;
    CHECK(ask_until(host, id, false).fault.code == FaultCode::disk_full);
    world.disk.free = limits::disk_free_min_bytes * 2;
    clock.advance(limits::disk_check_interval * 2);
    CHECK(ask_until(host, id, true).outcome == CommandOutcome::accepted);
    world.disk.free = 1;
    clock.advance(limits::disk_check_interval * 2);
    CHECK(ask_until(host, id, false).fault.code == FaultCode::disk_full);
}

TEST_CASE("a log that refuses makes commands unavailable, and the host carries on when it recovers") {
    HostWorld world;
    auto host = world.start(2);
    world.log.set_disk_full(true);
    std::uint64_t id = 0;
    CHECK(ask_until(*host, id, false).outcome == CommandOutcome::unavailable);
    world.log.set_disk_full(false);
    CHECK(ask_until(*host, id, true).outcome == CommandOutcome::accepted);
}

TEST_CASE("the door is closed at shard_queue_max unanswered commands") {
    HostWorld world;
    MemoryLog stuck({{5, 6}, 8}, MemoryLog::Mode::pumped);  // nothing is ever delivered
    auto host = CommandHost::start({stuck, world.store, world.clock, nullptr, "node", "", 2});
    REQUIRE(host);
    std::atomic<std::size_t> turned_away = 0;
    std::atomic<std::size_t> answered = 0;
    for (std::uint64_t i = 0; i < limits::shard_queue_max + 10; ++i) {
        (*host)->submit(request_of(create_product("P" + std::to_string(i)), i + 1), [&](const CommandAnswer& answer) {
            ++answered;
            if (answer.outcome == CommandOutcome::unavailable) ++turned_away;
        });
    }
    CHECK(turned_away == 10);
    CHECK_FALSE((*host)->ready());
    CHECK((*host)->stop(milliseconds(1)).error().code == FaultCode::timed_out);
    CHECK(answered == limits::shard_queue_max + 10);  // at the latest by the end, each has its answer
}

TEST_CASE("clients that wait are counted until they have their answer; what is in the background is not") {
    HostWorld world;
    MemoryLog stuck({{5, 6}, 8}, MemoryLog::Mode::pumped);  // nothing is ever delivered
    auto host = CommandHost::start({stuck, world.store, world.clock, nullptr, "node", "", 2});
    REQUIRE(host);
    Answers answers;
    for (std::uint64_t i = 0; i < 6; ++i) {
        auto request = request_of(create_product("P" + std::to_string(i)), i + 1);
        request.background = i % 3 == 0;
        (*host)->submit(std::move(request), answers.expect());
    }
    CHECK((*host)->clients_waiting() == 4);
    CHECK_FALSE((*host)->stop(milliseconds(1)));
    CHECK(answers.wait().size() == 6);
    CHECK((*host)->clients_waiting() == 0);
    (*host)->submit(request_of(create_product("late"), 7), answers.expect());
    CHECK((*host)->clients_waiting() == 0);
}

TEST_CASE("options that make no sense are refused") {
    HostWorld world;
    CHECK_FALSE(CommandHost::start({world.log, world.store, world.clock, nullptr, "node", "", 0}));
}

}  // namespace
}  // namespace granary::command_side::test
