// The load generator against the real server: it must count right, or every benchmark lies.
#include "tools/load/connection_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "gateway/http/server.hpp"

using namespace granary;
using namespace granary::load;

namespace {

std::unique_ptr<http::Server> serve(http::Handler handler) {
    auto server = http::Server::start({}, std::move(handler));
    REQUIRE(server);
    return std::move(*server);
}

std::string get(std::uint64_t n) { return "GET /" + std::to_string(n) + " HTTP/1.1\r\nHost: test\r\n\r\n"; }

RunOptions options_for(const http::Server& server, std::uint64_t requests) {
    RunOptions options;
    options.port = server.port();
    options.connections = 8;
    options.seconds = 60;  // a bound only: the number of requests ends the run
    options.requests_max = requests;
    return options;
}

}  // namespace

TEST_CASE("every request is sent once, and its own answer comes back") {
    const auto server = serve([](http::Request&& request, http::Responder respond) {
        http::Response response;
        response.status = request.target.ends_with("7") ? 404 : 200;
        response.body = request.target;
        respond(std::move(response));
    });
    std::map<std::uint64_t, std::string> bodies;
    std::map<int, int> statuses;
    const auto counts = run_load(options_for(*server, 500), get, [&](std::uint64_t n, const Reply& reply) {
        bodies[n] = reply.body;
        ++statuses[reply.status];
        CHECK(reply.latency_us >= 0);
        CHECK(field_of(reply.head, "content-length") == std::to_string(reply.body.size()));
    });
    REQUIRE(counts);
    CHECK(counts->sent == 500);
    CHECK(counts->answered == 500);
    CHECK(counts->broken == 0);
    CHECK(counts->latencies_us.size() == 500);
    CHECK(server->counts().requests == 500);
    CHECK(server->counts().connections_accepted == 8);
    CHECK(statuses == std::map<int, int>{{200, 450}, {404, 50}});
    REQUIRE(bodies.size() == 500);
    for (const auto& [n, body] : bodies) CHECK(body == "/" + std::to_string(n));
}

TEST_CASE("a server that closes after each answer is connected to again, and nothing is broken") {
    const auto server = serve([](http::Request&&, http::Responder respond) {
        http::Response response;
        response.close = true;
        respond(std::move(response));
    });
    const auto counts = run_load(options_for(*server, 40), get, [](std::uint64_t, const Reply&) {});
    REQUIRE(counts);
    CHECK(counts->answered == 40);
    CHECK(counts->broken == 0);
    CHECK(server->counts().connections_accepted >= 40);
}

TEST_CASE("a connection that breaks before the answer is counted as broken, and the run goes on to its end") {
    std::unique_ptr<http::Server> server;
    std::atomic<int> requests = 0;
    // More header than the server takes makes it refuse and close; the others are answered.
    server = serve([&](http::Request&&, http::Responder respond) {
        ++requests;
        respond(http::Response{});
    });
    std::uint64_t broken = 0;
    const auto counts = run_load(
        options_for(*server, 20), [](std::uint64_t n) { return n % 4 == 0 ? std::string("GET / HTTP/1.0\nnonsense\n\n") : get(n); },
        [&](std::uint64_t, const Reply& reply) { broken += reply.status == 0 || reply.status >= 400; });
    REQUIRE(counts);
    CHECK(counts->sent == 20);
    CHECK(counts->answered + counts->broken == 20);
    CHECK(broken == 5);
    CHECK(requests == 15);
}

TEST_CASE("no server is a fault at the start") {
    std::uint16_t port = 0;
    {
        const auto gone = serve([](http::Request&&, http::Responder respond) { respond(http::Response{}); });
        port = gone->port();
    }
    RunOptions options;
    options.port = port;
    const auto counts = run_load(options, get, [](std::uint64_t, const Reply&) {});
    REQUIRE_FALSE(counts);
    CHECK(counts.error().code == FaultCode::unavailable);
}

TEST_CASE("percentiles are values that occurred") {
    std::vector<std::int64_t> values{5, 1, 4, 2, 3};
    CHECK(percentile(values, 0) == 1);
    CHECK(percentile(values, 50) == 3);
    CHECK(percentile(values, 99) == 5);
    CHECK(percentile(values, 100) == 5);
    std::vector<std::int64_t> none;
    CHECK(percentile(none, 50) == 0);
}

TEST_CASE("fields are found by name in either case, and only whole names count") {
    const std::string_view head = "HTTP/1.1 201 Created\r\nX-Location: no\r\nLocation:  /v1/orders/1\r\nEmpty:\r\n";
    CHECK(field_of(head, "location") == "/v1/orders/1");
    CHECK(field_of(head, "x-location") == "no");
    CHECK(field_of(head, "empty").empty());
    CHECK(field_of(head, "loc").empty());
    CHECK(field_of("HTTP/1.1 200 OK\r\n", "location").empty());
    CHECK(field_of("", "location").empty());
}
