// The server over real sockets: what clients see of pipelining, limits, time-outs, attacks and a stop.
#include "gateway/http/server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/gateway/http/raw_client.hpp"

using namespace granary;
using namespace granary::http;
using granary::tests::RawClient;
using granary::tests::RawReply;

namespace {

Response echo(const Request& request) {
    Response response;
    response.body = std::string(name_of(request.method)) + " " + request.target + " " + request.body;
    return response;
}
void echo_all(Request&& request, Responder respond) { respond(echo(request)); }

// Keeps requests under `/hold` unanswered until the test answers them; the others are echoed.
class Holding {
  public:
    Handler handler() {
        return [this](Request&& request, Responder respond) {
            if (!request.target.starts_with("/hold")) return respond(echo(request));
            const std::lock_guard lock(mutex_);
            held_.push_back({std::move(request), std::move(respond)});
            arrived_.notify_all();
        };
    }
    void wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        REQUIRE(arrived_.wait_for(lock, std::chrono::seconds(20), [&] { return held_.size() >= count; }));
    }
    void answer(std::size_t index) {
        const std::lock_guard lock(mutex_);
        held_[index].respond(echo(held_[index].request));
    }
    void drop_all() {
        const std::lock_guard lock(mutex_);
        held_.clear();
    }

  private:
    struct Held {
        Request request;
        Responder respond;
    };
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Held> held_;
};

std::unique_ptr<Server> start(ServerOptions options, Handler handler) {
    auto server = Server::start(std::move(options), std::move(handler));
    REQUIRE(server.has_value());
    return std::move(*server);
}

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

}  // namespace

TEST_CASE("requests of one connection are answered one after another") {
    Holding holding;
    const auto server = start({}, holding.handler());
    CHECK(server->address() == "127.0.0.1:" + std::to_string(server->port()));
    RawClient client(server->port());
    for (int i = 0; i < 3; ++i) {
        client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        const RawReply reply = client.receive();
        CHECK(reply.status == 200);
        CHECK(reply.body == "POST /a hello");
        CHECK(reply.head.contains("\r\ndate: "));
        CHECK_FALSE(reply.head.contains("server:"));
    }
    client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.receive(true).head.contains("content-length: 8"));
    client.send("POST /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    const RawReply last = client.receive();
    CHECK(last.body == "POST /b abc");
    CHECK(last.head.contains("connection: close"));
    CHECK(client.ended());
    CHECK(server->counts().requests == 5);
}

TEST_CASE("answers that come out of order, from other threads, leave in order") {
    Holding holding;
    const auto server = start({.io_threads = 2}, holding.handler());
    RawClient client(server->port());
    client.send(get("/hold/0") + get("/now") + get("/hold/1") + get("/hold/2"));
    holding.wait_for(3);
    std::thread([&] { holding.answer(2); }).join();
    std::thread([&] { holding.answer(1); }).join();
    std::thread([&] { holding.answer(0); }).join();
    for (const char* target : {"/hold/0", "/now", "/hold/1", "/hold/2"}) CHECK(client.receive().body == std::string("GET ") + target + " ");
}

TEST_CASE("many connections and threads at once lose and mix up nothing") {
    const auto server = start({.io_threads = 2}, [](Request&& request, Responder respond) {
        std::thread([body = echo(request), respond = std::move(respond)]() mutable { respond(std::move(body)); }).detach();
    });
    std::vector<std::future<int>> clients;
    for (int c = 0; c < 4; ++c) {
        clients.push_back(std::async(std::launch::async, [&, c] {
            RawClient client(server->port());
            int right = 0;
            for (int i = 0; i < 50; ++i) {
                const std::string target = "/" + std::to_string(c) + "/" + std::to_string(i);
                client.send(get(target) + get(target + "/b"));
                right += client.receive().body == "GET " + target + " " ? 1 : 0;
                right += client.receive().body == "GET " + target + "/b " ? 1 : 0;
            }
            return right;
        }));
    }
    for (auto& client : clients) CHECK(client.get() == 100);
}

TEST_CASE("a large body goes both ways, and 100 Continue is said") {
    const auto server = start({.body_limit = [](Method, std::string_view) { return std::size_t{1024} * 1024; }}, echo_all);
    RawClient client(server->port());
    const std::string body(1024 * 1024, 'x');
    client.send("PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1048576\r\n\r\n");
    CHECK(client.receive().head == "HTTP/1.1 100 Continue");
    std::thread sender([&] { client.send(body); });
    CHECK(client.receive().body == "PUT /a " + body);
    sender.join();
}

TEST_CASE("a smuggled request never reaches the handler, and the connection ends") {
    const std::string smuggled = "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::vector<std::string> attacks = {
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n" + smuggled,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n" + smuggled,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n" + smuggled,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled,
    };
    std::atomic<int> handled = 0;
    const auto server = start({}, [&](Request&&, Responder) { ++handled; });
    for (const std::string& attack : attacks) {
        RawClient client(server->port());
        client.send(attack);
        const RawReply reply = client.receive();
        CHECK((reply.status == 400 || reply.status == 501));
        CHECK(reply.head.contains("application/problem+json"));
        CHECK(client.ended());
    }
    CHECK(handled == 0);
}

TEST_CASE("a body over the limit is answered before it is sent, and read no further") {
    const auto server = start({}, echo_all);
    RawClient client(server->port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n");
    CHECK(client.receive().status == 413);
    CHECK(client.ended());
}

TEST_CASE("an unanswered request is a 500, however its responder dies") {
    Holding holding;
    const auto server = start({}, [&](Request&& request, Responder respond) {
        if (request.target == "/throw") throw std::runtime_error("a bug");
        if (request.target == "/forget") return;
        holding.handler()(std::move(request), std::move(respond));
    });
    RawClient client(server->port());
    client.send(get("/forget") + get("/throw") + get("/hold"));
    CHECK(client.receive().status == 500);
    CHECK(client.receive().status == 500);
    holding.wait_for(1);
    holding.drop_all();
    CHECK(client.receive().status == 500);
    client.send(get("/fine"));
    CHECK(client.receive().status == 200);
    CHECK(server->counts().handler_failures == 1);
}

TEST_CASE("slow headers, slow bodies, idle connections and slow handlers are cut off") {
    Holding holding;
    const auto server = start({.header_timeout = milliseconds(40), .body_timeout = milliseconds(40), .idle_timeout = milliseconds(400), .handler_deadline = milliseconds(40)},
                              holding.handler());
    RawClient header(server->port()), body(server->port()), idle(server->port()), handler(server->port());
    header.send("GET / HT");
    body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nh");
    handler.send(get("/hold"));
    CHECK(header.receive().status == 408);
    CHECK(header.ended());
    CHECK(body.receive().status == 408);
    CHECK(body.ended());
    CHECK(handler.receive().status == 503);
    CHECK(idle.ended());
    holding.answer(0);  // too late: ignored
    CHECK(server->counts().timeouts >= 4);
}

TEST_CASE("a connection too many is told so and closed; a place that gets free is given away") {
    const auto server = start({.connections_max = 1, .mute_patience = hours(1)}, echo_all);
    {
        RawClient first(server->port());
        first.send(get("/"));
        CHECK(first.receive().status == 200);
        RawClient second(server->port());
        CHECK(second.receive().status == 503);
        CHECK(second.ended());
        first.send(get("/"));
        CHECK(first.receive().status == 200);
    }
    // The server notices the closed connection in its own time.
    for (int status = 503; status == 503;) {
        RawClient again(server->port());
        again.send(get("/"));
        status = again.receive().status;
        CHECK((status == 200 || status == 503));
    }
    CHECK(server->counts().connections_refused >= 1);
}

TEST_CASE("with no place left the connection that has been mute for longest makes one, a busy one does not") {
    Holding holding;
    const auto server = start({.connections_max = 3, .mute_patience = Duration{-1}}, holding.handler());
    RawClient busy(server->port());
    busy.send(get("/hold"));
    holding.wait_for(1);
    RawClient mute(server->port()), younger(server->port());
    younger.send(get("/1"));
    CHECK(younger.receive().status == 200);
    RawClient next(server->port());
    next.send(get("/2"));
    CHECK(next.receive().status == 200);
    CHECK(mute.ended());
    holding.answer(0);
    CHECK(busy.receive().status == 200);
    CHECK(server->counts().connections_refused == 0);
}

TEST_CASE("connections together hold only so much: large requests behind that are refused, small ones are not") {
    ServerOptions options;
    options.held_bytes_max = 150 * 1024;
    options.body_limit = [](Method, std::string_view) { return std::size_t{1} << 20; };
    const auto server = start(std::move(options), echo_all);
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n";
    RawClient first(server->port()), second(server->port()), small(server->port());
    first.send(head + std::string(120 * 1024, 'a'));
    second.send(head + std::string(120 * 1024, 'b'));
    // Which of the two went over the limit is the sockets' choice.
    const bool second_went = second.send(std::string(60 * 1024, 'b'));
    first.send(std::string(200'000 - 120 * 1024, 'a'));
    small.send(get("/small"));
    CHECK(small.receive().status == 200);
    const int statuses[] = {first.receive().status, second_went ? second.receive().status : 503};
    CHECK((statuses[0] == 503 || statuses[1] == 503));
}

TEST_CASE("stop answers what was read, closes the idle and takes nothing new") {
    Holding holding;
    const auto server = start({}, holding.handler());
    RawClient idle(server->port()), busy(server->port());
    busy.send(get("/hold/1"));
    holding.wait_for(1);
    auto stopping = std::async(std::launch::async, [&] { server->stop(seconds(20)); });
    CHECK(idle.ended());
    holding.answer(0);
    const RawReply reply = busy.receive();
    CHECK(reply.body == "GET /hold/1 ");
    CHECK(reply.head.contains("connection: close"));
    CHECK(busy.ended());
    busy.end();  // else the server lingers a moment before it drops the connection
    stopping.get();
    CHECK(server->counts().connections_open == 0);
    CHECK_THROWS(RawClient(server->port()));
}

TEST_CASE("stop does not wait for ever, and a late answer does no harm") {
    Holding holding;
    auto server = start({}, holding.handler());
    RawClient client(server->port());
    client.send(get("/hold"));
    holding.wait_for(1);
    server->stop(milliseconds(1));
    CHECK(client.ended());
    holding.answer(0);
    server.reset();
    holding.drop_all();
}

TEST_CASE("a listen address is checked, and a taken port is reported") {
    const Handler handler = [](Request&&, Responder) {};
    for (const char* address : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "shop:80", ":80"}) {
        const auto server = Server::start({.listen = address}, handler);
        REQUIRE_FALSE(server.has_value());
        CHECK(server.error().code == FaultCode::invalid_argument);
    }
    const auto first = start({}, handler);
    const auto second = Server::start({.listen = first->address()}, handler);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == FaultCode::io_error);
}

TEST_CASE("IPv6 is served") {
    const auto server = Server::start({.listen = "[::1]:0"}, echo_all);
    if (!server) return;  // a machine without IPv6
    RawClient client((*server)->port(), true);
    client.send(get("/"));
    CHECK(client.receive().status == 200);
}
