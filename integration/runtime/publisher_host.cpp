// Turns until it is told to stop.
#include "integration/runtime/publisher_host.hpp"

#include <chrono>
#include <utility>

#include "core/limits.hpp"
#include "platform/host/background_thread.hpp"

namespace granary::integration {

std::unique_ptr<PublisherHost> PublisherHost::start(PublisherOptions options) {
    std::unique_ptr<PublisherHost> host(new PublisherHost(std::move(options)));
    host->thread_ = std::thread([raw = host.get()] { raw->run(); });
    return host;
}

PublisherHost::PublisherHost(PublisherOptions options) : broker_(options.broker), publisher_(quiet_at_the_end(std::move(options))) {}

// What fails because it was ended is no news.
PublisherOptions PublisherHost::quiet_at_the_end(PublisherOptions options) {
    if (!options.notice) return options;
    options.notice = [this, tell = std::move(options.notice)](std::string_view text) {
        if (!stopping()) tell(text);
    };
    return options;
}

PublisherHost::~PublisherHost() {
    static_cast<void>(stop({}));
    if (thread_.joinable()) thread_.join();
}

bool PublisherHost::stopping() const {
    const std::scoped_lock lock(mutex_);
    return stopping_;
}

void PublisherHost::run() {
    run_in_background("integration");
    bool more = false;
    while (!stopping()) {
        // A failed turn may have failed at once: the pause is the wait for news of the group, and here the wait for an answer.
        more = publisher_.turn(more ? Duration{} : limits::integration_poll);
        if (!publisher_.status().failing) continue;
        std::unique_lock lock(mutex_);
        ended_changed_.wait_for(lock, std::chrono::microseconds(limits::integration_poll.us), [this] { return stopping_; });
    }
    broker_.leave();
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    ended_changed_.notify_all();
}

Status PublisherHost::stop(Duration deadline) {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        ended_changed_.notify_all();
    }
    broker_.cancel();
    std::unique_lock lock(mutex_);
    const bool ended = ended_changed_.wait_for(lock, std::chrono::microseconds(deadline.us), [this] { return ended_; });
    if (!ended) return fault(FaultCode::timed_out, "integration events are still being published");
    return {};
}

}  // namespace granary::integration
