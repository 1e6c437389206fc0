// A topic that loses what it held, and brokers that are all gone for a while: the one halts for good, the other passes.
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/kafka/faults/harm.hpp"
#include "tests/temporary_folder.hpp"

namespace granary::tests {
namespace {

using command_side::PartitionState;
using ports::CommandAnswer;
using ports::CommandOutcome;
using std::chrono::steady_clock;

constexpr std::uint32_t partitions = 2;

CommandAnswer ask(KafkaNode& node, std::uint64_t id) {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<CommandAnswer> answer;
    ports::CommandRequest request;
    request.command = command_side::test::create_product("P" + std::to_string(id));
    request.id = command_side::test::command_id(id);
    request.actor = "tester";
    request.deadline = seconds(5);
    node.host->submit(request, [&](CommandAnswer given) {
        const std::scoped_lock lock(mutex);
        answer = std::move(given);
        came.notify_one();
    });
    std::unique_lock lock(mutex);
    REQUIRE(came.wait_for(lock, std::chrono::seconds(60), [&] { return answer.has_value(); }));
    return *answer;
}

void fill(KafkaNode& node, std::uint64_t count) {
    for (std::uint64_t id = 1; id <= count; ++id) REQUIRE(ask(node, id).outcome == CommandOutcome::accepted);
}

bool all_halted(const KafkaNode& node) {
    return std::ranges::all_of(node.host->status(), [](const auto& one) { return one.state == PartitionState::halted; });
}

}  // namespace

TEST_CASE("kafka faults: a topic that is deleted and made anew under a live owner halts it; nothing more is acknowledged") {
    const Healed healed;
    const auto options = log_to_harm(partitions, seconds(4));
    KafkaNode node(options, "a");
    REQUIRE(node.host->wait_until_ready(seconds(30)));
    fill(node, 20);
    harm("admin", "topics --delete --topic " + options.topic);
    harm("admin", "topics --create --topic " + options.topic + " --partitions " + std::to_string(partitions) + " --replication-factor 3");
    const auto give_up = steady_clock::now() + std::chrono::seconds(90);
    std::uint64_t id = 1000;
    while (!all_halted(node) && steady_clock::now() < give_up) CHECK(ask(node, ++id).outcome != CommandOutcome::accepted);
    CHECK(all_halted(node));
    for (const auto& one : node.host->status()) CHECK_MESSAGE(one.reason.find("was cut or replaced while it was open") != std::string::npos, one.reason);
    const auto page = node.log->read({0}, {0}, 100);
    REQUIRE(!page);
    CHECK(page.error().code == FaultCode::corrupt);
}

TEST_CASE("kafka faults: a log whose first records were deleted is not opened") {
    const auto options = log_to_harm(partitions, seconds(4));
    {
        KafkaNode node(options, "a");
        REQUIRE(node.host->wait_until_ready(seconds(30)));
        fill(node, 10);
    }
    const TemporaryFolder folder;
    std::ofstream(folder.at("offsets.json")) << R"({"version":1,"partitions":[{"topic":")" << options.topic << R"(","partition":1,"offset":3}]})";
    harm("admin", "delete-records --offset-json-file " + folder.at("offsets.json"));
    const auto opened = kafka::open_log(options);
    REQUIRE(!opened);
    CHECK(opened.error().code == FaultCode::corrupt);
    CHECK(opened.error().message.find("partition 1 of the topic " + options.topic + " begins at offset 3") != std::string::npos);
}

TEST_CASE("kafka faults: when all brokers are gone nothing is promised, and when they are back everything is there") {
    const Healed healed;
    auto options = log_to_harm(partitions, seconds(4));
    options.counters = std::make_shared<kafka::LogCounters>();
    KafkaNode node(options, "a");
    REQUIRE(node.host->wait_until_ready(seconds(30)));
    fill(node, 20);
    CHECK(options.counters->producers_dropped == 0);
    harm("stop", "--now");
    for (std::uint64_t id = 100; id < 103; ++id) {
        const auto outcome = ask(node, id).outcome;
        CHECK((outcome == CommandOutcome::unavailable || outcome == CommandOutcome::unknown));
    }
    CHECK(!node.log->end({0}));
    CHECK(node.log->heard_end({0}).number > 0);
    CHECK(options.counters->errors > 0);
    CHECK(options.counters->producers_dropped > 0);
    harm("start");
    const auto give_up = steady_clock::now() + std::chrono::seconds(90);
    std::optional<CommandOutcome> outcome;
    while (outcome != CommandOutcome::accepted && outcome != CommandOutcome::replayed && steady_clock::now() < give_up) outcome = ask(node, 100).outcome;
    CHECK((outcome == CommandOutcome::accepted || outcome == CommandOutcome::replayed));
    for (std::uint64_t id = 1; id <= 20; ++id) CHECK(ask(node, id).outcome == CommandOutcome::replayed);
    for (const auto& one : node.host->status()) CHECK(one.state == PartitionState::owned);
}

}  // namespace granary::tests
