// What only the embedded log has: groups, limits, a disk that fills up, readers beside it.
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "core/limits.hpp"
#include "tests/contract/log/adapters.hpp"

namespace granary::tests {
namespace {

class FakeDisk : public ports::Disk {
  public:
    Result<std::uint64_t> free_bytes() const override { return free.load(); }

    std::atomic<std::uint64_t> free{1000};
};

// Lets a test hold the writer thread while a group fills.
class Gate {
  public:
    explicit Gate(rocks::LogProbe& probe) {
        probe.before_group = [this] {
            std::unique_lock lock(mutex_);
            reached_ = true;
            changed_.notify_all();
            changed_.wait(lock, [this] { return open_; });
        };
    }
    void wait_until_reached() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return reached_; });
    }
    void open() {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool reached_ = false;
    bool open_ = false;
};

rocks::LogOptions probed() {
    rocks::LogOptions options;
    options.probe = std::make_shared<rocks::LogProbe>();
    return options;
}

}  // namespace

TEST_CASE("embedded log: what queues up over all partitions is one group, one sync of the log and one of the mark") {
    auto options = probed();
    Gate gate(*options.probe);
    EmbeddedLogCase test(options);
    append_one(test.log(), append_of(0, "first"));
    gate.wait_until_reached();
    for (std::uint32_t i = 1; i < 400; ++i) append_one(test.log(), append_of(i % 8, "record " + std::to_string(i)));
    const auto log_syncs = options.probe->log_sync.count.load();
    const auto mark_syncs = options.probe->mark_sync.count.load();
    gate.open();
    const auto deliveries = test.recorder.wait_for(400);
    CHECK(deliveries.size() == 400);
    CHECK(options.probe->log_sync.count - log_syncs == 1);
    CHECK(options.probe->mark_sync.count - mark_syncs == 1);
    CHECK(test.recorder.grown_partitions().size() == 8);
}

TEST_CASE("embedded log: nothing is readable before it is durable") {
    auto options = probed();
    Gate gate(*options.probe);
    EmbeddedLogCase test(options);
    append_one(test.log(), append_of(0, "waiting"));
    gate.wait_until_reached();
    CHECK(test.log().end({0})->number == 0);
    CHECK(test.log().read({0}, {0}, 100)->records.empty());
    gate.open();
    test.recorder.wait_for(1);
    CHECK(test.log().end({0})->number == 1);
}

TEST_CASE("embedded log: a full queue refuses the whole call, and takes appends again once it is drained") {
    auto options = probed();
    options.queue_records_max = 4;
    Gate gate(*options.probe);
    EmbeddedLogCase test(options);
    append_one(test.log(), append_of(0, "1"));
    gate.wait_until_reached();
    append_one(test.log(), append_of(0, "2"));
    std::vector<ports::LogAppend> three;
    for (const char* text : {"x", "y", "z"}) three.push_back(append_of(0, text));
    const auto refused = test.log().append(three);
    REQUIRE(!refused);
    CHECK(refused.error().code == FaultCode::unavailable);
    CHECK(refused.error().retryable());
    gate.open();
    test.recorder.wait_for(2);
    REQUIRE(test.log().append(three));
    test.recorder.wait_for(5);
    CHECK(all_records(test.log(), 0) == std::vector<std::string>{"1", "2", "x", "y", "z"});
}

TEST_CASE("embedded log: the queue is bounded in bytes as well") {
    auto options = probed();
    options.queue_bytes_max = 100;
    EmbeddedLogCase test(options);
    const auto refused = test.log().append({append_of(0, std::string(101, 'x'))});
    REQUIRE(!refused);
    CHECK(refused.error().code == FaultCode::unavailable);
}

TEST_CASE("embedded log: a low disk refuses appends and takes them again by itself; reads go on") {
    auto disk = std::make_shared<FakeDisk>();
    rocks::LogOptions options;
    options.disk = disk;
    options.disk_free_min_bytes = 500;
    options.disk_check_interval = {0};
    EmbeddedLogCase test(options);
    append_one(test.log(), append_of(0, "1"));
    test.recorder.wait_for(1);
    disk->free = 499;
    const auto refused = test.log().append({append_of(0, "2")});
    REQUIRE(!refused);
    CHECK(refused.error().code == FaultCode::disk_full);
    CHECK(all_records(test.log(), 0).size() == 1);
    disk->free = 500;
    append_one(test.log(), append_of(0, "3"));
    test.recorder.wait_for(2);
    CHECK(all_records(test.log(), 0) == std::vector<std::string>{"1", "3"});
}

TEST_CASE("embedded log: closing stores and delivers what is queued") {
    auto options = probed();
    Gate gate(*options.probe);
    EmbeddedLogCase test(options);
    for (int i = 0; i < 100; ++i) append_one(test.log(), append_of(0, std::to_string(i)));
    gate.open();
    test.close();
    CHECK(test.recorder.count() == 100);
    test.open();
    CHECK(all_records(test.log(), 0).size() == 100);
}

TEST_CASE("embedded log: what left the tail in memory is read from the disk, page by page") {
    rocks::LogOptions options;
    options.tail_cache_bytes = 2000;
    EmbeddedLogCase test(options);
    std::vector<std::string> written;
    for (int i = 0; i < 300; ++i) {
        written.push_back("record " + std::to_string(i) + std::string(100, '.'));
        append_one(test.log(), append_of(3, written.back()));
    }
    test.recorder.wait_for(300);
    CHECK(all_records(test.log(), 3, 1000) == written);
    CHECK(all_records(test.log(), 3) == written);
}

TEST_CASE("embedded log: is made once, opened by one, and only where there is one") {
    EmbeddedLogCase test;
    CHECK(rocks::create_log(test.options(), identity_under_test).error().code == FaultCode::conflict);
    CHECK(rocks::open_log(test.options()).error().code == FaultCode::conflict);
    TemporaryFolder empty;
    rocks::LogOptions elsewhere;
    elsewhere.path = empty.at("log");
    CHECK(rocks::open_log(elsewhere).error().code == FaultCode::not_found);
    CHECK(rocks::open_log_read_only(elsewhere.path).error().code == FaultCode::not_found);
    CHECK(rocks::create_log(elsewhere, {{}, 8}).error().code == FaultCode::invalid_argument);
    CHECK(rocks::create_log(elsewhere, {{1, 1}, 0}).error().code == FaultCode::invalid_argument);
    CHECK(rocks::create_log(elsewhere, {{1, 1}, limits::partitions_max + 1}).error().code == FaultCode::invalid_argument);
}

TEST_CASE("embedded log: a reader beside it sees what is appended, and can't append") {
    EmbeddedLogCase test;
    append_one(test.log(), append_of(2, "before"));
    test.recorder.wait_for(1);
    auto reader = rocks::open_log_read_only(test.path());
    REQUIRE_MESSAGE(reader, reader.error().message);
    CHECK((*reader)->identity().id == identity_under_test.id);
    CHECK((*reader)->stores_prefixes());  // else nobody who reads beside a server notices a changed record that voids what follows it
    CHECK(all_records(**reader, 2) == std::vector<std::string>{"before"});
    for (int round = 0; round < 5; ++round) {
        append_one(test.log(), append_of(2, "after"));
        test.recorder.wait_for(static_cast<std::size_t>(round) + 2);
        CHECK((*reader)->heard_end({2}).number == round + 1);  // until it looks again
        CHECK((*reader)->end({2})->number == round + 2);
        CHECK((*reader)->heard_end({2}).number == round + 2);
        CHECK(all_records(**reader, 2).size() == static_cast<std::size_t>(round) + 2);
    }
    CHECK((*reader)->append({append_of(2, "no")}).error().code == FaultCode::unsupported);
    test.reopen();
    append_one(test.log(), append_of(2, "after a restart"));
    test.recorder.wait_for(7);
    CHECK(all_records(**reader, 2).back() == "after a restart");
}

TEST_CASE("embedded log: a reader beside it goes on while files are flushed and merged under it") {
    rocks::LogOptions options;
    options.write_buffer_bytes = 64 << 10;
    EmbeddedLogCase test(options);
    auto reader = rocks::open_log_read_only(test.path());
    REQUIRE(reader);
    constexpr int rounds = 60;
    constexpr int each = 40;
    std::vector<Offset> next(identity_under_test.partitions, Offset{0});
    std::size_t seen = 0;
    for (int round = 0; round < rounds; ++round) {
        std::vector<ports::LogAppend> appends;
        for (int i = 0; i < each; ++i) appends.push_back(append_of(static_cast<std::uint32_t>(i % 8), std::string(2000, static_cast<char>('a' + round % 26))));
        REQUIRE(test.log().append(std::move(appends)));
        test.recorder.wait_for(static_cast<std::size_t>((round + 1) * each));
        for (std::uint32_t partition = 0; partition < next.size(); ++partition) {
            const auto page = (*reader)->read({partition}, next[partition], 1 << 20);
            REQUIRE_MESSAGE(page, page.error().message);
            for (const auto& record : page->records) CHECK(record.bytes.view() == std::string(2000, static_cast<char>('a' + round % 26)));
            seen += page->records.size();
            next[partition] = page->next;
        }
        CHECK(seen == static_cast<std::size_t>((round + 1) * each));
    }
    for (std::uint32_t partition = 0; partition < next.size(); ++partition) CHECK(all_records(**reader, partition) == all_records(test.log(), partition));
}

}  // namespace granary::tests
