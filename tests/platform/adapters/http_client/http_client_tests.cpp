// The client against the real server and against servers that misbehave: replies, pooling, and certain against unknown.
#include "platform/adapters/http_client/http_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/http/server.hpp"
#include "tests/platform/adapters/http_client/scripted_server.hpp"

using namespace granary;
using namespace granary::ports;
using granary::http_client::make_http_client;
using granary::tests::Part;
using granary::tests::ScriptedServer;

namespace {

const std::string ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

std::unique_ptr<http::Server> start(http::Handler handler, http::ServerOptions options = {}) {
    auto server = http::Server::start(std::move(options), std::move(handler));
    REQUIRE(server.has_value());
    return std::move(*server);
}

void echo(http::Request&& request, http::Responder respond) {
    http::Response response;
    response.status = 201;
    response.headers.add("x-key", request.headers.find("idempotency-key") != nullptr ? *request.headers.find("idempotency-key") : "");
    response.body = std::string(http::name_of(request.method)) + " " + request.target + " " + request.body;
    respond(std::move(response));
}

HttpCall post(const ScriptedServer& server, std::vector<HttpField> headers = {}) {
    return {.method = "POST", .url = server.url("/pay"), .headers = std::move(headers), .body = "money", .deadline = seconds(20)};
}

HttpCall get(const ScriptedServer& server) { return {.method = "GET", .url = server.url("/look"), .deadline = seconds(20)}; }

FaultCode code_of(const Result<HttpReply>& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error().code;
}

}  // namespace

TEST_CASE("a call reaches the server and its reply comes back") {
    const auto server = start(echo);
    const auto client = make_http_client();
    const std::string url = "http://" + server->address() + "/a?b=c";
    for (int i = 0; i < 3; ++i) {
        const auto reply = send_and_wait(*client, {.method = "POST", .url = url, .headers = {{"Idempotency-Key", "k1"}}, .body = "x"});
        REQUIRE(reply.has_value());
        CHECK(reply->status == 201);
        CHECK(reply->body == "POST /a?b=c x");
        CHECK(*reply->header("x-key") == "k1");
    }
    const auto head = send_and_wait(*client, {.method = "HEAD", .url = url});
    REQUIRE(head.has_value());
    CHECK(head->body.empty());
    CHECK(server->counts().connections_accepted == 1);
}

TEST_CASE("a large body goes there and comes back") {
    const auto server = start(echo, {.body_limit = [](http::Method, std::string_view) { return std::size_t{8} * 1024 * 1024; }});
    const auto client = make_http_client();
    const std::string body(std::size_t{6} * 1024 * 1024, 'x');
    const auto reply = send_and_wait(*client, {.method = "PUT", .url = "http://" + server->address() + "/", .body = body});
    REQUIRE(reply.has_value());
    CHECK(reply->body == "PUT / " + body);
}

TEST_CASE("a host name is resolved") {
    const auto server = start(echo);
    const auto client = make_http_client();
    const auto reply = send_and_wait(*client, {.url = "http://localhost:" + std::to_string(server->port()) + "/"});
    CHECK(reply.has_value());
}

TEST_CASE("many calls at once share a few connections, and none is lost") {
    constexpr int calls = 500;
    std::atomic<int> right = 0, ended = 0;
    std::promise<void> all;  // outlives the client, whose thread sets it
    const auto server = start(echo);
    const auto client = make_http_client({.connections_per_host_max = 4});
    for (int i = 0; i < calls; ++i) {
        const std::string path = "/" + std::to_string(i);
        client->send({.url = "http://" + server->address() + path}, [&, path](Result<HttpReply> reply) {
            right += reply && reply->body == "GET " + path + " " ? 1 : 0;
            if (++ended == calls) all.set_value();
        });
    }
    all.get_future().wait();
    CHECK(right == calls);
    CHECK(server->counts().connections_accepted <= 4);
}

TEST_CASE("what is not sent is unavailable") {
    const auto client = make_http_client();
    std::string closed_port;
    {
        ScriptedServer gone({});
        closed_port = gone.url("/");
    }
    CHECK(code_of(send_and_wait(*client, {.method = "POST", .url = closed_port})) == FaultCode::unavailable);
    CHECK(code_of(send_and_wait(*client, {.url = "http://no-such-host.invalid/"})) == FaultCode::unavailable);
    CHECK(code_of(send_and_wait(*client, {.url = "ftp://a/"})) == FaultCode::invalid_argument);
}

TEST_CASE("a full queue, and a wait beyond the deadline, are unavailable") {
    ScriptedServer server({Part{tests::silence}});
    std::promise<Result<HttpReply>> first, second, third;
    {
        const auto client = make_http_client({.connections_per_host_max = 1, .calls_waiting_max = 1});
        client->send(post(server), [&](Result<HttpReply> result) { first.set_value(std::move(result)); });
        HttpCall impatient = post(server);
        impatient.deadline = milliseconds(20);
        client->send(impatient, [&](Result<HttpReply> result) { second.set_value(std::move(result)); });
        client->send(post(server), [&](Result<HttpReply> result) { third.set_value(std::move(result)); });
        CHECK(code_of(third.get_future().get()) == FaultCode::unavailable);
        CHECK(code_of(second.get_future().get()) == FaultCode::unavailable);
        while (server.requests().empty()) std::this_thread::yield();
    }
    // Destroying the client ends what is in flight, and says that its outcome is unknown.
    CHECK(code_of(first.get_future().get()) == FaultCode::timed_out);
}

TEST_CASE("what was sent and has no whole reply is unknown, and is not sent again") {
    const std::vector<std::string> ends = {
        "",                                                        // closes without a word
        tests::reset,                                              // resets
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",       // closes in the middle of the body
        "HTTP/1.1 200 OK\r\ncontent-le",                           // closes in the middle of the header
        "what?\r\n\r\n",                                           // not HTTP
        "HTTP/1.1 200 OK\r\n\r\nendless",                          // no length
        "HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n",    // too large
    };
    for (const std::string& end : ends) {
        CAPTURE(end);
        ScriptedServer server({Part{end}, Part{ok}});
        const auto client = make_http_client();
        CHECK(code_of(send_and_wait(*client, post(server, {{"idempotency-key", "k"}}))) == FaultCode::timed_out);
        CHECK(server.requests().size() == 1);
    }
}

TEST_CASE("a server that never answers is unknown at the deadline") {
    ScriptedServer server({Part{tests::silence}});
    const auto client = make_http_client();
    HttpCall call = get(server);
    call.deadline = milliseconds(100);
    const auto result = send_and_wait(*client, call);
    REQUIRE_FALSE(result.has_value());
    while (server.requests().empty()) std::this_thread::yield();
    CHECK(result.error().code == FaultCode::timed_out);
}

TEST_CASE("a call on a pooled connection that dies is sent again only where that is safe") {
    SUBCASE("idempotent method") {
        ScriptedServer server({Part{ok, tests::reset}, Part{ok}});
        const auto client = make_http_client();
        CHECK(send_and_wait(*client, get(server)).has_value());
        CHECK(send_and_wait(*client, get(server)).has_value());
        CHECK(server.requests().size() == 3);
    }
    SUBCASE("with an Idempotency-Key") {
        ScriptedServer server({Part{ok, ""}, Part{ok}});
        const auto client = make_http_client();
        CHECK(send_and_wait(*client, post(server)).has_value());
        CHECK(send_and_wait(*client, post(server, {{"Idempotency-Key", "k"}})).has_value());
        CHECK(server.requests().size() == 3);
    }
}

TEST_CASE("a call on a pooled connection that dies is otherwise unknown") {
    SUBCASE("neither idempotent nor with a key") {
        ScriptedServer server({Part{ok, tests::reset}, Part{ok}});
        const auto client = make_http_client();
        CHECK(send_and_wait(*client, post(server)).has_value());
        CHECK(code_of(send_and_wait(*client, post(server))) == FaultCode::timed_out);
        CHECK(server.requests().size() == 2);
    }
    SUBCASE("only once") {
        ScriptedServer server({Part{ok, tests::reset}, Part{tests::reset}, Part{ok}});
        const auto client = make_http_client();
        CHECK(send_and_wait(*client, get(server)).has_value());
        CHECK(code_of(send_and_wait(*client, get(server))) == FaultCode::timed_out);
        CHECK(server.requests().size() == 3);
    }
    SUBCASE("not after a byte of the reply") {
        ScriptedServer server({Part{ok, "H"}, Part{ok}});
        const auto client = make_http_client();
        CHECK(send_and_wait(*client, get(server)).has_value());
        CHECK(code_of(send_and_wait(*client, get(server))) == FaultCode::timed_out);
        CHECK(server.requests().size() == 2);
    }
}

TEST_CASE("a connection that the server has closed, or that it won't keep, is not used again") {
    for (const std::string& first : {ok, std::string("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"), ok + "surplus"}) {
        CAPTURE(first);
        ScriptedServer server({Part{first}, Part{ok}});
        const auto client = make_http_client();
        CHECK(send_and_wait(*client, post(server)).has_value());
        // The server closes behind its reply; whether the client sees that before, at or after the next call, the
        // call without a key is either sent on a new connection or reported as unknown, and never sent twice.
        const auto second = send_and_wait(*client, post(server));
        if (!second) CHECK(second.error().code == FaultCode::timed_out);
        CHECK(server.requests().size() <= 2);
    }
}

TEST_CASE("a reply that comes before the whole request was taken is a reply") {
    const auto server = start(echo);
    const auto client = make_http_client();
    const auto reply = send_and_wait(*client, {.method = "POST", .url = "http://" + server->address() + "/", .body = std::string(std::size_t{4} * 1024 * 1024, 'x')});
    if (reply) CHECK(reply->status == 413);
    else CHECK(reply.error().code == FaultCode::timed_out);  // the server's reset may overtake its reply
}

TEST_CASE("a callback may send the next call") {
    std::promise<int> done;  // outlives the client, whose thread sets it
    std::function<void(int)> next;
    const auto server = start(echo);
    const auto client = make_http_client();
    next = [&](int n) {
        client->send({.url = "http://" + server->address() + "/"}, [&, n](Result<HttpReply> reply) { n == 10 || !reply ? done.set_value(n) : next(n + 1); });
    };
    next(1);
    CHECK(done.get_future().get() == 10);
}
