// The way into a thread that runs a loop: many put messages in, one takes all of them out at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "core/time.hpp"

namespace granary {

// Bounded. Thread-safe for any number of senders and one receiver.
template <class Message>
class Mailbox {
  public:
    explicit Mailbox(std::size_t capacity) : capacity_(capacity) {}

    // False, and nothing is taken, when the box is full or closed.
    bool try_push(Message&& message) { return push(std::move(message), true); }
    // For what answers something that was admitted before, so that its number is bounded by that: taken even when the box
    // is full. False when closed.
    bool push_reply(Message&& message) { return push(std::move(message), false); }

    // Ends a wait early; the receiver finds no message.
    void wake() {
        const std::scoped_lock lock(mutex_);
        woken_ = true;
        if (waiting_) arrived_.notify_one();
    }

    // Nothing more is taken; what is in the box can still be drained.
    void close() {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        woken_ = true;
        if (waiting_) arrived_.notify_one();
    }

    // Puts all messages, oldest first, into `out` (emptied before). Waits up to `patience` for the first one, not at all
    // when that is zero.
    void drain(std::vector<Message>& out, Duration patience) {
        out.clear();
        std::unique_lock lock(mutex_);
        if (messages_.empty() && !woken_ && patience.us > 0) {
            waiting_ = true;
            arrived_.wait_for(lock, std::chrono::microseconds(patience.us), [this] { return !messages_.empty() || woken_; });
            waiting_ = false;
        }
        woken_ = false;
        out.swap(messages_);
    }

  private:
    bool push(Message&& message, bool bounded) {
        const std::scoped_lock lock(mutex_);
        if (closed_ || (bounded && messages_.size() >= capacity_)) return false;
        messages_.push_back(std::move(message));
        if (waiting_ && messages_.size() == 1) arrived_.notify_one();
        return true;
    }

    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Message> messages_;
    bool waiting_ = false;
    bool woken_ = false;
    bool closed_ = false;
};

}  // namespace granary
