// Sockets and threads of the HTTP server: Asio moves bytes, conversation.cpp decides what they mean. The only
// translation unit of the gateway that includes Asio.
#include "gateway/http/server.hpp"

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "gateway/http/conversation.hpp"

namespace granary::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;

constexpr std::size_t read_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t gather_pieces_max = 16;
// How long a connection that was told to go may still send: closing earlier would reset it, and with it our last answer.
constexpr Duration linger_timeout = seconds(1);
// Connections beyond the limit that are being told so; further ones are closed without a word.
constexpr std::size_t refusing_connections_max = 64;
constexpr auto accept_pause = std::chrono::milliseconds(50);

Duration monotonic_now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

Time system_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

// What all loops of a server see.
struct Shared {
    ServerOptions options;
    ConversationRules rules;
    Handler handler;
    std::atomic<std::uint64_t> accepted = 0, refused = 0, requests = 0, requests_refused = 0, timeouts = 0, handler_failures = 0;
    std::atomic<std::size_t> open = 0;
    std::mutex mutex;
    std::condition_variable all_closed;
};

class Connection;

// One io thread: its connections, its clock, and the letter box through which other threads answer.
// Owned by the server and by each of its connections, so that an answer that comes late finds its letter box (closed).
class Loop : public std::enable_shared_from_this<Loop> {
  public:
    explicit Loop(Shared& shared_state) : shared(shared_state), io(1), guard(io.get_executor()), timer(io) { touch_time(); }

    void run();
    void touch_time();
    void add(Socket socket, bool refuse);
    void deliver(std::shared_ptr<Connection> to, std::uint64_t sequence, Response&& response);
    void begin_drain();
    void shut_down();

    Shared& shared;
    asio::io_context io;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    asio::steady_timer timer;
    ConversationTime time;
    bool draining = false;
    std::vector<char> read_buffer = std::vector<char>(read_bytes_max);
    std::vector<asio::const_buffer> gather;
    std::unordered_set<std::shared_ptr<Connection>> connections;
    std::thread thread;

  private:
    struct Letter {
        std::shared_ptr<Connection> to;
        std::uint64_t sequence;
        Response response;
    };

    void start_tick();
    void tick();
    void open_letters();

    std::mutex letters_mutex_;
    std::vector<Letter> letters_;
    bool letters_closed_ = false;
    std::vector<Letter> opening_;
};

// The connection whose requests this thread is handing out; its answers need no letter.
constinit thread_local const Connection* dispatching = nullptr;

class Connection final : public Responder::Sink, public std::enable_shared_from_this<Connection> {
  public:
    Connection(std::shared_ptr<Loop> loop, Socket socket)
        : loop_(std::move(loop)), socket_(std::move(socket)), conversation_(loop_->shared.rules, loop_->time) {}

    void start(bool refuse);
    void answer(std::uint64_t sequence, Response&& response) noexcept override;
    void on_letter(std::uint64_t sequence, Response&& response) { conversation_.answer(sequence, std::move(response)); }
    void pump();
    void tick();
    void drain();
    void close();

  private:
    bool dispatch();
    bool flush();
    void wait_readable();
    void wait_writable();
    void on_readable();
    void discard_input();
    void linger();
    void harvest();

    std::shared_ptr<Loop> loop_;
    Socket socket_;
    Conversation conversation_;
    std::string peer_;
    bool open_ = true;
    bool reading_ = false;
    bool writing_ = false;
    bool lingering_ = false;
    Duration linger_until_;
    std::uint64_t harvested_refusals_ = 0;
    std::uint64_t harvested_timeouts_ = 0;
};

void Connection::start(bool refuse) {
    error_code error;
    socket_.non_blocking(true, error);
    if (!error) socket_.set_option(Tcp::no_delay(true), error);
    const auto endpoint = error ? Tcp::endpoint() : socket_.remote_endpoint(error);
    if (error) return close();  // it went away before it was looked at
    const std::string address = endpoint.address().to_string();
    peer_ = (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
    if (refuse) conversation_.refuse(503, "too_many_connections", "the server has as many connections as it may have");
    pump();
}

void Connection::answer(std::uint64_t sequence, Response&& response) noexcept {
    if (dispatching == this) conversation_.answer(sequence, std::move(response));
    else loop_->deliver(shared_from_this(), sequence, std::move(response));
}

// Hands out every request that is whole and has room. False when there was none.
bool Connection::dispatch() {
    std::uint64_t handed_out = 0;
    const Connection* const outer = std::exchange(dispatching, this);
    while (auto arrival = conversation_.next_request()) {
        ++handed_out;
        arrival->request.peer = peer_;
        try {
            loop_->shared.handler(std::move(arrival->request), Responder(shared_from_this(), arrival->sequence));
        } catch (...) {
            // The responder has answered 500 while it was unwound; one request's bug must not end all the others.
            ++loop_->shared.handler_failures;
        }
    }
    dispatching = outer;
    if (handed_out > 0) loop_->shared.requests.fetch_add(handed_out, std::memory_order_relaxed);
    return handed_out > 0;
}

// Writes what there is. False when the socket takes no more for now, or is gone.
bool Connection::flush() {
    while (!conversation_.output().empty()) {
        if (writing_) return false;
        loop_->gather.clear();
        conversation_.output().for_each(gather_pieces_max, [&](std::string_view piece) { loop_->gather.emplace_back(piece.data(), piece.size()); });
        error_code error;
        const std::size_t written = socket_.write_some(loop_->gather, error);
        if (error == asio::error::would_block) {
            wait_writable();
            return false;
        }
        if (error) {
            close();
            return false;
        }
        conversation_.on_written(written);
    }
    return true;
}

void Connection::pump() {
    if (!open_ || lingering_) return;
    while (dispatch() && flush()) {
    }
    flush();
    if (!open_) return;
    if (conversation_.finished()) linger();
    else if (conversation_.wants_bytes()) wait_readable();
}

void Connection::wait_readable() {
    if (std::exchange(reading_, true)) return;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
        self->reading_ = false;
        if (!error && self->open_) self->on_readable();
    });
}

void Connection::wait_writable() {
    if (std::exchange(writing_, true)) return;
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& error) {
        self->writing_ = false;
        if (error || !self->open_) return;
        self->loop_->touch_time();
        self->pump();
    });
}

void Connection::on_readable() {
    loop_->touch_time();
    if (lingering_) return discard_input();
    error_code error;
    const std::size_t count = socket_.read_some(asio::buffer(loop_->read_buffer), error);
    if (error == asio::error::eof) conversation_.on_end_of_input();
    else if (error && error != asio::error::would_block) return close();
    conversation_.on_bytes({loop_->read_buffer.data(), count});
    pump();
}

// Says that nothing more will come and waits a little for the peer to say the same.
void Connection::linger() {
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) return close();
    lingering_ = true;
    linger_until_ = {loop_->time.monotonic.us + linger_timeout.us};
    wait_readable();
}

void Connection::discard_input() {
    error_code error;
    socket_.read_some(asio::buffer(loop_->read_buffer), error);
    if (error && error != asio::error::would_block) return close();
    wait_readable();
}

void Connection::tick() {
    if (!open_) return;
    harvest();
    if (lingering_ ? linger_until_ < loop_->time.monotonic : conversation_.on_tick()) return close();
    pump();
}

void Connection::drain() {
    conversation_.drain();
    if (conversation_.finished()) close();
    else pump();
}

void Connection::harvest() {
    Shared& shared = loop_->shared;
    shared.requests_refused += conversation_.refused() - std::exchange(harvested_refusals_, conversation_.refused());
    shared.timeouts += conversation_.timed_out() - std::exchange(harvested_timeouts_, conversation_.timed_out());
}

void Connection::close() {
    if (!std::exchange(open_, false)) return;
    harvest();
    error_code ignored;  // closing is all that can be done
    socket_.close(ignored);
    const auto self = shared_from_this();
    loop_->connections.erase(self);
    if (loop_->shared.open.fetch_sub(1) == 1) {
        const std::lock_guard lock(loop_->shared.mutex);
        loop_->shared.all_closed.notify_all();
    }
}

void Loop::run() {
    start_tick();
    io.run();
}

void Loop::touch_time() {
    time.monotonic = monotonic_now();
    const Time wall = shared.options.now ? shared.options.now() : system_now();
    if (time.date.empty() || wall.unix_us / 1'000'000 != time.wall.unix_us / 1'000'000) time.date = date_line(wall);
    time.wall = wall;
}

void Loop::add(Socket socket, bool refuse) {
    if (draining) {
        --shared.open;
        return;
    }
    touch_time();
    const auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket));
    connections.insert(connection);
    connection->start(refuse);
}

void Loop::deliver(std::shared_ptr<Connection> to, std::uint64_t sequence, Response&& response) {
    bool first = false;
    {
        const std::lock_guard lock(letters_mutex_);
        if (letters_closed_) return;
        first = letters_.empty();
        letters_.push_back({std::move(to), sequence, std::move(response)});
    }
    if (first) asio::post(io, [this] { open_letters(); });
}

// One wake-up for all answers that came meanwhile, and one write for each connection that got any.
void Loop::open_letters() {
    {
        const std::lock_guard lock(letters_mutex_);
        std::swap(letters_, opening_);
    }
    touch_time();
    for (Letter& letter : opening_) letter.to->on_letter(letter.sequence, std::move(letter.response));
    for (Letter& letter : opening_) letter.to->pump();
    opening_.clear();
}

void Loop::start_tick() {
    const auto& options = shared.options;
    const std::int64_t shortest_us = std::min({options.header_timeout.us, options.body_timeout.us, options.idle_timeout.us, options.handler_deadline.us});
    timer.expires_after(std::chrono::microseconds(std::clamp<std::int64_t>(shortest_us / 8, 5'000, 250'000)));
    timer.async_wait([this](const error_code& error) {
        if (!error) tick();
    });
}

void Loop::tick() {
    touch_time();
    // A connection that closes leaves the set, so the walk is over a copy.
    for (const auto& connection : std::vector(connections.begin(), connections.end())) connection->tick();
    start_tick();
}

void Loop::begin_drain() {
    draining = true;
    touch_time();
    for (const auto& connection : std::vector(connections.begin(), connections.end())) connection->drain();
}

void Loop::shut_down() {
    draining = true;
    for (const auto& connection : std::vector(connections.begin(), connections.end())) connection->close();
    timer.cancel();
    guard.reset();
    std::vector<Letter> unopened;  // dropped outside the lock: the last owner of a connection may be in it
    const std::lock_guard lock(letters_mutex_);
    letters_closed_ = true;
    std::swap(unopened, letters_);
}

Result<Tcp::endpoint> parse_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    error_code error;
    asio::ip::address address;
    std::optional<std::uint64_t> port;
    if (colon != std::string::npos) {
        std::string host = text.substr(0, colon);
        if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
        address = asio::ip::make_address(host, error);
        port = http1::parse_length(std::string_view(text).substr(colon + 1));
    }
    if (error || !port || *port > 65535) return fault(FaultCode::invalid_argument, "not an address with a port: " + text);
    return Tcp::endpoint(address, static_cast<std::uint16_t>(*port));
}

}  // namespace

struct Server::Impl {
    Shared shared;
    std::vector<std::shared_ptr<Loop>> loops;
    std::optional<Acceptor> acceptor;
    std::optional<asio::steady_timer> accept_timer;
    std::size_t next_loop = 0;
    std::string address;
    std::uint16_t port = 0;
    bool stopped = false;

    Status listen(const Tcp::endpoint& endpoint);
    void accept();
    void on_accepted(Loop& loop, Socket socket);
    void stop_accepting();
    void stop(Duration drain);
};

Status Server::Impl::listen(const Tcp::endpoint& endpoint) {
    Loop& first = *loops.front();
    acceptor.emplace(first.io);
    accept_timer.emplace(first.io);
    error_code error;
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(Acceptor::max_listen_connections, error);
    const Tcp::endpoint bound = error ? endpoint : acceptor->local_endpoint(error);
    const std::string host = bound.address().to_string();
    port = bound.port();
    address = (bound.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
    if (error) return fault(FaultCode::io_error, "cannot listen on " + address + ": " + error.message());
    return {};
}

void Server::Impl::accept() {
    Loop& loop = *loops[next_loop++ % loops.size()];
    acceptor->async_accept(loop.io, [this, &loop](const error_code& error, Socket socket) {
        if (error == asio::error::operation_aborted || !acceptor->is_open()) return;
        if (!error) {
            on_accepted(loop, std::move(socket));
            return accept();
        }
        // Out of handles, most likely: trying again at once would only burn the processor.
        accept_timer->expires_after(accept_pause);
        accept_timer->async_wait([this](const error_code& cancelled) {
            if (!cancelled && acceptor->is_open()) accept();
        });
    });
}

void Server::Impl::on_accepted(Loop& loop, Socket socket) {
    const std::size_t open_before = shared.open.fetch_add(1);
    const bool refuse = open_before >= shared.options.connections_max;
    ++(refuse ? shared.refused : shared.accepted);
    if (open_before >= shared.options.connections_max + refusing_connections_max) {
        --shared.open;
        return;
    }
    if (&loop == loops.front().get()) return loop.add(std::move(socket), refuse);
    asio::post(loop.io, [&loop, refuse, moved = std::move(socket)]() mutable { loop.add(std::move(moved), refuse); });
}

void Server::Impl::stop_accepting() {
    error_code ignored;  // closing is all that can be done
    acceptor->close(ignored);
    accept_timer->cancel();
}

void Server::Impl::stop(Duration drain) {
    if (std::exchange(stopped, true)) return;
    asio::post(loops.front()->io, [this] { stop_accepting(); });
    for (const auto& loop : loops) asio::post(loop->io, [loop] { loop->begin_drain(); });
    {
        std::unique_lock lock(shared.mutex);
        shared.all_closed.wait_for(lock, std::chrono::microseconds(drain.us), [this] { return shared.open == 0; });
    }
    for (const auto& loop : loops) asio::post(loop->io, [loop] { loop->shut_down(); });
    for (const auto& loop : loops) loop->thread.join();
    // What the handler holds may itself hold unanswered requests: without this they would keep each other alive.
    shared.handler = nullptr;
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
    GRANARY_CHECK(handler != nullptr && options.io_threads > 0 && options.pipeline_max > 0);
    const auto endpoint = parse_address(options.listen);
    if (!endpoint) return std::unexpected(endpoint.error());
    auto impl = std::make_unique<Impl>();
    ConversationRules& rules = impl->shared.rules;
    rules.framer.body_limit = options.body_limit;
    rules.pipeline_max = options.pipeline_max;
    rules.header_timeout = options.header_timeout;
    rules.body_timeout = options.body_timeout;
    rules.idle_timeout = options.idle_timeout;
    rules.handler_deadline = options.handler_deadline;
    if (options.problem) rules.problem = options.problem;
    impl->shared.handler = std::move(handler);
    impl->shared.options = std::move(options);
    for (std::size_t i = 0; i < impl->shared.options.io_threads; ++i) impl->loops.push_back(std::make_shared<Loop>(impl->shared));
    if (auto listening = impl->listen(*endpoint); !listening) return std::unexpected(listening.error());
    impl->accept();
    for (const auto& loop : impl->loops) loop->thread = std::thread([loop] { loop->run(); });
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(Duration{}); }
const std::string& Server::address() const { return impl_->address; }
std::uint16_t Server::port() const { return impl_->port; }
void Server::stop(Duration drain) { impl_->stop(drain); }

ServerCounts Server::counts() const {
    const Shared& shared = impl_->shared;
    return {.connections_accepted = shared.accepted,
            .connections_refused = shared.refused,
            .connections_open = shared.open,
            .requests = shared.requests,
            .requests_refused = shared.requests_refused,
            .timeouts = shared.timeouts,
            .handler_failures = shared.handler_failures};
}

}  // namespace granary::http
