// The calling thread sends and decides; the client's threads only hand replies over.
#include "tools/granary/parallel_calls.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <queue>
#include <utility>
#include <vector>

namespace granary::cli {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Reply {
    std::size_t index = 0;
    Result<ports::HttpReply> reply;
};

// Where the client's threads leave replies; outlives every call because the runner waits for all of them.
class Inbox {
  public:
    void put(std::size_t index, Result<ports::HttpReply> reply) {
        const std::scoped_lock lock(mutex_);
        replies_.push_back({index, std::move(reply)});
        filled_.notify_one();
    }

    std::vector<Reply> take(SteadyTime until) {
        std::unique_lock lock(mutex_);
        filled_.wait_until(lock, until, [this] { return !replies_.empty(); });
        return std::exchange(replies_, {});
    }

  private:
    std::mutex mutex_;
    std::condition_variable filled_;
    std::vector<Reply> replies_;
};

struct Waiting {
    SteadyTime due;
    std::size_t index = 0;

    bool operator>(const Waiting& other) const { return due > other.due; }
};

// Whole seconds; zero when there is no such field, or it holds a date.
Duration retry_after_of(const ports::HttpReply& reply) {
    const auto* field = reply.header("retry-after");
    std::uint16_t wanted = 0;
    if (field != nullptr) std::from_chars(field->data(), field->data() + field->size(), wanted);
    return seconds(wanted);
}

class Runner {
  public:
    Runner(ports::HttpClient& client, const CallPolicy& policy, std::size_t count, const std::function<ports::HttpCall(std::size_t)>& make,
           const std::function<void(std::size_t, const Result<ports::HttpReply>&)>& done, const std::function<bool(const ports::HttpReply&)>& retry_on)
        : client_(client), policy_(policy), count_(count), make_(make), done_(done), retry_on_(retry_on), attempts_(count, 0) {}

    CallCounts run() {
        while (counts_.calls < count_) {
            if (policy_.give_up && policy_.give_up()) return drain();
            send_more();
            for (auto& reply : inbox_.take(next_due())) settle(reply);
        }
        return counts_;
    }

  private:
    // Calls under way still hand their replies to the inbox.
    CallCounts drain() {
        while (in_flight_ > 0) in_flight_ -= inbox_.take(std::chrono::steady_clock::now() + std::chrono::seconds(1)).size();
        return counts_;
    }

    void send(std::size_t index) {
        ++in_flight_;
        ++attempts_[index];
        client_.send(make_(index), [this, index](Result<ports::HttpReply> reply) { inbox_.put(index, std::move(reply)); });
    }

    void send_more() {
        const auto now = std::chrono::steady_clock::now();
        while (in_flight_ < policy_.width && !waiting_.empty() && waiting_.top().due <= now) {
            const std::size_t index = waiting_.top().index;
            waiting_.pop();
            ++counts_.retries;
            send(index);
        }
        // Retries keep their places: a server that says "later" is not handed more new work than it can take.
        while (in_flight_ + waiting_.size() < policy_.width && next_ < count_) send(next_++);
    }

    SteadyTime next_due() const {
        const auto idle = std::chrono::steady_clock::now() + std::chrono::seconds(1);
        return waiting_.empty() || in_flight_ >= policy_.width ? idle : std::min(idle, waiting_.top().due);
    }

    bool again(const Result<ports::HttpReply>& reply) const {
        if (!reply) return reply.error().retryable();
        if (reply->status == 409 && reply->body.find("\"key_in_flight\"") != std::string::npos) return true;
        return reply->status == 429 || reply->status == 503 || (retry_on_ && retry_on_(*reply));
    }

    Duration pause_before_next(const Reply& item) const {
        const Duration doubled = policy_.pause_first * (std::int64_t{1} << std::min<std::size_t>(attempts_[item.index] - 1, 20));
        const Duration asked = item.reply ? std::min(retry_after_of(*item.reply), policy_.retry_after_max) : Duration{};
        return std::max(std::min(doubled, policy_.pause_max), asked);
    }

    void settle(const Reply& item) {
        --in_flight_;
        if (again(item.reply) && attempts_[item.index] < policy_.attempts_max) {
            const Duration pause = pause_before_next(item);
            waiting_.push({std::chrono::steady_clock::now() + std::chrono::microseconds(pause.us), item.index});
            return;
        }
        ++counts_.calls;
        done_(item.index, item.reply);
    }

    ports::HttpClient& client_;
    const CallPolicy policy_;
    const std::size_t count_;
    const std::function<ports::HttpCall(std::size_t)>& make_;
    const std::function<void(std::size_t, const Result<ports::HttpReply>&)>& done_;
    const std::function<bool(const ports::HttpReply&)>& retry_on_;
    Inbox inbox_;
    std::vector<std::size_t> attempts_;
    std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
    std::size_t next_ = 0;
    std::size_t in_flight_ = 0;
    CallCounts counts_;
};

}  // namespace

CallCounts run_calls(ports::HttpClient& client, const CallPolicy& policy, std::size_t count, const std::function<ports::HttpCall(std::size_t)>& make,
                     const std::function<void(std::size_t, const Result<ports::HttpReply>&)>& done,
                     const std::function<bool(const ports::HttpReply&)>& retry_on) {
    return Runner(client, policy, count, make, done, retry_on).run();
}

}  // namespace granary::cli
