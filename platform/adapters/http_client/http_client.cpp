// The pool: calls wait for a connection of their host, within limits, on one io thread.
#include "platform/adapters/http_client/http_client.hpp"

#include <pthread.h>
#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "core/check.hpp"
#include "platform/adapters/http_client/connection.hpp"

namespace granary::http_client {
namespace {

namespace asio = boost::asio;

constexpr auto tick_interval = std::chrono::milliseconds(10);
// Calls that other threads have handed over and the io thread has not taken yet.
constexpr std::size_t handed_over_max = 16384;

Duration monotonic_now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

// Ends a call that has no reply: what can't have reached the server is told apart from what may have.
void fail(Job& job, const std::string& why) {
    job.done(fault(job.sent ? FaultCode::timed_out : FaultCode::unavailable, why));
}

class Client final : public ports::HttpClient, public ConnectionOwner {
  public:
    explicit Client(const ClientOptions& options);
    ~Client() override;

    void send(ports::HttpCall call, std::function<void(Result<ports::HttpReply>)> done) override;

    Duration now() const override { return now_; }
    std::vector<char>& read_buffer() override { return read_buffer_; }
    void on_reply(Connection& connection, std::unique_ptr<Job> job, ports::HttpReply reply) override;
    void on_lost(Connection& connection, std::unique_ptr<Job> job, bool stale, std::string why) override;

  private:
    struct Host {
        std::vector<std::shared_ptr<Connection>> connections;
        std::vector<std::shared_ptr<Connection>> idle;  // last used last
        std::deque<std::unique_ptr<Job>> waiting;
    };

    void take_over();
    void submit(std::unique_ptr<Job> job);
    void connect(Host& host, const std::string& key, std::unique_ptr<Job> job);
    std::shared_ptr<Connection> take_idle(Host& host);
    void serve_waiting(Host& host, const std::string& key);
    void start_tick();
    void tick();
    void shut_down();

    const ClientOptions options_;
    asio::io_context io_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    asio::steady_timer timer_;
    std::vector<char> read_buffer_ = std::vector<char>(std::size_t{64} * 1024);
    std::map<std::string, Host, std::less<>> hosts_;
    Duration now_ = monotonic_now();
    std::mutex mutex_;
    std::vector<std::unique_ptr<Job>> handed_over_;
    bool closed_ = false;
    bool ticking_ = false;  // only while there are connections, all of which have some deadline
    std::thread thread_;
};

std::string key_of(const WireRequest& request) { return request.host + " " + std::to_string(request.port); }

Client::Client(const ClientOptions& options) : options_(options), io_(1), guard_(io_.get_executor()), timer_(io_) {
    GRANARY_CHECK(options.connections_per_host_max > 0);
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "http client");
        io_.run();
    });
}

Client::~Client() {
    asio::post(io_, [this] { shut_down(); });
    thread_.join();
}

void Client::send(ports::HttpCall call, std::function<void(Result<ports::HttpReply>)> done) {
    auto request = wire_request_of(call);
    if (!request) return done(std::unexpected(request.error()));
    auto job = std::make_unique<Job>(std::move(*request), Duration{monotonic_now().us + call.deadline.us}, std::move(done));
    bool refused = false;
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        refused = closed_ || handed_over_.size() >= handed_over_max;
        first = handed_over_.empty();
        if (!refused) handed_over_.push_back(std::move(job));
    }
    if (refused) return fail(*job, "the client takes no more calls now");
    if (first) asio::post(io_, [this] { take_over(); });
}

void Client::take_over() {
    std::vector<std::unique_ptr<Job>> jobs;
    {
        const std::lock_guard lock(mutex_);
        jobs.swap(handed_over_);
    }
    now_ = monotonic_now();
    for (auto& job : jobs) submit(std::move(job));
    if (!std::exchange(ticking_, !hosts_.empty()) && ticking_) start_tick();
}

void Client::submit(std::unique_ptr<Job> job) {
    const std::string key = key_of(job->request);
    Host& host = hosts_[key];
    if (const auto connection = take_idle(host)) return connection->send(std::move(job));
    if (host.connections.size() < options_.connections_per_host_max) return connect(host, key, std::move(job));
    if (host.waiting.size() < options_.calls_waiting_max) return host.waiting.push_back(std::move(job));
    fail(*job, "too many calls wait for this host");
}

void Client::connect(Host& host, const std::string& key, std::unique_ptr<Job> job) {
    const auto connection = std::make_shared<Connection>(io_, *this, options_, key);
    host.connections.push_back(connection);
    connection->connect(std::move(job));
}

// The free connection that was used last and is still alive, or null; dead ones are dropped, which makes room.
std::shared_ptr<Connection> Client::take_idle(Host& host) {
    while (!host.idle.empty()) {
        auto connection = std::move(host.idle.back());
        host.idle.pop_back();
        if (connection->is_alive()) return connection;
        connection->close();
        std::erase(host.connections, connection);
    }
    return nullptr;
}

// A place has become free: the calls that waited longest get it.
void Client::serve_waiting(Host& host, const std::string& key) {
    while (!host.waiting.empty() && (!host.idle.empty() || host.connections.size() < options_.connections_per_host_max)) {
        std::unique_ptr<Job> job = std::move(host.waiting.front());
        host.waiting.pop_front();
        if (const auto connection = take_idle(host)) connection->send(std::move(job));
        else connect(host, key, std::move(job));
    }
}

void Client::on_reply(Connection& connection, std::unique_ptr<Job> job, ports::HttpReply reply) {
    Host& host = hosts_[connection.host_key()];
    if (connection.is_open() && host.waiting.empty() && host.idle.size() >= options_.idle_per_host_max) connection.close();
    if (connection.is_open()) host.idle.push_back(connection.shared_from_this());
    else std::erase_if(host.connections, [&](const auto& known) { return known.get() == &connection; });
    serve_waiting(host, connection.host_key());
    job->done(std::move(reply));
}

void Client::on_lost(Connection& connection, std::unique_ptr<Job> job, bool stale, std::string why) {
    const std::string key = connection.host_key();
    Host& host = hosts_[key];
    const auto same = [&](const auto& known) { return known.get() == &connection; };
    std::erase_if(host.idle, same);
    std::erase_if(host.connections, same);
    // Its own place has just become free, so there is room. On a connection of its own it can't be stale once more, so
    // this happens once; another pooled connection might be as dead as this one.
    if (job && stale && (job->request.resend_safe || !job->sent)) return connect(host, key, std::move(job));
    serve_waiting(host, key);
    if (job) fail(*job, why);
}

void Client::start_tick() {
    timer_.expires_after(tick_interval);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) tick();
    });
}

void Client::tick() {
    now_ = monotonic_now();
    std::vector<std::shared_ptr<Connection>> connections;
    std::vector<std::unique_ptr<Job>> expired;
    for (auto it = hosts_.begin(); it != hosts_.end();) {
        Host& host = it->second;
        connections.insert(connections.end(), host.connections.begin(), host.connections.end());
        for (auto& job : host.waiting)
            if (now_ > job->deadline) expired.push_back(std::move(job));
        std::erase(host.waiting, nullptr);
        it = host.connections.empty() && host.waiting.empty() ? hosts_.erase(it) : std::next(it);
    }
    for (const auto& connection : connections) connection->tick();
    for (const auto& job : expired) fail(*job, "no connection became free before the deadline");
    ticking_ = !hosts_.empty();
    if (ticking_) start_tick();
}

void Client::shut_down() {
    std::vector<std::unique_ptr<Job>> jobs;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        jobs.swap(handed_over_);
    }
    for (auto& [key, host] : hosts_) {
        for (auto& job : host.waiting) jobs.push_back(std::move(job));
        for (const auto& connection : host.connections)
            if (auto job = connection->close()) jobs.push_back(std::move(job));
    }
    hosts_.clear();
    timer_.cancel();
    guard_.reset();
    for (const auto& job : jobs) fail(*job, "the client is shutting down");
}

}  // namespace

std::unique_ptr<ports::HttpClient> make_http_client(ClientOptions options) { return std::make_unique<Client>(options); }

}  // namespace granary::http_client
