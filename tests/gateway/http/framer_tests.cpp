// What the strict front accepts and refuses, one row for each way that two readers could disagree.
#include "gateway/http/framer.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

using namespace granary;
using namespace granary::http;

namespace {

struct Outcome {
    Framer::Progress last = Framer::Progress::need_more;
    int status = 0;
    std::string code;
    std::vector<Framer::Framed> requests;
    std::string left;
};

// Feeds a stream in the given pieces, like a connection does.
Outcome frame(const FramerRules& rules, const std::vector<std::string>& pieces) {
    Framer framer(rules);
    Outcome outcome;
    for (const std::string& piece : pieces) {
        outcome.left += piece;
        std::string_view view = outcome.left;
        while ((outcome.last = framer.feed(view)) == Framer::Progress::complete) outcome.requests.push_back(framer.take());
        outcome.left = std::string(view);
        if (outcome.last != Framer::Progress::refused) continue;
        outcome.status = framer.refusal().status;
        outcome.code = framer.refusal().code;
        return outcome;
    }
    return outcome;
}

FramerRules small_rules() {
    FramerRules rules;
    rules.header_bytes_max = 600;
    rules.headers_max = 8;
    rules.target_bytes_max = 100;
    rules.body_limit = [](Method, std::string_view path) { return path == "/large" ? std::size_t{64} : std::size_t{16}; };
    return rules;
}

Outcome frame(const std::string& stream) { return frame(small_rules(), {stream}); }

std::string get(const std::string& fields, const std::string& target = "/") {
    return "GET " + target + " HTTP/1.1\r\nHost: shop.test\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields, const std::string& body) {
    return "POST /v1/orders HTTP/1.1\r\nHost: shop.test\r\n" + fields + "\r\n" + body;
}

struct Row {
    const char* name;
    std::string stream;
    int status;
};

std::vector<Row> ambiguous_framing() {
    return {
        {"unknown coding alone", post("Transfer-Encoding: gzip\r\n", "x"), 501},
        {"identity coding", post("Transfer-Encoding: identity\r\n", "x"), 501},
        {"made-up coding", post("Transfer-Encoding: xchunked\r\n", "x"), 501},
        {"empty coding", post("Transfer-Encoding:\r\n", "x"), 501},
        {"chunked twice in a list", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501},
        {"gzip before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
        {"chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 501},
        {"chunked on two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        {"coding, then length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
        {"length, then coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        {"coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"list of lengths", post("Content-Length: 5, 5\r\n", "hello"), 400},
        {"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
        {"two different lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400},
        {"length with a sign", post("Content-Length: +5\r\n", "hello"), 400},
        {"negative length", post("Content-Length: -5\r\n", "hello"), 400},
        {"length in hex", post("Content-Length: 0x5\r\n", "hello"), 400},
        {"length that overflows", post("Content-Length: 18446744073709551621\r\n", "hello"), 400},
        {"empty length", post("Content-Length:\r\n", ""), 400},
        {"length with a space inside", post("Content-Length: 1 1\r\n", "hello"), 400},
        {"space before the colon", post("Content-Length : 5\r\n", "hello"), 400},
        {"tab before the colon", post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"), 400},
        {"folded line", get("X-One: a\r\n b\r\n"), 400},
        {"folded coding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400},
        {"folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    };
}

std::vector<Row> bad_chunks() {
    const auto chunked = [](const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); };
    return {
        {"extension", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), 400},
        {"extension on the last chunk", chunked("0;a\r\n\r\n"), 400},
        {"trailer field", chunked("0\r\nAuthorization: Bearer x\r\n\r\n"), 400},
        {"size with a space", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
        {"size with a sign", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
        {"size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
        {"no size", chunked("\r\nhello\r\n0\r\n\r\n"), 400},
        {"size that overflows", chunked("100000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
        {"bare line feed after the size", chunked("5\nhello\r\n0\r\n\r\n"), 400},
        {"bare carriage return after the size", chunked("5\rhello\r\n0\r\n\r\n"), 400},
        {"data longer than its size", chunked("5\r\nhello!\r\n0\r\n\r\n"), 400},
        {"bare line feed after the data", chunked("5\r\nhello\n0\r\n\r\n"), 400},
        {"bare carriage return at the end", chunked("0\r\n\ry"), 400},
        {"bare line feed at the end", chunked("0\r\n\n"), 400},
        {"one chunk over the limit", chunked("11\r\n"), 413},
        {"chunks over the limit together", chunked("8\r\n12345678\r\n9\r\n"), 413},
    };
}

std::vector<Row> bad_headers() {
    return {
        {"no Host", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", 400},
        {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"Host with user info", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
        {"two Authorizations", get("Authorization: a\r\nauthorization: b\r\n"), 400},
        {"two Idempotency-Keys", get("Idempotency-Key: a\r\nIdempotency-Key: b\r\n"), 400},
        {"underscore in a name", get("Content_Length: 5\r\n"), 400},
        {"no colon", get("Accept\r\n"), 400},
        {"empty name", get(": a\r\n"), 400},
        {"bracket in a name", get("X(1): a\r\n"), 400},
        {"byte from 0x80 on in a name", get("X\xC3\xA9: a\r\n"), 400},
        {"NUL in a value", get(std::string("X-One: a\0b\r\n", 12)), 400},
        {"bare carriage return in a value", get("X-One: a\rb\r\n"), 400},
        {"bare line feed", get("X-One: a\nX-Two: b\r\n"), 400},
        {"bell in a value", get("X-One: \a\r\n"), 400},
        {"delete in a value", get("X-One: \x7F\r\n"), 400},
        {"a value that is not UTF-8", get("X-One: \xFF\r\n"), 400},
        {"unknown expectation", get("Expect: 200-ok\r\n"), 417},
        {"too many fields", get("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nH: 1\r\n"), 431},
        {"one long field", get("A: " + std::string(600, 'x') + "\r\n"), 431},
        {"one long field without an end", "GET / HTTP/1.1\r\nA: " + std::string(600, 'x'), 431},
        {"length over the limit", post("Content-Length: 17\r\n", ""), 413},
    };
}

std::vector<Row> bad_targets() {
    return {
        {"raw 0xFF in the target", get("", "/a\xFF"), 400},
        {"fragment in the target", get("", "/a#b"), 400},
        {"quote in the target", get("", "/a\"b"), 400},
        {"backslash in the target", get("", "/a\\b"), 400},
        {"NUL in the target", get("", std::string("/a\0b", 4)), 400},
        {"tab in the target", get("", "/a\tb"), 400},
        {"carriage return in the target", get("", "/a\rb"), 400},
        {"escaped NUL", get("", "/a%00"), 400},
        {"escaped NUL in the query", get("", "/a?b=%00"), 400},
        {"escaped line feed in the path", get("", "/a%0Ab"), 400},
        {"cut escape", get("", "/a%4"), 400},
        {"bad escape", get("", "/a%zz"), 400},
        {"escaped bytes that are not UTF-8", get("", "/a%C3%28"), 400},
        {"overlong escape of a slash", get("", "/a%C0%AF"), 400},
        {"dot segments", get("", "/a/../b"), 400},
        {"escaped dot segments", get("", "/a/%2e%2E/b"), 400},
        {"absolute target for another host", get("", "http://other.test/a"), 400},
        {"absolute target with user info", get("", "http://u@shop.test/a"), 400},
        {"absolute target of another scheme", get("", "https://shop.test/a"), 400},
        {"authority as target", get("", "shop.test:80"), 400},
        {"asterisk for GET", get("", "*"), 400},
        {"relative target", get("", "a"), 400},
        {"long target", get("", "/" + std::string(100, 'a')), 414},
        {"long target without an end", "GET /" + std::string(300, 'a'), 414},
    };
}

std::vector<Row> bad_request_lines() {
    const auto line = [](const std::string& text) { return text + "\r\nHost: shop.test\r\n\r\n"; };
    return {
        {"empty target", line("GET  HTTP/1.1"), 400},
        {"two spaces", line("GET  / HTTP/1.1"), 400},
        {"space at the end", line("GET / HTTP/1.1 "), 400},
        {"leading space", line(" GET / HTTP/1.1"), 400},
        {"tab as space", line("GET\t/\tHTTP/1.1"), 400},
        {"leading empty line", line("\r\nGET / HTTP/1.1"), 400},
        {"no version", line("GET /"), 400},
        {"version in lower case", line("GET / http/1.1"), 400},
        {"version with more digits", line("GET / HTTP/1.10"), 400},
        {"HTTP/1.2", line("GET / HTTP/1.2"), 505},
        {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"HTTP/0.9", line("GET / HTTP/0.9"), 505},
        {"unknown method", line("BREW / HTTP/1.1"), 501},
        {"CONNECT", line("CONNECT shop.test:80 HTTP/1.1"), 501},
        {"TRACE", line("TRACE / HTTP/1.1"), 501},
        {"method in lower case", line("get / HTTP/1.1"), 501},
        {"method that is no token", line("GE(T / HTTP/1.1"), 400},
        {"bare line feed after the request line", "GET / HTTP/1.1\nHost: a\n\n", 400},
    };
}

void expect_refused(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const Outcome outcome = frame(row.stream);
        CHECK(outcome.last == Framer::Progress::refused);
        CHECK(outcome.status == row.status);
        CHECK(outcome.requests.empty());
        CHECK_FALSE(outcome.code.empty());
    }
}

}  // namespace

TEST_CASE("framing with two meanings is refused") { expect_refused(ambiguous_framing()); }
TEST_CASE("chunked bodies are read to the letter") { expect_refused(bad_chunks()); }
TEST_CASE("malformed or repeated header fields are refused") { expect_refused(bad_headers()); }
TEST_CASE("malformed targets are refused") { expect_refused(bad_targets()); }
TEST_CASE("malformed request lines are refused") { expect_refused(bad_request_lines()); }

TEST_CASE("a request is taken apart") {
    const Outcome outcome = frame(
        "GET /v1/orders/a%2Fb/?limit=2&x&limit=%C3%A9+1 HTTP/1.1\r\nHOST: Shop.test:80\r\nAccept: \t a b \t\r\naccept:c\r\n\r\n");
    REQUIRE(outcome.requests.size() == 1);
    const Request& request = outcome.requests[0].request;
    CHECK(request.method == Method::get);
    CHECK(request.target == "/v1/orders/a%2Fb/?limit=2&x&limit=%C3%A9+1");
    CHECK(request.path() == "/v1/orders/a%2Fb/");
    CHECK(request.segments == std::vector<std::string>{"v1", "orders", "a/b", ""});
    REQUIRE(request.query.size() == 3);
    CHECK(request.query[0].name == "limit");
    CHECK(request.query[1].name == "x");
    CHECK(request.query[1].value.empty());
    CHECK(request.query[2].value == "\xC3\xA9 1");
    CHECK(*request.headers.find("accept") == "a b");
    CHECK(request.headers.count("accept") == 2);
    CHECK(outcome.requests[0].keep_alive);
}

TEST_CASE("bodies end where their length says and nowhere else") {
    const Outcome outcome = frame(post("Content-Length: 5\r\n", "hello") + post("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n00002\r\nde\r\n0\r\n\r\n") +
                                  post("", "") + post("Content-Length: 0\r\n", "") + get(""));
    REQUIRE(outcome.requests.size() == 5);
    CHECK(outcome.requests[0].request.body == "hello");
    CHECK(outcome.requests[1].request.body == "abcde");
    CHECK(outcome.requests[2].request.body.empty());
    CHECK(outcome.requests[4].request.method == Method::get);
    CHECK(outcome.left.empty());
}

TEST_CASE("a body may be exactly as large as its path allows") {
    CHECK(frame(post("Content-Length: 16\r\n", std::string(16, 'x'))).requests.size() == 1);
    CHECK(frame(post("Transfer-Encoding: chunked\r\n", "10\r\n0123456789abcdef\r\n0\r\n\r\n")).requests.size() == 1);
    const std::string large = "POST /large?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 64\r\n\r\n" + std::string(64, 'x');
    CHECK(frame(large).requests.size() == 1);
}

TEST_CASE("what a standard client may send is accepted") {
    const std::vector<std::string> streams = {
        "GET / HTTP/1.0\r\n\r\n",
        get("", "http://SHOP.test/a?b"),
        get("", "http://shop.test"),
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "DELETE /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
        get("Accept:\r\n"),
        get("User-Agent: caf\xC3\xA9\r\n"),
        get("Connection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n"),
        get("", "/a;b=c/~d/!$&'()*+,=:@?e=/?"),
    };
    for (const std::string& stream : streams) {
        CAPTURE(stream);
        CHECK(frame(stream).requests.size() == 1);
    }
}

TEST_CASE("a connection ends after HTTP/1.0 and after Connection: close") {
    CHECK_FALSE(frame("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").requests.at(0).keep_alive);
    CHECK_FALSE(frame(get("Connection: x, CLOSE\r\n")).requests.at(0).keep_alive);
    CHECK_FALSE(frame(get("Connection: x\r\nConnection: close\r\n")).requests.at(0).keep_alive);
    CHECK(frame(get("Connection: closed\r\n")).requests.at(0).keep_alive);
}

TEST_CASE("100-continue is asked for once, and only before a body") {
    const FramerRules rules = small_rules();
    Framer framer(rules);
    const std::string head = post("Content-Length: 5\r\nExpect: 100-Continue\r\n", "");
    std::string_view view = head;
    CHECK(framer.feed(view) == Framer::Progress::need_more);
    CHECK(framer.take_continue());
    CHECK_FALSE(framer.take_continue());
    CHECK(framer.phase() == Framer::Phase::body);
    view = "hello";
    CHECK(framer.feed(view) == Framer::Progress::complete);
    CHECK(framer.take().request.body == "hello");

    const std::string bodiless = get("Expect: 100-continue\r\n");
    view = bodiless;
    CHECK(framer.feed(view) == Framer::Progress::complete);
    CHECK_FALSE(framer.take_continue());
}

TEST_CASE("phases follow the stream") {
    const FramerRules rules = small_rules();
    Framer framer(rules);
    std::string_view view = "GE";
    CHECK(framer.phase() == Framer::Phase::between_requests);
    CHECK(framer.feed(view) == Framer::Progress::need_more);
    CHECK(view == "GE");
    CHECK(framer.phase() == Framer::Phase::header);
}

TEST_CASE("the outcome does not depend on how the stream is cut") {
    std::vector<std::string> streams;
    for (const auto& rows : {ambiguous_framing(), bad_chunks(), bad_headers(), bad_targets(), bad_request_lines()})
        for (const Row& row : rows) streams.push_back(row.stream);
    const std::string good = post("Content-Length: 5\r\n", "hello") + post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") + get("", "/x?y=1");
    CHECK(rc::check("cut anywhere", [&] {
        std::string stream = *rc::gen::elementOf(streams);
        if (*rc::gen::arbitrary<bool>()) stream = good + stream;
        // A changed byte reaches states that no row names.
        if (*rc::gen::arbitrary<bool>()) stream[*rc::gen::inRange<std::size_t>(0, stream.size())] = *rc::gen::arbitrary<char>();
        std::vector<std::string> pieces;
        for (std::string_view rest = stream; !rest.empty();) {
            const std::size_t length = std::min(rest.size(), *rc::gen::inRange<std::size_t>(1, 20));
            pieces.emplace_back(rest.substr(0, length));
            rest.remove_prefix(length);
        }
        const Outcome whole = frame(small_rules(), {stream});
        const Outcome cut = frame(small_rules(), pieces);
        RC_ASSERT(whole.last == cut.last);
        RC_ASSERT(whole.status == cut.status);
        RC_ASSERT(whole.code == cut.code);
        RC_ASSERT(whole.requests.size() == cut.requests.size());
        for (std::size_t i = 0; i < whole.requests.size(); ++i) {
            RC_ASSERT(whole.requests[i].request.target == cut.requests[i].request.target);
            RC_ASSERT(whole.requests[i].request.body == cut.requests[i].request.body);
            RC_ASSERT(whole.requests[i].request.headers.size() == cut.requests[i].request.headers.size());
            RC_ASSERT(whole.requests[i].keep_alive == cut.requests[i].keep_alive);
        }
    }));
}
