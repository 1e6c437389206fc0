// What is known of a partition's end: records at hand, records on their way, doubts.
#include "platform/adapters/kafka/tail.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace granary::kafka {
namespace {

constexpr Partition p{0};
constexpr std::size_t all = 1 << 20;

SharedBytes bytes(const std::string& text) { return SharedBytes(text); }

struct Read {
    std::optional<Tail::Answer> answer;
    ports::LogPage page;
    Fault fault;
};

Read read(Tail& tail, std::int64_t from, std::size_t bytes_max = all, Duration patience = {}) {
    Read out{{}, {{}, {from}, {}}, {}};
    auto answer = tail.read(p, {from}, bytes_max, patience, out.page);
    if (answer) out.answer = *answer;
    else out.fault = answer.error();
    return out;
}

}  // namespace

TEST_CASE("kafka tail: records follow one another; an older place, the end and what lies beyond are told apart") {
    Tail tail(2, all);
    tail.start_at(p, {10});
    CHECK(tail.add(p, {10}, bytes("a")) == Tail::Added::kept);
    CHECK(tail.add(p, {11}, bytes("b")) == Tail::Added::kept);
    CHECK(tail.add(p, {10}, bytes("a")) == Tail::Added::there);
    CHECK(tail.add(p, {10}, bytes("x")) == Tail::Added::another);
    CHECK(tail.add(p, {9}, bytes("old")) == Tail::Added::gone);
    CHECK(read(tail, 9).answer == Tail::Answer::older);
    const auto both = read(tail, 10);
    REQUIRE(both.answer == Tail::Answer::page);
    CHECK(both.page.records.size() == 2);
    CHECK(both.page.next.number == 12);
    CHECK(both.page.end.number == 12);
    CHECK(read(tail, 12).page.records.empty());
    CHECK(read(tail, 13).answer == Tail::Answer::beyond);
    CHECK(tail.place({1}).end.number == 0);
}

TEST_CASE("kafka tail: a record that is known to exist is waited for, and not passed over") {
    Tail tail(1, all);
    CHECK(tail.add(p, {1}, bytes("mine")) == Tail::Added::ahead);
    CHECK(tail.place(p).known_end.number == 2);
    CHECK(read(tail, 0).fault.code == FaultCode::unavailable);
    CHECK(!tail.wait_until_level({}));
    std::thread other([&] { tail.add(p, {0}, bytes("theirs")); tail.add(p, {1}, bytes("mine")); });
    const auto found = read(tail, 0, all, seconds(30));
    REQUIRE(found.answer == Tail::Answer::page);
    CHECK(found.page.records.front().bytes.view() == "theirs");
    other.join();
    CHECK(tail.wait_until_level(seconds(30)));
}

TEST_CASE("kafka tail: the oldest records leave when there are too many, but a partition's last one stays") {
    Tail tail(2, 1000);
    tail.add(p, {0}, bytes("lonely"));
    for (int i = 0; i < 50; ++i) tail.add({1}, {i}, bytes(std::string(100, 'x')));
    CHECK(tail.last(p)->view() == "lonely");
    CHECK(tail.place({1}).first.number > 40);
    CHECK(tail.place({1}).end.number == 50);
    tail.add(p, {1}, bytes("next"));
    for (int i = 50; i < 100; ++i) tail.add({1}, {i}, bytes(std::string(100, 'x')));
    CHECK(tail.last(p)->view() == "next");
    CHECK(tail.place(p).first.number == 1);
}

TEST_CASE("kafka tail: while the end is doubtful it is nobody's end; a newer doubt outlives an older one's answer") {
    Tail tail(1, all);
    tail.add(p, {0}, bytes("a"));
    tail.doubt(p, Tail::Doubt::end);
    const auto first = tail.doubted();
    REQUIRE(first.size() == 1);
    CHECK(read(tail, 0).answer == Tail::Answer::page);  // what is at hand stays readable
    CHECK(read(tail, 1).fault.code == FaultCode::unavailable);
    tail.doubt_all(Tail::Doubt::history);
    tail.doubt(p, Tail::Doubt::end);
    tail.settle(first.front());
    CHECK(tail.doubted().front().what == Tail::Doubt::history);
    tail.settle(tail.doubted().front());
    CHECK(read(tail, 1).answer == Tail::Answer::page);
}

TEST_CASE("kafka tail: a condemned partition gives nothing any more, for good") {
    Tail tail(1, all);
    tail.add(p, {0}, bytes("a"));
    tail.condemn(p, {FaultCode::corrupt, "first reason"});
    tail.condemn(p, {FaultCode::corrupt, "second reason"});
    CHECK(read(tail, 0).fault.message == "first reason");
    CHECK(tail.condemned(p));
    CHECK(tail.doubted().empty());
}

}  // namespace granary::kafka
