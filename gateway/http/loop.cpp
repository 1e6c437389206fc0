// Connections and their io thread: Asio moves bytes, conversation.cpp decides what they mean.
#include "gateway/http/loop.hpp"

#include <pthread.h>
#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace granary::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr std::size_t gather_pieces_max = 16;
// How long a connection that was told to go may still send: closing earlier would reset it, and with it our last answer.
constexpr Duration linger_timeout = seconds(1);

Duration monotonic_now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

Time system_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

// What a connection may hold at any time, however much the others do.
constexpr std::size_t held_bytes_share = std::size_t{64} * 1024;
// Looking for a mute connection costs a look at all of them.
constexpr Duration mute_recheck = milliseconds(100);

// The connection whose requests this thread is handing out; its answers need no letter.
constinit thread_local const Connection* dispatching = nullptr;

}  // namespace

class Connection final : public Responder::Sink, public std::enable_shared_from_this<Connection> {
  public:
    Connection(std::shared_ptr<Loop> loop, Socket socket)
        : loop_(std::move(loop)), socket_(std::move(socket)), conversation_(loop_->shared.rules, loop_->time), since_(loop_->time.monotonic) {}

    void start(bool refuse);
    void answer(std::uint64_t sequence, Response&& response) noexcept override;
    void on_letter(std::uint64_t sequence, Response&& response) { conversation_.answer(sequence, std::move(response)); }
    void pump();
    void tick();
    void drain();
    void close();
    bool mute_for(Duration patience) const { return conversation_.mute_for(patience); }
    Duration since() const { return since_; }

  private:
    void hold_to_share();
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
    std::size_t held_bytes_ = 0;  // as counted in shared.held_bytes
    Duration since_;
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
    hold_to_share();
    if (!open_) return;
    if (conversation_.finished()) linger();
    else if (conversation_.wants_bytes()) wait_readable();
}

// What all connections hold together is bounded: who grows beyond its share when that is used up has to go.
void Connection::hold_to_share() {
    const std::size_t all = open_ ? conversation_.held_bytes() : 0;
    const std::size_t held = all > held_bytes_share ? all : 0;
    if (held == held_bytes_) return;
    const bool grew = held > held_bytes_;
    const std::size_t together = loop_->shared.held_bytes.fetch_add(held - held_bytes_) + held - held_bytes_;  // wraps when it shrinks
    held_bytes_ = held;
    if (!grew || together <= loop_->shared.options.held_bytes_max) return;
    if (!conversation_.output().empty()) return close();  // it asks and does not listen: it would not hear a refusal either
    conversation_.refuse(503, "unavailable", "too many large requests are under way");
    if (flush()) hold_to_share();
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
    hold_to_share();
    const auto self = shared_from_this();
    loop_->connections.erase(self);
    if (loop_->shared.open.fetch_sub(1) == 1) {
        const std::lock_guard lock(loop_->shared.mutex);
        loop_->shared.all_closed.notify_all();
    }
}

void Loop::run() {
    pthread_setname_np(pthread_self(), "http");
    start_tick();
    io.run();
}

void Loop::touch_time() {
    time.monotonic = monotonic_now();
    const Time wall = shared.options.now ? shared.options.now() : system_now();
    if (time.date.empty() || wall.unix_us / 1'000'000 != time.wall.unix_us / 1'000'000) time.date = date_line(wall);
    time.wall = wall;
}

void Loop::add(Socket socket, Admission admission) {
    if (draining) {
        --shared.open;
        return;
    }
    touch_time();
    if (admission != Admission::taken && make_place()) admission = Admission::taken;
    ++(admission == Admission::taken ? shared.accepted : shared.refused);
    if (admission == Admission::dropped) {
        --shared.open;
        return;
    }
    const auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket));
    connections.insert(connection);
    connection->start(admission == Admission::refused);
}

bool Loop::make_place() {
    touch_time();
    if (time.monotonic < nobody_mute_until_) return false;
    std::shared_ptr<Connection> longest;
    for (const auto& connection : connections) {
        if (connection->mute_for(shared.options.mute_patience) && (!longest || connection->since() < longest->since())) longest = connection;
    }
    if (longest) longest->close();
    else nobody_mute_until_ = time.monotonic + mute_recheck;
    return longest != nullptr;
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
    // Its wait may have ended just before shut_down() cancelled it; waiting again would keep the thread alive for ever.
    if (!guard.owns_work()) return;
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

}  // namespace granary::http
