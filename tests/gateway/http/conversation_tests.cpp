// One connection's protocol driven by hand: order of answers, time-outs on a virtual clock, draining.
#include "gateway/http/conversation.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace granary;
using namespace granary::http;

namespace {

// A conversation with a clock that only the test moves.
struct Fixture {
    ConversationRules rules;
    ConversationTime time{.monotonic = {}, .wall = {}, .date = "date: now\r\n"};
    std::optional<Conversation> conversation;

    Conversation& start() {
        rules.header_timeout = seconds(10);
        rules.body_timeout = seconds(20);
        rules.idle_timeout = seconds(60);
        rules.handler_deadline = seconds(30);
        rules.pipeline_max = 3;
        return conversation.emplace(rules, time);
    }
    std::vector<std::uint64_t> arrivals() {
        std::vector<std::uint64_t> sequences;
        while (auto arrival = conversation->next_request()) sequences.push_back(arrival->sequence);
        return sequences;
    }
    std::string written() {
        std::string text;
        conversation->output().for_each(100, [&](std::string_view piece) { text += piece; });
        conversation->on_written(text.size());
        return text;
    }
    void pass(Duration duration) { time.monotonic.us += duration.us; }
};

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string post_head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n";

Response text(std::string body, bool close = false) {
    Response response;
    response.body = std::move(body);
    response.close = close;
    return response;
}

std::string reply(const std::string& body) { return "HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body; }

}  // namespace

TEST_CASE("answers leave in the order of the requests") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + get + get);
    const auto sequences = f.arrivals();
    REQUIRE(sequences.size() == 3);
    c.answer(sequences[2], text("three"));
    c.answer(sequences[1], text("two"));
    CHECK(f.written().empty());
    c.answer(sequences[0], text("one"));
    CHECK(f.written() == reply("one") + reply("two") + reply("three"));
    c.answer(sequences[1], text("again"));
    CHECK(f.written().empty());
}

TEST_CASE("a full pipeline stops reading until an answer makes room") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + get + get + get);
    const auto sequences = f.arrivals();
    CHECK(sequences.size() == 3);
    CHECK_FALSE(c.wants_bytes());
    c.answer(sequences[0], text("one"));
    CHECK(f.arrivals().size() == 1);
}

TEST_CASE("a peer that asks but does not listen is not read any further") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + get);
    const auto sequences = f.arrivals();
    c.answer(sequences[0], text(std::string(400'000, 'x')));
    CHECK_FALSE(c.wants_bytes());
    CHECK_FALSE(c.on_tick());
    f.pass(seconds(61));
    CHECK(c.on_tick());
}

TEST_CASE("large bodies are passed on whole, in pieces of the socket's choice") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + get);
    const auto sequences = f.arrivals();
    const std::string large(100'000, 'x');
    c.answer(sequences[0], text(large));
    c.answer(sequences[1], text("small"));
    std::string all;
    while (!c.output().empty()) {
        std::string piece;
        c.output().for_each(1, [&](std::string_view view) { piece = view.substr(0, 777); });
        all += piece;
        c.on_written(piece.size());
    }
    CHECK(all == reply(large) + reply("small"));
}

TEST_CASE("nothing is read behind a refused request, and what came before is answered first") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + "GET / HTTP/1.1\r\n\r\n" + get);
    const auto sequences = f.arrivals();
    REQUIRE(sequences.size() == 1);
    CHECK_FALSE(c.wants_bytes());
    CHECK(f.written().empty());
    c.answer(sequences[0], text("one"));
    const std::string all = f.written();
    CHECK(all.starts_with(reply("one") + "HTTP/1.1 400 Bad Request\r\n"));
    CHECK(all.contains("connection: close\r\n"));
    CHECK(c.finished());
    CHECK(c.refused() == 1);
}

TEST_CASE("an answer that closes is the last one") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + get);
    const auto sequences = f.arrivals();
    c.answer(sequences[1], text("two"));
    c.answer(sequences[0], text("one", true));
    CHECK(f.written() == "HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 3\r\nconnection: close\r\n\r\none");
    CHECK(c.finished());
}

TEST_CASE("an answer to HEAD, 204 and 304 have no body") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get + get);
    const auto sequences = f.arrivals();
    c.answer(sequences[0], text("12345"));
    CHECK(f.written() == "HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 5\r\n\r\n");
    Response none = text("ignored");
    none.status = 204;
    c.answer(sequences[1], std::move(none));
    CHECK(f.written() == "HTTP/1.1 204 No Content\r\ndate: now\r\n\r\n");
    Response same = text("ignored");
    same.status = 304;
    c.answer(sequences[2], std::move(same));
    CHECK(f.written() == "HTTP/1.1 304 Not Modified\r\ndate: now\r\n\r\n");
}

TEST_CASE("an answer can't be split by its own text") {
    for (const Header& field : {Header{"location", "/a\r\nset-cookie: b"}, Header{"a b", "c"}, Header{"content-length", "3"}}) {
        Fixture f;
        Conversation& c = f.start();
        c.on_bytes(get);
        Response response = text("body");
        response.headers.add(field.name, field.value);
        c.answer(f.arrivals().at(0), std::move(response));
        const std::string all = f.written();
        CHECK(all.starts_with("HTTP/1.1 500 "));
        CHECK_FALSE(all.contains("set-cookie"));
    }
}

TEST_CASE("100 Continue waits for the answers before it") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + post_head + "Expect: 100-continue\r\n\r\n");
    const auto first = f.arrivals();
    REQUIRE(first.size() == 1);
    CHECK(f.written().empty());
    c.answer(first[0], text("one"));
    CHECK(f.written() == reply("one") + "HTTP/1.1 100 Continue\r\n\r\n");
    c.on_bytes("body");
    const auto second = f.arrivals();
    REQUIRE(second.size() == 1);
    c.answer(second[0], text("two"));
    CHECK(f.written() == reply("two"));
}

TEST_CASE("a header that trickles in is cut off, however often a byte comes") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes("GET / HT");
    for (int i = 0; i < 10; ++i) {
        CHECK(f.arrivals().empty());
        CHECK_FALSE(c.on_tick());
        f.pass(seconds(1));
        c.on_bytes("T");
    }
    CHECK(f.arrivals().empty());
    f.pass(seconds(1));
    CHECK_FALSE(c.on_tick());
    CHECK(f.written().starts_with("HTTP/1.1 408 "));
    CHECK(c.finished());
    CHECK(c.timed_out() == 1);
}

TEST_CASE("a body that trickles in is cut off") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(post_head + "\r\nb");
    CHECK(f.arrivals().empty());
    f.pass(seconds(20));
    CHECK_FALSE(c.on_tick());
    CHECK(f.written().empty());
    f.pass(seconds(1));
    CHECK_FALSE(c.on_tick());
    CHECK(f.written().starts_with("HTTP/1.1 408 "));
}

TEST_CASE("an idle connection is dropped, one that waits for its answer is not") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get);
    const auto sequences = f.arrivals();
    f.rules.handler_deadline = seconds(1000);
    f.pass(seconds(29));
    CHECK_FALSE(c.on_tick());
    c.answer(sequences.at(0), text("late"));
    CHECK(f.written() == reply("late"));
    f.pass(seconds(60));
    CHECK_FALSE(c.on_tick());
    f.pass(seconds(1));
    CHECK(c.on_tick());
}

TEST_CASE("a handler's deadline answers in its place") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + get);
    const auto sequences = f.arrivals();
    c.answer(sequences.at(1), text("two"));
    f.pass(seconds(30));
    CHECK_FALSE(c.on_tick());
    const std::string all = f.written();
    CHECK(all.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(all.ends_with(reply("two")));
    c.answer(sequences.at(0), text("late"));
    CHECK(f.written().empty());
    CHECK(c.wants_bytes());
}

TEST_CASE("draining answers what was handed out and nothing else") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + get + "GET /half");
    const auto sequences = f.arrivals();
    c.drain();
    CHECK_FALSE(c.finished());
    c.on_bytes(get);
    CHECK(f.arrivals().empty());
    c.answer(sequences.at(0), text("one"));
    c.answer(sequences.at(1), text("two"));
    const std::string all = f.written();
    CHECK(all.starts_with(reply("one")));
    CHECK(all.ends_with("connection: close\r\n\r\ntwo"));
    CHECK(c.finished());

    Fixture idle;
    idle.start().drain();
    CHECK(idle.conversation->finished());
}

TEST_CASE("a peer that has finished sending still gets its answers") {
    Fixture f;
    Conversation& c = f.start();
    c.on_bytes(get + get + get + get + "GET /half");
    c.on_end_of_input();
    const auto sequences = f.arrivals();
    CHECK(sequences.size() == 3);
    for (const auto sequence : sequences) c.answer(sequence, text("x"));
    const auto rest = f.arrivals();
    REQUIRE(rest.size() == 1);
    c.answer(rest[0], text("last"));
    CHECK(f.written() == reply("x") + reply("x") + reply("x") + reply("last"));
    CHECK(f.arrivals().empty());
    CHECK(c.finished());
}

TEST_CASE("the Date field has the form that the standard gives as its example") {
    CHECK(date_line(*parse_rfc3339("1994-11-06T08:49:37Z")) == "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
}
