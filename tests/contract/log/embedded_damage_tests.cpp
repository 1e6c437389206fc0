// The embedded log against kills, refused writes and changed files.
#include <csignal>
#include <fstream>
#include <map>

#include "platform/adapters/rocksdb/high_water_mark.hpp"
#include "platform/host/log_verification.hpp"
#include "tests/contract/child_process.hpp"
#include "tests/contract/log/chain_writer.hpp"

namespace granary::tests {
namespace {

namespace fs = std::filesystem;

struct Acknowledged {
    std::uint32_t partition = 0;
    std::int64_t offset = 0;
    std::string record;
};

Acknowledged parse(const std::string& line) {
    Acknowledged out;
    std::size_t used = 0;
    out.partition = static_cast<std::uint32_t>(std::stoul(line, &used));
    std::size_t more = 0;
    out.offset = std::stoll(line.substr(used), &more);
    out.record = line.substr(used + more + 1);
    return out;
}

void check_all_there(ports::Log& log, const std::vector<Acknowledged>& acknowledged) {
    std::map<std::uint32_t, std::vector<std::string>> records;
    for (std::uint32_t partition = 0; partition < log.identity().partitions; ++partition) records[partition] = all_records(log, partition);
    for (const auto& one : acknowledged) {
        const auto& partition = records[one.partition];
        REQUIRE(static_cast<std::int64_t>(partition.size()) > one.offset);
        CHECK(partition[static_cast<std::size_t>(one.offset)] == one.record);
    }
}

rocks::LogOptions options_in(const TemporaryFolder& folder) {
    rocks::LogOptions options;
    options.path = folder.at("log");
    return options;
}

// The newest such file that holds anything.
template <class Wanted>
fs::path newest_where(const std::string& folder, Wanted wanted) {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (wanted(entry.path()) && entry.file_size() > 0 && (found.empty() || entry.path() > found)) found = entry.path();
    }
    REQUIRE(!found.empty());
    return found;
}
fs::path newest(const std::string& folder, const std::string& ending) {
    return newest_where(folder, [&](const fs::path& file) { return file.extension() == ending; });
}

// Where the records of a file in RocksDB's log format begin, in its first block.
std::vector<std::size_t> records_in(const std::string& bytes) {
    constexpr std::size_t block = 32768, header = 7;
    std::vector<std::size_t> starts;
    for (std::size_t at = 0; at + header <= std::min(bytes.size(), block);) {
        const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + i])); };
        const auto next = at + header + byte(4) + (byte(5) << 8);
        if (byte(6) != 1 || next > bytes.size()) break;
        starts.push_back(at);
        at = next;
    }
    return starts;
}

void flip(const fs::path& file, std::size_t at, int bits = 0x10) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(at));
    const int byte = bytes.get();
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(static_cast<char>(byte ^ bits));
    bytes.close();
    REQUIRE(bytes.good());
}

std::string content_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Acknowledged> run_and_kill(const std::string& path, std::size_t acknowledgements) {
    ChildProcess child({GRANARY_CONTRACT_CHILD, "log-appends", path, "none", "0"});
    std::vector<Acknowledged> acknowledged;
    while (acknowledged.size() < acknowledgements) {
        const auto line = child.line();
        REQUIRE(line);
        acknowledged.push_back(parse(*line));
    }
    child.kill();
    for (auto line = child.line(); line; line = child.line()) acknowledged.push_back(parse(*line));
    return acknowledged;
}

}  // namespace

TEST_CASE("embedded log: kill -9 under load loses no acknowledged record") {
    TemporaryFolder folder;
    const auto options = options_in(folder);
    REQUIRE(rocks::create_log(options, identity_under_test));
    std::vector<Acknowledged> all;
    for (std::size_t round = 0; round < 3; ++round) {
        const auto some = run_and_kill(options.path, 1000 + round * 333);
        all.insert(all.end(), some.begin(), some.end());
        auto log = rocks::open_log(options);
        REQUIRE_MESSAGE(log, log.error().message);
        check_all_there(**log, all);
    }
}

TEST_CASE("embedded log: the first write or sync that fails ends the process; what was acknowledged is there") {
    for (const std::string failing : {"log-write", "log-sync", "mark-write", "mark-sync"}) {
        CAPTURE(failing);
        TemporaryFolder folder;
        const auto options = options_in(folder);
        REQUIRE(rocks::create_log(options, identity_under_test));
        std::vector<Acknowledged> acknowledged;
        std::string words;
        ChildProcess child({GRANARY_CONTRACT_CHILD, "log-appends", options.path, failing, "20"});
        for (auto line = child.line(); line; line = child.line()) {
            if (line->starts_with("granary: ")) {
                words = *line;
            } else {
                acknowledged.push_back(parse(*line));
            }
        }
        const int status = child.wait();
        REQUIRE(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGABRT);
        CHECK(words.find("can't go on") != std::string::npos);
        CHECK(!acknowledged.empty());
        auto log = rocks::open_log(options);
        REQUIRE_MESSAGE(log, log.error().message);
        check_all_there(**log, acknowledged);
    }
}

TEST_CASE("embedded log: a log that was cut behind its mark is refused, with position and remedy, by writer and reader") {
    EmbeddedLogCase test;
    for (int i = 0; i < 10; ++i) append_one(test.log(), append_of(5, "record " + std::to_string(i)));
    test.recorder.wait_for(10);
    test.close();
    TemporaryFolder older;
    fs::copy(test.path() + "/db", older.at("db"), fs::copy_options::recursive);
    test.open();
    for (int i = 0; i < 3; ++i) append_one(test.log(), append_of(5, "later " + std::to_string(i)));
    test.recorder.wait_for(13);
    test.close();
    fs::remove_all(test.path() + "/db");
    fs::copy(older.at("db"), test.path() + "/db", fs::copy_options::recursive);
    for (const auto& opened : {rocks::open_log(test.options()), rocks::open_log_read_only(test.path())}) {
        REQUIRE(!opened);
        CHECK(opened.error().code == FaultCode::corrupt);
        CHECK(opened.error().message.find("partition 5 of the log ends before position 5:10, but records up to 5:12 were acknowledged") != std::string::npos);
        CHECK(opened.error().message.find("restore") != std::string::npos);
    }
}

TEST_CASE("embedded log: a changed byte in the write-ahead log is refused, and the evidence is left as it was") {
    TemporaryFolder folder;
    const auto options = options_in(folder);
    REQUIRE(rocks::create_log(options, identity_under_test));
    run_and_kill(options.path, 500);
    const auto file = newest(options.path + "/db", ".log");
    const auto size = fs::file_size(file);
    for (const std::size_t at : {size / 10, size / 2}) {
        CAPTURE(at);
        flip(file, at);
        const std::string changed = content_of(file);
        const auto reader = rocks::open_log_read_only(options.path);
        REQUIRE(!reader);
        CHECK(reader.error().code == FaultCode::corrupt);
        const auto opened = rocks::open_log(options);
        REQUIRE(!opened);
        CHECK(opened.error().code == FaultCode::corrupt);
        CHECK(opened.error().message.find("were acknowledged") != std::string::npos);
        CHECK(content_of(file) == changed);
        flip(file, at);
        CHECK(rocks::open_log_read_only(options.path));
    }
    CHECK(rocks::open_log(options));
}

TEST_CASE("embedded log: a torn write-ahead log behind the mark is no damage") {
    TemporaryFolder folder;
    const auto options = options_in(folder);
    REQUIRE(rocks::create_log(options, identity_under_test));
    const auto acknowledged = run_and_kill(options.path, 200);
    std::ofstream(newest(options.path + "/db", ".log"), std::ios::binary | std::ios::app) << std::string(40, '\x55');
    auto log = rocks::open_log(options);
    REQUIRE_MESSAGE(log, log.error().message);
    check_all_there(**log, acknowledged);
}

TEST_CASE("embedded log: a torn mark is survived by its other slot, two torn ones are refused") {
    EmbeddedLogCase test;
    for (std::size_t i = 1; i <= 4; ++i) {
        append_one(test.log(), append_of(0, "record"));
        test.recorder.wait_for(i);  // a group each, so that both slots are in use
    }
    test.close();
    const auto mark = rocks::HighWaterMark::path_in(test.path());
    const std::size_t slot = fs::file_size(mark) / 2;
    for (const std::size_t torn : {std::size_t{100}, slot + 100}) {
        flip(mark, torn);
        test.open();
        CHECK(all_records(test.log(), 0).size() == 4);
        test.close();
        test.reopen();  // writes both slots anew
        test.close();
    }
    flip(mark, 100);
    flip(mark, slot + 100);
    const auto refused = rocks::open_log(test.options());
    REQUIRE(!refused);
    CHECK(refused.error().code == FaultCode::corrupt);
    fs::remove(mark);
    CHECK(rocks::open_log(test.options()).error().code == FaultCode::corrupt);
}

TEST_CASE("embedded log: the mark knows the last record, not only the end") {
    EmbeddedLogCase test;
    append_one(test.log(), append_of(1, "one"));
    test.recorder.wait_for(1);
    test.close();
    EmbeddedLogCase other;
    append_one(other.log(), append_of(1, "two"));
    other.recorder.wait_for(1);
    other.close();
    fs::remove_all(test.path() + "/db");
    fs::copy(other.path() + "/db", test.path() + "/db", fs::copy_options::recursive);
    const auto refused = rocks::open_log(test.options());
    REQUIRE(!refused);
    CHECK(refused.error().message.find("the record at position 1:0 is not the one that was acknowledged") != std::string::npos);
}

TEST_CASE("embedded log: a changed identity is refused") {
    EmbeddedLogCase test;
    test.close();
    flip(test.path() + "/identity", 40);
    CHECK(rocks::open_log(test.options()).error().code == FaultCode::corrupt);
}

TEST_CASE("embedded log: a file that says it was recycled is refused by a reader, which RocksDB would read for ever") {
    constexpr int recycled = 0x04;  // of the type of a whole record, 1
    TemporaryFolder folder;
    const auto options = options_in(folder);
    REQUIRE(rocks::create_log(options, identity_under_test));
    run_and_kill(options.path, 50);
    const auto manifest = newest_where(options.path + "/db", [](const fs::path& file) { return file.filename().string().starts_with("MANIFEST-"); });
    for (const auto& file : {manifest, newest(options.path + "/db", ".log")}) {
        const auto starts = records_in(content_of(file));
        REQUIRE(starts.size() > 2);
        for (const auto at : {starts[starts.size() / 2], starts.back()}) {
            CAPTURE(file.string());
            CAPTURE(at);
            flip(file, at + 6, recycled);
            const auto reader = rocks::open_log_read_only(options.path);
            REQUIRE(!reader);
            CHECK(reader.error().code == FaultCode::corrupt);
            CHECK(reader.error().message.find(file.filename().string() + " is damaged behind byte " + std::to_string(at)) != std::string::npos);
            flip(file, at + 6, recycled);
        }
    }
    CHECK(rocks::open_log_read_only(options.path));
}

TEST_CASE("embedded log: one changed byte in a table file is found and located, whatever it hits") {
    EmbeddedLogCase test;
    ChainWriter writer(identity_under_test, 6);
    constexpr int count = 300;
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i) {
        records.push_back(writer.record("node " + std::to_string(i)));
        append_one(test.log(), append_of(6, records.back()));
    }
    test.recorder.wait_for(count);
    test.close();  // everything is in a table file now
    const auto file = newest(test.path() + "/db", ".sst");
    const std::string bytes = content_of(file);
    for (const int victim : {0, 1, 137, 138, count - 2, count - 1}) {
        CAPTURE(victim);
        const auto at = bytes.find(records[static_cast<std::size_t>(victim)]) + static_cast<std::size_t>(victim) % 60;  // magic, prev, body
        REQUIRE(at < bytes.size());
        flip(file, at);
        auto log = rocks::open_log_read_only(test.path());
        REQUIRE_MESSAGE(log, log.error().message);
        const auto verdict = verify_log(**log, {});
        CHECK(!verdict.sound());
        const auto& partition = verdict.partitions[6];
        CHECK(partition.bad == Offset{victim});
        CHECK(partition.reason.find("6:" + std::to_string(victim)) != std::string::npos);
        flip(file, at);
    }
    CHECK(verify_log(**rocks::open_log_read_only(test.path()), {}).sound());
}

}  // namespace granary::tests
