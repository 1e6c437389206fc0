// Accepting connections, and the life of the server's threads; what a connection does is in loop.cpp.
#include "gateway/http/server.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "core/check.hpp"
#include "gateway/http/loop.hpp"

namespace granary::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;

// Connections beyond the limit that are being told so; further ones are closed without a word.
constexpr std::size_t refusing_connections_max = 64;
constexpr auto accept_pause = std::chrono::milliseconds(50);

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
    const std::size_t most = shared.options.connections_max;
    const auto admission = open_before < most ? Admission::taken : open_before < most + refusing_connections_max ? Admission::refused : Admission::dropped;
    if (&loop == loops.front().get()) return loop.add(std::move(socket), admission);
    asio::post(loop.io, [&loop, admission, moved = std::move(socket)]() mutable { loop.add(std::move(moved), admission); });
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
