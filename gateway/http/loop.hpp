// Inside the server: one io thread with its connections. Not for other folders: it names Asio's types.
#pragma once

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "gateway/http/conversation.hpp"
#include "gateway/http/server.hpp"

namespace granary::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// What all loops of a server see.
struct Shared {
    ServerOptions options;
    ConversationRules rules;
    Handler handler;
    std::atomic<std::uint64_t> accepted = 0, refused = 0, requests = 0, requests_refused = 0, timeouts = 0, handler_failures = 0;
    std::atomic<std::size_t> open = 0;
    std::atomic<std::size_t> held_bytes = 0;  // by connections that hold more than their share
    std::mutex mutex;
    std::condition_variable all_closed;
};

class Connection;

enum class Admission {
    taken,
    refused,  // told so with a 503
    dropped,  // closed without a word: too many are being told
};

// Owned by the server and by each of its connections, so that an answer that comes late finds its letter box (closed).
class Loop : public std::enable_shared_from_this<Loop> {
  public:
    explicit Loop(Shared& shared_state) : shared(shared_state), io(1), guard(io.get_executor()), timer(io) { touch_time(); }

    void run();
    void touch_time();
    void add(Socket socket, Admission admission);
    // Closes the connection that has been mute for longest, if there is one; so who has nothing to say keeps nobody out.
    bool make_place();
    void deliver(std::shared_ptr<Connection> to, std::uint64_t sequence, Response&& response);
    void begin_drain();
    void shut_down();

    Shared& shared;
    boost::asio::io_context io;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard;
    boost::asio::steady_timer timer;
    ConversationTime time;
    bool draining = false;
    std::vector<char> read_buffer = std::vector<char>(std::size_t{64} * 1024);
    std::vector<boost::asio::const_buffer> gather;
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
    Duration nobody_mute_until_;  // when it is worth looking again
    std::vector<Letter> opening_;
};

}  // namespace granary::http
