// Puts the publisher together with Kafka.
#include "tools/granary/integration.hpp"

#include "platform/adapters/kafka/integration_broker.hpp"
#include "platform/host/logging.hpp"

namespace granary::cli {

Result<kafka::IntegrationOptions> integration_options(const LogChoice& log, const std::string& prefix) {
    auto common = kafka_options(log);
    if (!common) return std::unexpected(std::move(common.error()));
    kafka::IntegrationOptions options{std::move(*common), prefix, {}};
    for (const auto topic : integration::topics) options.topics.emplace_back(topic);
    return options;
}

Result<std::unique_ptr<IntegrationEvents>> IntegrationEvents::start(const LogChoice& choice, const std::string& prefix, ports::Log& log, const ports::Clock& clock) {
    if (!choice.on_kafka()) return fault(FaultCode::invalid_argument, "integration events are published from a log on Kafka: --log kafka");
    const auto options = integration_options(choice, prefix);
    if (!options) return std::unexpected(options.error());
    if (auto checked = kafka::check_integration_topics(*options); !checked) return std::unexpected(std::move(checked.error()));
    auto broker = kafka::make_integration_broker(*options);
    if (!broker) return std::unexpected(std::move(broker.error()));
    std::unique_ptr<IntegrationEvents> events(new IntegrationEvents(std::move(*broker)));
    events->host_ = integration::PublisherHost::start(
        {log, *events->broker_, clock, [](std::string_view text) { logging::write(logging::Level::warning, text); }});
    return events;
}

}  // namespace granary::cli
