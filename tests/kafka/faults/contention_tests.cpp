// Two nodes wrest partitions from each other while brokers are stopped, killed and restarted: what was acknowledged is there,
// once, where it was said to be.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "core/routing.hpp"
#include "platform/host/log_verification.hpp"
#include "tests/kafka/faults/harm.hpp"

namespace granary::tests {
namespace {

using ports::CommandAnswer;
using ports::CommandOutcome;

constexpr std::uint32_t partitions = 4;
constexpr std::size_t batch = 40;

// What was promised to clients.
class Promises {
  public:
    void add(CommandId id, Position position) {
        const std::scoped_lock lock(mutex_);
        const auto [found, fresh] = promised_.emplace(id, position);
        if (!fresh && found->second != position) ++contradictions_;
    }
    const std::map<CommandId, Position>& all() const { return promised_; }
    std::size_t contradictions() const { return contradictions_; }

  private:
    std::mutex mutex_;
    std::map<CommandId, Position> promised_;
    std::size_t contradictions_ = 0;
};

// Sends batches of new commands to one node after the other, each command until it is accepted.
class Client {
  public:
    Client(std::vector<KafkaNode*> nodes, std::uint64_t number, Promises& promises) : nodes_(std::move(nodes)), number_(number), promises_(promises) {}

    void run(const std::atomic<bool>& stop) {
        while (!stop) {
            std::vector<std::uint64_t> open;
            for (std::size_t i = 0; i < batch; ++i) open.push_back(number_ << 32 | next_++);
            while (!open.empty() && !(stop && gave_up_at_stop_)) open = send(open, (turn_++ + number_) % nodes_.size());
        }
    }

  private:
    struct Round {
        std::mutex mutex;
        std::condition_variable changed;
        std::map<std::uint64_t, CommandAnswer> answers;
    };

    // Those that have to be sent again.
    std::vector<std::uint64_t> send(const std::vector<std::uint64_t>& commands, std::size_t node) {
        auto round = std::make_shared<Round>();
        for (const auto id : commands) nodes_[node]->host->submit(request(id), [round, id](CommandAnswer answer) {
            const std::scoped_lock lock(round->mutex);
            round->answers.emplace(id, std::move(answer));
            round->changed.notify_all();
        });
        std::unique_lock lock(round->mutex);
        const bool all = round->changed.wait_for(lock, std::chrono::seconds(120), [&] { return round->answers.size() == commands.size(); });
        if (!all) std::abort();  // a command without an answer
        std::vector<std::uint64_t> again;
        for (const auto& [id, answer] : round->answers) {
            if (answer.outcome == CommandOutcome::accepted || answer.outcome == CommandOutcome::replayed) promises_.add(command_side::test::command_id(id), answer.position);
            else again.push_back(id);
        }
        gave_up_at_stop_ = again.size() == commands.size();
        return again;
    }

    static ports::CommandRequest request(std::uint64_t id) {
        ports::CommandRequest request;
        request.command = command_side::test::create_product("P" + std::to_string(id));
        request.id = command_side::test::command_id(id);
        request.actor = "tester";
        request.deadline = seconds(30);
        return request;
    }

    const std::vector<KafkaNode*> nodes_;
    const std::uint64_t number_;
    Promises& promises_;
    std::uint64_t next_ = 1;
    std::size_t turn_ = 0;
    bool gave_up_at_stop_ = false;
};

struct History {
    std::map<CommandId, std::vector<Position>> commits;
    std::uint64_t voids = 0;
    std::uint64_t claims = 0;
};

History read_all(ports::Log& log) {
    History history;
    for (std::uint32_t number = 0; number < partitions; ++number) {
        auto reader = ChainReader::open(log, {number}, std::nullopt);
        REQUIRE_MESSAGE(reader, reader.error().message);
        for (;;) {
            const auto records = reader->read(1 << 20);
            REQUIRE_MESSAGE(records, records.error().message);
            if (records->empty()) break;
            for (const auto& record : *records) {
                if (const auto* commit = std::get_if<Commit>(&record.entry)) history.commits[commit->meta.command_id].push_back(record.position);
                else if (std::holds_alternative<envelope::ClaimT>(record.entry)) ++history.claims;
            }
        }
        history.voids += reader->void_count();
    }
    return history;
}

void check(const kafka::LogOptions& options, const Promises& promises) {
    auto log = kafka::open_log_read_only(options);
    REQUIRE_MESSAGE(log, log.error().message);
    const auto history = read_all(**log);
    MESSAGE(promises.all().size(), " acknowledged, ", history.commits.size(), " commits, ", history.claims, " claims, ", history.voids, " void records");
    CHECK(promises.contradictions() == 0);
    std::size_t lost = 0;
    std::size_t elsewhere = 0;
    std::size_t repeated = 0;
    for (const auto& [id, position] : promises.all()) {
        const auto found = history.commits.find(id);
        if (found == history.commits.end()) ++lost;
        else if (found->second.front() != position) ++elsewhere;
    }
    for (const auto& [id, positions] : history.commits) repeated += positions.size() > 1 ? 1U : 0U;
    CHECK(lost == 0);
    CHECK(elsewhere == 0);
    CHECK(repeated == 0);
    CHECK(history.claims > 2 * partitions);
    const auto verdict = verify_log(**log, {});
    for (const auto& partition : verdict.partitions) CHECK_MESSAGE(!partition.bad, partition.reason);
}

// Both nodes want everything, again and again.
void contend(const std::vector<KafkaNode*>& nodes, const std::atomic<bool>& stop) {
    std::minstd_rand random(7);
    std::uniform_int_distribution<std::size_t> any(0, nodes.size() - 1);
    while (!stop) {
        for (std::uint32_t number = 0; number < partitions; ++number) nodes[any(random)]->host->claim({number});
        std::this_thread::sleep_for(std::chrono::milliseconds(400));
    }
}

void torment() {
    const auto pass = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
    pass(1500);
    harm("pause", "1");
    pass(7000);  // longer than the brokers' session: its leaderships move
    harm("continue", "1");
    pass(1000);
    harm("kill", "2");
    pass(1500);
    harm("restart", "2");
    harm("pause", "3");
    pass(1500);
    harm("kill", "3");  // from stopped to dead: what it had taken in is answered by nobody
    pass(1500);
    harm("restart", "3");
    harm("pause", "1");
    harm("pause", "2");  // too few replicas: nothing can be acknowledged
    pass(5000);
    harm("continue", "1");
    harm("continue", "2");
    pass(2000);
}

}  // namespace

TEST_CASE("kafka faults: two nodes contend while brokers stop, die and come back; nothing acknowledged is lost or repeated") {
    const Healed healed;
    const auto options = log_to_harm(partitions, seconds(4));
    Promises promises;
    {
        KafkaNode a(options, "a");
        KafkaNode b(options, "b");
        const std::vector<KafkaNode*> nodes = {&a, &b};
        std::atomic<bool> stop{false};
        std::vector<std::jthread> threads;
        for (std::uint64_t number = 1; number <= 3; ++number) {
            threads.emplace_back([&, number] { Client(nodes, number, promises).run(stop); });
        }
        threads.emplace_back([&] { contend(nodes, stop); });
        torment();
        stop = true;
        threads.clear();
        CHECK(a.host->stop(seconds(20)));
        CHECK(b.host->stop(seconds(20)));
    }
    CHECK(promises.all().size() > 500);
    check(options, promises);
}

}  // namespace granary::tests
