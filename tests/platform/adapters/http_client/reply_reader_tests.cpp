// What the client takes for a reply, and what it refuses to guess about.
#include "platform/adapters/http_client/reply_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "platform/adapters/http_client/wire_request.hpp"

using namespace granary;
using namespace granary::http_client;
using Progress = ReplyReader::Progress;

namespace {

// Feeds a stream byte by byte and as a whole, and expects the same of both.
Progress read(const std::string& stream, ports::HttpReply& reply, bool head_only = false) {
    ReplyReader whole(300, 50), cut(300, 50);
    whole.start(head_only);
    cut.start(head_only);
    std::string_view view = stream;
    const Progress progress = whole.feed(view);
    Progress of_cut = Progress::need_more;
    std::string unread;
    for (std::size_t i = 0; i < stream.size() && of_cut == Progress::need_more; ++i) {
        unread += stream[i];
        std::string_view rest = unread;
        of_cut = cut.feed(rest);
        unread = std::string(rest);
    }
    CHECK(progress == of_cut);
    reply = whole.take();
    CHECK(reply.body == cut.take().body);
    return progress;
}

}  // namespace

TEST_CASE("well-formed replies are read") {
    ports::HttpReply reply;
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b \r\n\r\nhello", reply) == Progress::complete);
    CHECK(reply.status == 200);
    CHECK(reply.body == "hello");
    CHECK(*reply.header("x-a") == "b");
    CHECK(read("HTTP/1.1 201\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", reply) == Progress::complete);
    CHECK(reply.body == "abc");
    CHECK(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", reply) == Progress::complete);
    CHECK(reply.status == 204);
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", reply, true) == Progress::complete);
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", reply) == Progress::need_more);
}

TEST_CASE("replies with an unclear meaning or size are refused") {
    const std::vector<std::string> streams = {
        "garbage\r\n",
        "HTTP/2 200 OK\r\n",
        "HTTP/1.1 99 OK\r\n",
        "HTTP/1.1 600 OK\r\n",
        "HTTP/1.1 101 Switching\r\n",
        "HTTP/1.1 2x0 OK\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 200 OK\n",
        "HTTP/1.1 200 OK\r\n folded\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n33\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 51\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: " + std::string(300, 'x'),
    };
    for (const std::string& stream : streams) {
        CAPTURE(stream);
        ports::HttpReply reply;
        CHECK(read(stream, reply) == Progress::malformed);
    }
}

TEST_CASE("a call becomes a request") {
    ports::HttpCall call{.method = "POST", .url = "http://127.0.0.1:80/a?b=%20", .headers = {{"X-A", "b"}}, .body = "hi"};
    auto request = wire_request_of(call);
    REQUIRE(request.has_value());
    CHECK(request->bytes == "POST /a?b=%20 HTTP/1.1\r\nhost: 127.0.0.1:80\r\nX-A: b\r\ncontent-length: 2\r\n\r\nhi");
    CHECK_FALSE(request->resend_safe);
    call.headers.push_back({"Idempotency-Key", "k"});
    CHECK(wire_request_of(call)->resend_safe);
    const auto bare = wire_request_of({.method = "GET", .url = "http://[::1]:8080?x"});
    REQUIRE(bare.has_value());
    CHECK(bare->host == "::1");
    CHECK(bare->port == 8080);
    CHECK(bare->bytes == "GET /?x HTTP/1.1\r\nhost: [::1]:8080\r\n\r\n");
    CHECK(bare->resend_safe);
}

TEST_CASE("calls that can't be sent safely are refused") {
    for (const char* url : {"", "https://a/", "http://", "http:///a", "http://a:0/", "http://a:65536/", "http://a:x/", "http://u@a/", "http://a/ b", "http://a/#b",
                            "http://a/\r\n", "http://[::1/", "http://a:1:2/"}) {
        CAPTURE(url);
        CHECK_FALSE(wire_request_of({.url = url}).has_value());
    }
    CHECK_FALSE(wire_request_of({.method = "GE T", .url = "http://a/"}).has_value());
    CHECK_FALSE(wire_request_of({.url = "http://a/", .headers = {{"X", "a\r\nY: b"}}}).has_value());
    CHECK_FALSE(wire_request_of({.url = "http://a/", .headers = {{"Content-Length", "3"}}}).has_value());
    CHECK_FALSE(wire_request_of({.url = "http://a/", .headers = {{"X Y", "3"}}}).has_value());
}
