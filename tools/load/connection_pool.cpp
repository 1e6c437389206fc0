// An epoll loop; sockets block on sending only, which a request of a few kilobytes never fills.
#include "tools/load/connection_pool.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <strings.h>

namespace granary::load {
namespace {

constexpr int reply_wait_ms = 100;
constexpr double drain_seconds = 30;  // how long replies may take after the last request was sent

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Connection {
    int fd = -1;
    std::string out;
    std::size_t out_at = 0;
    std::string in;
    bool busy = false;
    std::uint64_t request = 0;
    std::int64_t started_us = 0;
};

std::size_t content_length(std::string_view head) {
    const auto text = field_of(head, "content-length");
    std::size_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    return length;
}

class Pool {
  public:
    Pool(const RunOptions& options, const std::function<std::string(std::uint64_t)>& make, const std::function<void(std::uint64_t, const Reply&)>& done)
        : options_(options), make_(make), done_(done), epoll_(::epoll_create1(0)), connections_(options.connections) {}
    ~Pool() {
        for (auto& connection : connections_) close_connection(connection);
        ::close(epoll_);
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    Result<RunCounts> run() {
        for (auto& connection : connections_) {
            if (!open_connection(connection)) return fault(FaultCode::unavailable, "can't connect to " + options_.host + ":" + std::to_string(options_.port));
        }
        started_us_ = now_us();
        const auto stop_us = started_us_ + static_cast<std::int64_t>(options_.seconds * 1e6);
        const auto give_up_us = stop_us + static_cast<std::int64_t>(drain_seconds * 1e6);
        while (now_us() < give_up_us) {
            if (now_us() < stop_us) send_more();
            if (busy_ == 0 && (now_us() >= stop_us || all_sent())) break;
            wait();
        }
        counts_.seconds = static_cast<double>(last_reply_us_ - started_us_) / 1e6;
        return std::move(counts_);
    }

  private:
    bool all_sent() const { return options_.requests_max > 0 && counts_.sent >= options_.requests_max; }

    bool may_send() const {
        if (all_sent()) return false;
        return options_.rate <= 0 || static_cast<double>(counts_.sent) < options_.rate * static_cast<double>(now_us() - started_us_) / 1e6;
    }

    void send_more() {
        if (busy_ == connections_.size()) return;
        for (auto& connection : connections_) {
            if (connection.busy) continue;
            if (!may_send()) return;
            if (connection.fd < 0 && !open_connection(connection)) continue;
            start_request(connection);
        }
    }

    void start_request(Connection& connection) {
        connection.request = counts_.sent++;
        connection.out = make_(connection.request);
        connection.out_at = 0;
        connection.in.clear();
        connection.busy = true;
        connection.started_us = now_us();
        ++busy_;
        flush(connection);
    }

    void wait() {
        epoll_event events[256];
        const bool paced = options_.rate > 0 && busy_ < connections_.size();
        const int count = ::epoll_wait(epoll_, events, 256, paced ? 1 : reply_wait_ms);
        for (int i = 0; i < count; ++i) {
            auto& connection = connections_[events[i].data.u64];
            receive(connection);
        }
    }

    void flush(Connection& connection) {
        while (connection.out_at < connection.out.size()) {
            const auto sent = ::send(connection.fd, connection.out.data() + connection.out_at, connection.out.size() - connection.out_at, MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent <= 0) return broke(connection);
            connection.out_at += static_cast<std::size_t>(sent);
        }
    }

    void receive(Connection& connection) {
        char buffer[64 * 1024];
        const auto got = ::recv(connection.fd, buffer, sizeof buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) return broke(connection);
        connection.in.append(buffer, static_cast<std::size_t>(got));
        const auto head_end = connection.in.find("\r\n\r\n");
        if (head_end == std::string::npos) return;
        const auto head = std::string_view(connection.in).substr(0, head_end + 2);
        const std::size_t length = content_length(head);
        if (connection.in.size() < head_end + 4 + length) return;
        int status = 0;
        if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, status);
        finish(connection, {status, head, std::string_view(connection.in).substr(head_end + 4, length), now_us() - connection.started_us});
        if (!strncasecmp(std::string(field_of(head, "connection")).c_str(), "close", 5)) close_connection(connection);
        if (may_send() && now_us() < started_us_ + static_cast<std::int64_t>(options_.seconds * 1e6) && connection.fd >= 0) start_request(connection);
    }

    void finish(Connection& connection, const Reply& reply) {
        connection.busy = false;
        --busy_;
        last_reply_us_ = now_us();
        if (reply.status == 0) {
            ++counts_.broken;
        } else {
            ++counts_.answered;
            counts_.latencies_us.push_back(reply.latency_us);
        }
        done_(connection.request, reply);
    }

    void broke(Connection& connection) {
        close_connection(connection);
        if (connection.busy) finish(connection, {0, {}, {}, now_us() - connection.started_us});
    }

    bool open_connection(Connection& connection) {
        connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(options_.port);
        ::inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr);
        if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::close(connection.fd);
            connection.fd = -1;
            return false;
        }
        const int on = 1;
        ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = static_cast<std::uint64_t>(&connection - connections_.data());
        return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) == 0;
    }

    static void close_connection(Connection& connection) {
        if (connection.fd >= 0) ::close(connection.fd);
        connection.fd = -1;
    }

    const RunOptions& options_;
    const std::function<std::string(std::uint64_t)>& make_;
    const std::function<void(std::uint64_t, const Reply&)>& done_;
    int epoll_;
    std::vector<Connection> connections_;
    RunCounts counts_;
    std::size_t busy_ = 0;
    std::int64_t started_us_ = 0;
    std::int64_t last_reply_us_ = 0;
};

}  // namespace

Result<RunCounts> run_load(const RunOptions& options, const std::function<std::string(std::uint64_t)>& make,
                           const std::function<void(std::uint64_t, const Reply&)>& done) {
    return Pool(options, make, done).run();
}

std::int64_t percentile(std::vector<std::int64_t>& values, double p) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    // Nearest rank: the smallest value that at least p percent of all are not above.
    const auto rank = static_cast<std::size_t>(std::ceil(p / 100 * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::string_view field_of(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
        const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        if (line.size() <= name.size() || line[name.size()] != ':' || strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
        auto value = line.substr(name.size() + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        return value;
    }
    return {};
}

}  // namespace granary::load
