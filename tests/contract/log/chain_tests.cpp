// The chain rule over every adapter: races, claims, duplicates and gaps are judged alike wherever the records lie.
#include "platform/host/log_verification.hpp"
#include "tests/contract/log/chain_writer.hpp"

namespace granary::tests {
namespace {

constexpr std::size_t page = 1 << 20;

ChainReader reader_of(ports::Log& log, std::uint32_t partition, std::optional<ChainAnchor> anchor = std::nullopt) {
    auto reader = ChainReader::open(log, {partition}, anchor);
    REQUIRE_MESSAGE(reader, reader.error().message);
    return std::move(*reader);
}

std::vector<std::string> accepted_nodes(ChainReader& reader) {
    std::vector<std::string> nodes;
    for (;;) {
        const auto records = reader.read(page);
        REQUIRE_MESSAGE(records, records.error().message);
        if (records->empty()) return nodes;
        for (const auto& record : *records) nodes.push_back(std::get<envelope::ClaimT>(record.entry).node);
    }
}

using Nodes = std::vector<std::string>;

}  // namespace

GRANARY_LOG_CASE("chain: of two writers at one head the first to be stored wins, the loser's whole pipeline is void") {
    Case test;
    ChainWriter first(identity_under_test, 1);
    ChainWriter second(identity_under_test, 1);
    append_one(test.log(), first.next("a1"));
    append_one(test.log(), second.next("b1"));
    append_one(test.log(), first.next("a2"));
    append_one(test.log(), second.next("b2"));
    append_one(test.log(), second.next("b3"));
    test.recorder.wait_for(5);
    auto reader = reader_of(test.log(), 1);
    CHECK(accepted_nodes(reader) == Nodes{"a1", "a2"});
    CHECK(reader.void_count() == 3);
    CHECK(reader.next().number == 5);
    CHECK(reader.anchor() == ChainAnchor{{2}, first.head()});
    const auto verdict = verify_log(test.log(), {});
    CHECK_MESSAGE(verdict.sound(), verdict.partitions[1].reason);
    CHECK(verdict.partitions[1].accepted == 2);
    CHECK(verdict.partitions[1].void_records == 3);
}

GRANARY_LOG_CASE("chain: a claim makes everything void that a stalled owner still has in flight") {
    Case test;
    ChainWriter old_owner(identity_under_test, 1);
    append_one(test.log(), old_owner.next("old 1"));
    ChainWriter new_owner = old_owner;
    const auto in_flight_1 = old_owner.next("old 2");
    const auto in_flight_2 = old_owner.next("old 3");
    append_one(test.log(), new_owner.next("claim"));
    append_one(test.log(), in_flight_1);
    append_one(test.log(), in_flight_2);
    append_one(test.log(), new_owner.next("new 1"));
    test.recorder.wait_for(5);
    auto reader = reader_of(test.log(), 1);
    CHECK(accepted_nodes(reader) == Nodes{"old 1", "claim", "new 1"});
    CHECK(verify_log(test.log(), {}).sound());
}

GRANARY_LOG_CASE("chain: a duplicate append has one effect") {
    Case test;
    ChainWriter writer(identity_under_test, 1);
    const auto once = writer.next("once");
    append_one(test.log(), once);
    append_one(test.log(), once);
    append_one(test.log(), writer.next("then"));
    append_one(test.log(), once);
    test.recorder.wait_for(4);
    auto reader = reader_of(test.log(), 1);
    CHECK(accepted_nodes(reader) == Nodes{"once", "then"});
    CHECK(reader.void_count() == 2);
    CHECK(verify_log(test.log(), {}).sound());
}

GRANARY_LOG_CASE("chain: an owner whose delivery leaves a gap reads the gap back before it believes itself") {
    Case test;
    ChainWriter owner(identity_under_test, 1);
    append_one(test.log(), owner.next("mine 1"));
    test.recorder.wait_for(1);
    auto follower = reader_of(test.log(), 1);
    CHECK(accepted_nodes(follower) == Nodes{"mine 1"});
    ChainWriter foreign(owner);
    append_one(test.log(), foreign.next("foreign"));
    append_one(test.log(), owner.next("mine 2", 7));
    const auto mine = test.recorder.wait_for(3).back();
    REQUIRE(mine.token == 7);
    CHECK(mine.offset != follower.next());  // a gap: not acknowledged on trust
    CHECK(accepted_nodes(follower) == Nodes{"foreign"});
    CHECK(follower.anchor().offset.number == 1);
    CHECK(follower.next() == mine.offset.next());
}

GRANARY_LOG_CASE("chain: a reader goes on from its anchor, and refuses a log that holds something else there") {
    Case test;
    ChainWriter writer(identity_under_test, 1);
    for (int i = 0; i < 5; ++i) append_one(test.log(), writer.next("n" + std::to_string(i)));
    test.recorder.wait_for(5);
    auto reader = reader_of(test.log(), 1);
    REQUIRE(accepted_nodes(reader).size() == 5);
    append_one(test.log(), writer.next("n5"));
    test.recorder.wait_for(6);
    test.reopen();
    auto again = reader_of(test.log(), 1, reader.anchor());
    CHECK(accepted_nodes(again) == Nodes{"n5"});
    auto wrong = reader.anchor();
    wrong.hash.bytes[0] ^= 1;
    const auto refused = ChainReader::open(test.log(), {1}, wrong);
    REQUIRE(!refused);
    CHECK(refused.error().code == FaultCode::corrupt);
    CHECK(refused.error().message.find("1:4") != std::string::npos);
    const auto cut = ChainReader::open(test.log(), {1}, ChainAnchor{{9}, reader.anchor().hash});
    REQUIRE(!cut);
    CHECK(cut.error().code == FaultCode::corrupt);
}

GRANARY_LOG_CASE("chain: a scan shows every record where it lies, stops where it is told, and goes on from there") {
    Case test;
    ChainWriter owner(identity_under_test, 1);
    ChainWriter late = owner;
    for (int i = 0; i < 4; ++i) append_one(test.log(), owner.next("n" + std::to_string(i)));
    append_one(test.log(), late.next("late"));
    append_one(test.log(), owner.next("n4"));
    test.recorder.wait_for(6);
    auto reader = reader_of(test.log(), 1);
    Nodes shown;
    std::size_t enough = 2;
    const auto take = [&](const ScannedRecord& record) -> Result<bool> {
        CHECK(record.hash == sha256(record.bytes));
        shown.push_back(record.verdict == chain::Verdict::accepted ? std::get<envelope::ClaimT>(*record.body->control).node : "(void)");
        return shown.size() != enough;
    };
    CHECK(*reader.scan({99}, page, {}, take) == 2);
    CHECK(reader.next().number == 2);
    CHECK(*reader.scan({3}, page, {}, take) == 1);
    CHECK(*reader.scan({3}, page, {}, take) == 0);
    enough = 0;
    // A page of a byte holds a record.
    CHECK(*reader.scan({99}, 1, {}, take) == 1);
    while (*reader.scan({99}, page, {}, take) > 0) {}
    CHECK(shown == Nodes{"n0", "n1", "n2", "n3", "(void)", "n4"});
    CHECK(reader.void_count() == 1);
    CHECK(reader.anchor() == ChainAnchor{{5}, owner.head()});
    const auto refuse = [](const ScannedRecord&) -> Result<bool> { return fault(FaultCode::invalid_argument, "no"); };
    auto other = reader_of(test.log(), 1);
    CHECK(other.scan({99}, page, {}, refuse).error().code == FaultCode::invalid_argument);
}

GRANARY_LOG_CASE("chain: an anchor from elsewhere vouches for the chain, or gives away what was cut or changed") {
    Case test;
    ChainWriter writer(identity_under_test, 1);
    std::vector<ChainAnchor> anchors;
    for (int i = 0; i < 4; ++i) {
        append_one(test.log(), writer.next("n" + std::to_string(i)));
        anchors.push_back({{i}, writer.head()});
    }
    test.recorder.wait_for(4);
    VerifyOptions options;
    options.parallelism = 3;
    options.anchors.resize(2);
    options.anchors[1] = anchors[2];
    const auto vouched = verify_log(test.log(), options);
    CHECK(vouched.sound());
    CHECK(vouched.partitions[1].vouched == Offset{2});
    CHECK(!vouched.partitions[0].vouched);
    CHECK(vouched.partitions[1].head == anchors[3]);
    options.anchors[1] = ChainAnchor{{2}, anchors[3].hash};
    CHECK(verify_log(test.log(), options).partitions[1].bad == Offset{2});
    options.anchors[1] = ChainAnchor{{6}, anchors[3].hash};
    CHECK(verify_log(test.log(), options).partitions[1].bad == Offset{4});
}

}  // namespace granary::tests
