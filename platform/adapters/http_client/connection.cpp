// Moves the bytes of one call after another over one connection.
#include "platform/adapters/http_client/connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace granary::http_client {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

Connection::Connection(asio::io_context& io, ConnectionOwner& owner, const ClientOptions& options, std::string host_key)
    : owner_(owner),
      options_(options),
      host_key_(std::move(host_key)),
      socket_(io),
      resolver_(io),
      reader_(options.reply_header_bytes_max, options.reply_body_bytes_max),
      since_(owner.now()) {}

void Connection::connect(std::unique_ptr<Job> job) {
    job_ = std::move(job);
    error_code error;
    const auto address = asio::ip::make_address(job_->request.host, error);
    if (!error) return on_resolved({Tcp::endpoint(address, job_->request.port)});
    resolver_.async_resolve(job_->request.host, std::to_string(job_->request.port), [self = shared_from_this()](const error_code& failure, const auto& results) {
        if (!self->open_) return;
        if (failure) return self->lose("the host name can't be resolved: " + failure.message());
        std::vector<Tcp::endpoint> endpoints;
        for (const auto& result : results) endpoints.push_back(result.endpoint());
        std::ranges::reverse(endpoints);
        self->on_resolved(endpoints);
    });
}

void Connection::on_resolved(const std::vector<Tcp::endpoint>& endpoints) {
    endpoints_ = endpoints;
    try_endpoint();
}

void Connection::try_endpoint() {
    const Tcp::endpoint endpoint = endpoints_.back();
    endpoints_.pop_back();
    error_code ignored;  // nothing to close the first time
    socket_.close(ignored);
    socket_.async_connect(endpoint, [self = shared_from_this()](const error_code& error) {
        if (!self->open_) return;
        if (!error) return self->on_connected();
        if (!self->endpoints_.empty()) return self->try_endpoint();
        self->lose("no connection: " + error.message());
    });
}

void Connection::on_connected() {
    error_code error;
    socket_.non_blocking(true, error);
    if (!error) socket_.set_option(Tcp::no_delay(true), error);
    if (error) return lose("no connection: " + error.message());
    connected_ = true;
    send(std::move(job_));
}

void Connection::send(std::unique_ptr<Job> job) {
    job_ = std::move(job);
    written_ = 0;
    unread_.clear();
    reader_.start(job_->request.head_only);
    write();
    if (open_) wait_readable();
}

bool Connection::is_alive() {
    char byte = 0;
    error_code error;
    socket_.receive(asio::buffer(&byte, 1), Socket::message_peek, error);
    return error == asio::error::would_block;
}

void Connection::write() {
    const std::string& bytes = job_->request.bytes;
    while (written_ < bytes.size()) {
        error_code error;
        const std::size_t count = socket_.write_some(asio::buffer(bytes.data() + written_, bytes.size() - written_), error);
        if (error == asio::error::would_block) return wait_writable();
        if (error) {
            if (!job_->sent) return lose("the connection ended before anything was sent");
            // The server may have answered before it read everything; only reading can tell.
            write_failed_ = true;
            return;
        }
        job_->sent = true;
        written_ += count;
    }
}

void Connection::wait_writable() {
    if (std::exchange(writing_, true)) return;
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& error) {
        self->writing_ = false;
        if (!error && self->open_ && self->job_) self->write();
    });
}

// Always armed, also on a free connection: then it sees the server close it.
void Connection::wait_readable() {
    if (std::exchange(reading_, true)) return;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
        self->reading_ = false;
        if (!error && self->open_) self->on_readable();
    });
}

void Connection::on_readable() {
    std::vector<char>& buffer = owner_.read_buffer();
    error_code error;
    const std::size_t count = socket_.read_some(asio::buffer(buffer), error);
    if (error == asio::error::would_block) return wait_readable();
    if (error) return lose("the connection ended before the reply was whole");
    if (!job_) return lose("the server said something that nobody had asked");
    std::string_view view(buffer.data(), count);
    if (!unread_.empty()) view = unread_.append(view);
    const ReplyReader::Progress progress = reader_.feed(view);
    const bool more_bytes = !view.empty();
    // `view` may lie in unread_ itself, so it is copied out before unread_ changes.
    if (progress == ReplyReader::Progress::need_more) unread_ = std::string(view);
    on_progress(progress, more_bytes);
}

void Connection::on_progress(ReplyReader::Progress progress, bool more_bytes) {
    if (progress == ReplyReader::Progress::need_more) return wait_readable();
    if (progress == ReplyReader::Progress::malformed) return lose("the reply is malformed or too large");
    const bool reusable = reader_.keep_alive() && !more_bytes && !write_failed_ && written_ == job_->request.bytes.size();
    const auto self = shared_from_this();
    std::unique_ptr<Job> job = std::move(job_);
    ports::HttpReply reply = reader_.take();
    used_ = true;
    since_ = owner_.now();
    if (reusable) wait_readable();
    else close();
    owner_.on_reply(*this, std::move(job), std::move(reply));
}

void Connection::tick() {
    if (!open_) return;
    const Duration now = owner_.now();
    const Duration silent = {now.us - since_.us};
    if (job_ && now > job_->deadline) lose("no whole reply came before the deadline");
    else if (!connected_ && silent > options_.connect_timeout) lose("no connection was made in time");
    else if (connected_ && !job_ && silent > options_.idle_timeout) lose("idle");
}

std::unique_ptr<Job> Connection::close() {
    open_ = false;
    error_code ignored;  // closing is all that can be done
    resolver_.cancel();
    socket_.close(ignored);
    return std::move(job_);
}

void Connection::lose(std::string why) {
    const auto self = shared_from_this();
    const bool expired = job_ && owner_.now() > job_->deadline;
    const bool stale = job_ && used_ && !expired && !reader_.begun();
    std::unique_ptr<Job> job = close();
    owner_.on_lost(*this, std::move(job), stale, std::move(why));
}

}  // namespace granary::http_client
