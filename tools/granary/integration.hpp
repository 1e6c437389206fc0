// What makes a node publish integration events: the broker, its topics and the thread that does it.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "integration/runtime/publisher_host.hpp"
#include "platform/adapters/kafka/integration_options.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/integration_broker.hpp"
#include "tools/granary/log_choice.hpp"

namespace granary::cli {

// invalid_argument: as kafka_options.
Result<kafka::IntegrationOptions> integration_options(const LogChoice& log, const std::string& prefix);

class IntegrationEvents {
  public:
    // Checks the topics and begins to publish; log and clock outlive it. invalid_argument: the log is not on Kafka, a topic is
    // missing or could lose events; unavailable or timed_out: the brokers.
    static Result<std::unique_ptr<IntegrationEvents>> start(const LogChoice& choice, const std::string& prefix, ports::Log& log, const ports::Clock& clock);

    Status stop(Duration deadline) { return host_->stop(deadline); }
    integration::PublisherStatus status() const { return host_->status(); }

  private:
    explicit IntegrationEvents(std::unique_ptr<ports::IntegrationBroker> broker) : broker_(std::move(broker)) {}

    std::unique_ptr<ports::IntegrationBroker> broker_;
    std::unique_ptr<integration::PublisherHost> host_;
};

}  // namespace granary::cli
