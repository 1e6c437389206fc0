// The thread that publishes integration events.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "core/result.hpp"
#include "integration/runtime/publisher.hpp"

namespace granary::integration {

class PublisherHost {
  public:
    // Joins the group soon. Everything in the options outlives the host.
    static std::unique_ptr<PublisherHost> start(PublisherOptions options);
    // As stop, however long it takes.
    ~PublisherHost();
    PublisherHost(const PublisherHost&) = delete;
    PublisherHost& operator=(const PublisherHost&) = delete;

    // Ends what is running and leaves the group; timed_out when that took longer, and goes on by itself.
    Status stop(Duration deadline);

    PublisherStatus status() const { return publisher_.status(); }

  private:
    explicit PublisherHost(PublisherOptions options);
    PublisherOptions quiet_at_the_end(PublisherOptions options);
    void run();
    bool stopping() const;

    ports::IntegrationBroker& broker_;
    mutable std::mutex mutex_;
    std::condition_variable ended_changed_;
    bool stopping_ = false;
    bool ended_ = false;
    Publisher publisher_;
    std::thread thread_;
};

}  // namespace granary::integration
