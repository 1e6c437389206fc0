// The chain rule: what extends the chain counts, and nothing else does.
#include "core/chain.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <vector>

using namespace granary;
using namespace granary::chain;

namespace {

const Uuid log_id{1, 2};

}  // namespace

TEST_CASE("the header is frozen: magic, format, zeros, prev, length") {
    Digest prev;
    prev.bytes.fill(0xAB);
    const auto record = make_record(prev, "body!");
    CHECK(record.size() == 49);
    CHECK(record.substr(0, 8) == std::string("GRNY\x01\0\0\0", 8));
    CHECK(record.substr(8, 32) == std::string(32, '\xAB'));
    CHECK(record.substr(40, 4) == std::string("\x05\0\0\0", 4));
    CHECK(body_of(record) == "body!");
    const auto header = parse_header(record);
    REQUIRE(header.has_value());
    CHECK(header->prev == prev);
    CHECK(header->body_bytes == 5);
}

TEST_CASE("what is no well-formed record is malformed and moves nothing") {
    Head head{genesis(log_id, {0})};
    const auto good = make_record(head.hash, "x");
    const auto broken = [&](std::size_t at, char value) {
        auto record = good;
        record[at] = value;
        return record;
    };
    for (const auto& record : {std::string(), good.substr(0, 44), good.substr(0, 43), good + "y", broken(0, 'X'), broken(4, 2), broken(5, 1), broken(7, 1), broken(40, 2), broken(43, 1)}) {
        const auto before = head.hash;
        CHECK(head.accept(record) == Verdict::malformed);
        CHECK(head.hash == before);
    }
    CHECK(head.accept(good) == Verdict::accepted);
}

TEST_CASE("a duplicate, a lost race and a fenced writer are void") {
    Head head{genesis(log_id, {3})};
    const auto first = make_record(head.hash, "first");
    const auto rival = make_record(head.hash, "rival");
    CHECK(head.accept(first) == Verdict::accepted);
    CHECK(head.hash == sha256(first));
    CHECK(head.accept(first) == Verdict::void_record);
    CHECK(head.accept(rival) == Verdict::void_record);
    CHECK(head.accept(make_record(sha256(rival), "behind the rival")) == Verdict::void_record);
    CHECK(head.hash == sha256(first));
    CHECK(head.accept(make_record(head.hash, "second")) == Verdict::accepted);
}

TEST_CASE("each partition of each log begins with a hash of its own") {
    CHECK(genesis(log_id, {0}) != genesis(log_id, {1}));
    CHECK(genesis(log_id, {0}) != genesis(Uuid{1, 3}, {0}));
    CHECK(genesis(log_id, {0}) == genesis(log_id, {0}));
    CHECK(hex_of(genesis(log_id, {0})) == hex_of(sha256("granary chain genesis 1 00000000000000010000000000000002 0")));
}

TEST_CASE("one changed bit anywhere makes everything after it void, or itself") {
    std::vector<std::string> records;
    Head writer{genesis(log_id, {0})};
    for (int i = 0; i < 20; ++i) {
        records.push_back(make_record(writer.hash, "record " + std::to_string(i)));
        REQUIRE(writer.accept(records.back()) == Verdict::accepted);
    }
    const bool held = rc::check("a flipped bit is seen", [&] {
        const auto which = *rc::gen::inRange<std::size_t>(0, records.size() - 1);
        const auto bit = *rc::gen::inRange<std::size_t>(0, records[which].size() * 8);
        Head reader{genesis(log_id, {0})};
        for (std::size_t i = 0; i < records.size(); ++i) {
            auto record = records[i];
            if (i == which) record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << bit % 8));
            const auto verdict = reader.accept(record);
            if (i < which) RC_ASSERT(verdict == Verdict::accepted);
            if (i > which) RC_ASSERT(verdict == Verdict::void_record);
        }
        RC_ASSERT(reader.hash != writer.hash);
    });
    CHECK(held);
}
