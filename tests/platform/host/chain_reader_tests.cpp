// What a reader says at the end of a log, what that costs, and that reading and scanning halt at the same record.
#include <doctest/doctest.h>

#include <string>

#include "core/chain.hpp"
#include "core/digest.hpp"
#include "core/limits.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "platform/host/chain_reader.hpp"

namespace granary {
namespace {

using memory::MemoryLog;

constexpr ports::LogIdentity identity{{0x5, 0x6}, 1};
constexpr Partition partition{0};

std::string claim(const Digest& head, std::int64_t number) {
    envelope::ClaimT claim;
    claim.node = "n" + std::to_string(number);
    claim.time = Time{1'000};
    return chain::make_record(head, encode_body(LogEntry(claim)));
}

struct Chain {
    MemoryLog log{identity};
    Digest head = chain::genesis(identity.id, partition);
    Digest before;

    explicit Chain(int records) {
        log.set_stores_prefixes(true);
        for (int i = 0; i < records; ++i) add(claim(head, i));
    }
    void add(const std::string& record) {
        log.inject(partition, record);
        before = std::exchange(head, sha256(record));
    }
    ChainReader read_all() {
        auto reader = ChainReader::open(log, partition, std::nullopt);
        REQUIRE(reader);
        for (auto page = reader->read(limits::log_read_bytes_max); ; page = reader->read(limits::log_read_bytes_max)) {
            REQUIRE(page);
            if (page->empty()) break;
        }
        REQUIRE(reader->next() == *log.end(partition));
        return std::move(*reader);
    }
};

TEST_CASE("a lost race at the end of a long log is explained by what stands right in front of it") {
    Chain chain(20'000);
    chain.log.inject(partition, claim(chain.before, -1));
    auto reader = chain.read_all();
    const auto read = chain.log.records_read();
    CHECK(reader.check_end());
    CHECK(chain.log.records_read() - read < 5 * limits::in_flight_max);
    const auto again = chain.log.records_read();
    CHECK(reader.check_end());
    CHECK(chain.log.records_read() == again);
}

TEST_CASE("what extends a head of long ago is explained, too") {
    Chain chain(1);
    const Digest old = chain.head;
    for (int i = 0; i < 5000; ++i) chain.add(claim(chain.head, i));
    chain.log.inject(partition, claim(old, -1));
    auto reader = chain.read_all();
    CHECK(reader.check_end());
}

TEST_CASE("a record that extends nothing is damage where prefixes are stored, and nothing elsewhere") {
    Chain chain(3000);
    chain.log.inject(partition, claim(sha256("never written"), -1));
    auto reader = chain.read_all();
    const auto sound = reader.check_end();
    REQUIRE_FALSE(sound);
    CHECK(sound.error().code == FaultCode::halted);
    CHECK(sound.error().message.find("position 0:3000") != std::string::npos);
    chain.log.set_stores_prefixes(false);
    auto other = chain.read_all();
    CHECK(other.check_end());
}

TEST_CASE("reading and scanning halt at a level that can't be read") {
    Chain chain(2);
    envelope::FormatT format;
    format.level = newest_format_level + 1;
    format.time = Time{1'000};
    chain.add(chain::make_record(chain.head, encode_body(LogEntry(format))));
    auto reader = ChainReader::open(chain.log, partition, std::nullopt);
    auto scanner = ChainReader::open(chain.log, partition, std::nullopt);
    REQUIRE(reader);
    REQUIRE(scanner);
    REQUIRE(reader->read(limits::log_read_bytes_max)->size() == 2);
    const auto read = reader->read(limits::log_read_bytes_max);
    REQUIRE_FALSE(read);
    std::size_t scanned = 0;
    const auto scan = scanner->scan({3}, limits::log_read_bytes_max, {}, [&](const ScannedRecord&) -> Result<bool> { return ++scanned, true; });
    const auto then = scan ? scanner->scan({3}, limits::log_read_bytes_max, {}, [](const ScannedRecord&) -> Result<bool> { return true; }) : scan;
    REQUIRE_FALSE(then);
    CHECK(scanned == 2);
    CHECK(then.error().message == read.error().message);
}

}  // namespace
}  // namespace granary
