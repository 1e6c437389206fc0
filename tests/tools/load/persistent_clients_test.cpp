// Clients that persist, against a real server that fails them in every way that is allowed, and in some that are not.
#include "tools/load/persistent_clients.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <mutex>
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

http::Response answer(int status, std::string location = {}, std::string retry_after = {}) {
    http::Response response;
    response.status = status;
    if (!location.empty()) response.headers.add("Location", std::move(location));
    if (!retry_after.empty()) response.headers.add("Retry-After", std::move(retry_after));
    return response;
}

std::string request(std::uint64_t n) { return "POST /" + std::to_string(n) + " HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"; }

PersistentOptions options_for(const http::Server& first, const http::Server& second, std::uint64_t requests) {
    PersistentOptions options;
    options.ports = {first.port(), second.port()};
    options.clients = 4;
    options.requests = requests;
    options.again = 0.5;
    return options;
}

}  // namespace

TEST_CASE("clients that persist ask until they are acknowledged, at any node, and hear the same when they ask again") {
    std::mutex mutex;
    std::map<std::string, int> tries;
    const auto handler = [&](http::Request&& asked, http::Responder respond) {
        const std::scoped_lock lock(mutex);
        const int before = tries[asked.target]++;
        constexpr int refusals[] = {503, 504, 409, 429};
        if (before < 4 && asked.target.ends_with('3')) return respond(answer(refusals[before], {}, before % 3 == 0 ? "0" : ""));
        respond(answer(201, "/made" + asked.target));
    };
    const auto first = serve(handler), second = serve(handler);
    std::map<std::uint64_t, std::string> made;
    const auto counts = run_persistent(options_for(*first, *second, 40), request, [&](std::uint64_t n, std::string_view location) {
        CHECK(made.emplace(n, location).second);
    });
    CHECK(counts.acknowledged == 40);
    CHECK(made.size() == 40);
    CHECK(made.at(13) == "/made/13");
    CHECK(counts.surprises.empty());
    CHECK(counts.statuses.at(503) == 4);
    CHECK(counts.statuses.at(201) == 40 + counts.asked_again);
    CHECK(counts.asked_again > 5);
    CHECK(counts.latencies_us.size() == 40);
    CHECK(first->counts().requests > 5);
    CHECK(second->counts().requests > 5);
}

TEST_CASE("another answer than before, a refusal, and a 503 that does not say when to come again are surprises") {
    std::mutex mutex;
    int made = 0;
    std::map<std::string, int> tries;
    const auto handler = [&](http::Request&& asked, http::Responder respond) {
        const std::scoped_lock lock(mutex);
        if (asked.target == "/1") return respond(answer(422));
        if (asked.target == "/2" && tries[asked.target]++ == 0) return respond(answer(503));
        respond(answer(201, "/made/" + std::to_string(++made)));
    };
    const auto first = serve(handler), second = serve(handler);
    auto options = options_for(*first, *second, 3);
    options.again = 1;
    const auto counts = run_persistent(options, request, [](std::uint64_t, std::string_view) {});
    CHECK(counts.acknowledged == 2);
    CHECK(counts.surprises_in_all == 4);  // refused once, told nothing once, and two orders made twice
}

TEST_CASE("a node that is not there is passed by, and a request that nobody answers is a surprise in the end") {
    const auto handler = [](http::Request&& asked, http::Responder respond) { respond(answer(asked.target == "/7" ? 504 : 201, "/made")); };
    const auto first = serve(handler);
    auto gone = serve(handler);
    auto options = options_for(*first, *gone, 8);
    gone.reset();
    options.request_patience = std::chrono::seconds(1);
    const auto counts = run_persistent(options, request, [](std::uint64_t, std::string_view) {});
    CHECK(counts.acknowledged == 7);
    CHECK(counts.surprises_in_all == 1);
    CHECK(counts.statuses.at(0) > 0);
}
