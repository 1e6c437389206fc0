// Threads with blocking sockets: few clients, each of which spends its life waiting.
#include "tools/load/persistent_clients.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "tools/load/connection_pool.hpp"

namespace granary::load {
namespace {

using Instant = std::chrono::steady_clock::time_point;

constexpr std::size_t surprises_kept = 20;
constexpr std::chrono::milliseconds pause_min{20}, pause_max{2000};
constexpr std::size_t answer_bytes_max = std::size_t{1} << 20;

Instant now() { return std::chrono::steady_clock::now(); }

struct Answer {
    int status = 0;
    std::string location;
    std::optional<int> retry_after;  // seconds
    std::string body;
};

std::optional<int> number_in(std::string_view text) {
    int number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// One keep-alive connection, made when it is needed and dropped after anything odd.
class Line {
  public:
    Line() = default;
    ~Line() { drop(); }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    // Status 0: no whole answer.
    Answer ask(const PersistentOptions& options, std::uint16_t port, const std::string& request) {
        if (socket_ < 0 && !connect(options, port)) return {};
        if (!send(request)) return dropped();
        return receive();
    }

  private:
    bool connect(const PersistentOptions& options, std::uint16_t port) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        ::inet_pton(AF_INET, options.host.c_str(), &address.sin_addr);
        const int on = 1;
        const timeval patience{static_cast<time_t>(options.answer_patience.count()), 0};
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
        drop();
        return false;
    }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    Answer receive() {
        std::string in;
        char buffer[16 * 1024];
        while (in.size() < answer_bytes_max) {
            const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return dropped();
            in.append(buffer, static_cast<std::size_t>(got));
            const auto head_end = in.find("\r\n\r\n");
            if (head_end == std::string::npos) continue;
            const auto head = std::string_view(in).substr(0, head_end + 2);
            const auto length = static_cast<std::size_t>(std::max(0, number_in(field_of(head, "content-length")).value_or(0)));
            if (in.size() < head_end + 4 + length) continue;
            return answer_of(head, std::string_view(in).substr(head_end + 4, length));
        }
        return dropped();
    }

    Answer answer_of(std::string_view head, std::string_view body) {
        Answer answer;
        if (head.size() > 12) answer.status = number_in(head.substr(9, 3)).value_or(0);
        answer.location = field_of(head, "location");
        answer.retry_after = number_in(field_of(head, "retry-after"));
        if (answer.status != 201) answer.body = body;
        if (field_of(head, "connection") == "close") drop();
        return answer;
    }

    Answer dropped() {
        drop();
        return {};
    }

    void drop() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }

    int socket_ = -1;
};

class Crowd {
  public:
    Crowd(const PersistentOptions& options, const std::function<std::string(std::uint64_t)>& make, const std::function<void(std::uint64_t, std::string_view)>& acknowledged)
        : options_(options), make_(make), acknowledged_(acknowledged), begun_(now()) {}

    PersistentCounts run() {
        std::vector<std::thread> clients;
        for (std::size_t n = 0; n < options_.clients; ++n) clients.emplace_back([this] { be_a_client(); });
        for (auto& client : clients) client.join();
        counts_.seconds = std::chrono::duration<double>(now() - begun_).count();
        return std::move(counts_);
    }

  private:
    void be_a_client() {
        std::vector<Line> lines(options_.ports.size());
        while (true) {
            const auto taken = next_++;
            if (taken >= options_.requests) return;
            wait_for_turn(taken);
            serve(options_.first + taken, lines);
        }
    }

    void wait_for_turn(std::uint64_t taken) const {
        if (options_.rate <= 0) return;
        std::this_thread::sleep_until(begun_ + std::chrono::microseconds(static_cast<std::int64_t>(1e6 * static_cast<double>(taken) / options_.rate)));
    }

    void serve(std::uint64_t n, std::vector<Line>& lines) {
        std::minstd_rand pick(static_cast<std::minstd_rand::result_type>(n + 1));
        const std::string request = make_(n);
        const auto begun = now();
        const auto location = persist(n, request, lines, pick);
        if (!location) return;
        note_acknowledged(n, *location, std::chrono::duration_cast<std::chrono::microseconds>(now() - begun).count());
        if (std::uniform_real_distribution<>(0, 1)(pick) >= options_.again) return;
        const auto same = persist(n, request, lines, pick);
        const std::scoped_lock lock(mutex_);
        if (!same) return;
        ++counts_.asked_again;
        if (*same != *location) surprise("request " + std::to_string(n) + " was " + *location + " and is " + *same);
    }

    // The location of what was made; nullopt when it is a surprise.
    std::optional<std::string> persist(std::uint64_t n, const std::string& request, std::vector<Line>& lines, std::minstd_rand& pick) {
        const auto until = now() + options_.request_patience;
        Answer answer;
        while (now() < until) {
            const std::size_t node = std::uniform_int_distribution<std::size_t>(0, lines.size() - 1)(pick);
            answer = lines[node].ask(options_, options_.ports[node], request);
            note_try(n, answer);
            if (answer.status == 201) return answer.location;
            if (!may_ask_again(answer)) return std::nullopt;
            std::this_thread::sleep_for(pause_after(answer, pick));
        }
        const std::scoped_lock lock(mutex_);
        surprise("request " + std::to_string(n) + " was never acknowledged; the last answer: " + std::to_string(answer.status) + " " + answer.body);
        return std::nullopt;
    }

    static bool may_ask_again(const Answer& answer) {
        return answer.status == 0 || answer.status == 409 || answer.status == 429 || answer.status == 503 || answer.status == 504;
    }

    static std::chrono::milliseconds pause_after(const Answer& answer, std::minstd_rand& pick) {
        const auto told = std::chrono::milliseconds(answer.retry_after ? 1000 * std::min(*answer.retry_after, 60) : 100);
        const auto share = std::uniform_real_distribution<>(0.2, 1)(pick);
        return std::clamp(std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(told.count()) * share)), pause_min, pause_max);
    }

    void note_try(std::uint64_t n, const Answer& answer) {
        const std::scoped_lock lock(mutex_);
        ++counts_.tries;
        ++counts_.statuses[answer.status];
        if (!may_ask_again(answer) && answer.status != 201) surprise("request " + std::to_string(n) + " was refused: " + std::to_string(answer.status) + " " + answer.body);
        if ((answer.status == 429 || answer.status == 503) && !answer.retry_after) surprise("request " + std::to_string(n) + " was answered " + std::to_string(answer.status) + " without a Retry-After");
    }

    void note_acknowledged(std::uint64_t n, const std::string& location, std::int64_t took_us) {
        const std::scoped_lock lock(mutex_);
        ++counts_.acknowledged;
        counts_.latencies_us.push_back(took_us);
        acknowledged_(n, location);
    }

    void surprise(std::string what) {
        ++counts_.surprises_in_all;
        if (counts_.surprises.size() < surprises_kept) counts_.surprises.push_back(std::move(what));
    }

    const PersistentOptions& options_;
    const std::function<std::string(std::uint64_t)>& make_;
    const std::function<void(std::uint64_t, std::string_view)>& acknowledged_;
    const Instant begun_;
    std::atomic<std::uint64_t> next_{0};
    std::mutex mutex_;
    PersistentCounts counts_;
};

}  // namespace

PersistentCounts run_persistent(const PersistentOptions& options, const std::function<std::string(std::uint64_t)>& make,
                                const std::function<void(std::uint64_t, std::string_view)>& acknowledged) {
    return Crowd(options, make, acknowledged).run();
}

}  // namespace granary::load
