// The rim with real threads: nothing is lost, nothing is answered twice, and it stops in order.
#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "command-side/runtime/command_host.hpp"
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

TEST_CASE("a low disk turns commands away at the door") {
    HostWorld world;
    world.disk.free = 1;
    auto host = world.start(1);
    CHECK_FALSE(host->accepts_commands());
    Answers answers;
    host->submit(request_of(create_product("A"), 1), answers.expect());
    const auto answer = answers.wait().front();
    CHECK(answer.outcome == CommandOutcome::unavailable);
    CHECK(answer.fault.code == FaultCode::disk_full);
}

TEST_CASE("options that make no sense are refused") {
    HostWorld world;
    CHECK_FALSE(CommandHost::start({world.log, world.store, world.clock, nullptr, "node", "", 0}));
}

}  // namespace
}  // namespace granary::command_side::test
