// Inside the client: one TCP connection that carries one call at a time. Names Asio's types, so not for other folders.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/adapters/http_client/http_client.hpp"
#include "platform/adapters/http_client/reply_reader.hpp"
#include "platform/adapters/http_client/wire_request.hpp"

namespace granary::http_client {

// A call on its way. Whoever owns it must end it by calling `done` once.
struct Job {
    WireRequest request;
    Duration deadline;  // monotonic
    std::function<void(Result<ports::HttpReply>)> done;
    bool sent = false;  // a byte of it has left this process
};

class Connection;

// What a connection tells its owner; all on the io thread.
class ConnectionOwner {
  public:
    virtual Duration now() const = 0;
    virtual std::vector<char>& read_buffer() = 0;
    // The reply is whole. The connection is free again, or closed.
    virtual void on_reply(Connection& connection, std::unique_ptr<Job> job, ports::HttpReply reply) = 0;
    // The connection is closed. The call it carried, if any, has no reply; `stale` says that the connection was pooled
    // and died before a byte of a reply, so that the call may be sent again where that is safe.
    virtual void on_lost(Connection& connection, std::unique_ptr<Job> job, bool stale, std::string why) = 0;

  protected:
    ~ConnectionOwner() = default;
};

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(boost::asio::io_context& io, ConnectionOwner& owner, const ClientOptions& options, std::string host_key);

    // Connects and then sends the job.
    void connect(std::unique_ptr<Job> job);
    // Sends a job on a free connection.
    void send(std::unique_ptr<Job> job);
    // Of a free connection: the server has neither closed it nor said anything.
    bool is_alive();
    // Applies the deadlines of connecting, calls and idling.
    void tick();
    // Ends the connection and gives back the call that it carried. Nothing is told to the owner.
    std::unique_ptr<Job> close();

    const std::string& host_key() const { return host_key_; }
    bool is_open() const { return open_; }

  private:
    using Tcp = boost::asio::ip::tcp;
    using Executor = boost::asio::io_context::executor_type;
    using Socket = boost::asio::basic_stream_socket<Tcp, Executor>;

    void on_resolved(const std::vector<Tcp::endpoint>& endpoints);
    void try_endpoint();
    void on_connected();
    void write();
    void wait_writable();
    void wait_readable();
    void on_readable();
    void on_progress(ReplyReader::Progress progress, bool more_bytes);
    void lose(std::string why);

    ConnectionOwner& owner_;
    const ClientOptions& options_;
    std::string host_key_;
    Socket socket_;
    boost::asio::ip::basic_resolver<Tcp, Executor> resolver_;
    std::vector<Tcp::endpoint> endpoints_;  // still to be tried, last first
    ReplyReader reader_;
    std::string unread_;
    std::unique_ptr<Job> job_;
    std::size_t written_ = 0;
    bool open_ = true;
    bool connected_ = false;
    bool used_ = false;  // an earlier call ended well on it
    bool write_failed_ = false;
    bool reading_ = false;
    bool writing_ = false;
    Duration since_;  // when it began to connect, or became free
};

}  // namespace granary::http_client
