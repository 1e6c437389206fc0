// One topic after the other, each with the settings that events need.
#include <algorithm>
#include <string_view>

#include "core/limits.hpp"
#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/integration_options.hpp"
#include "platform/adapters/kafka/topic_settings.hpp"

namespace granary::kafka {
namespace {

constexpr Duration absence_patience = seconds(1);

// What Kafka allows in a topic's name.
bool is_valid_prefix(std::string_view prefix) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; };
    return prefix.size() <= limits::integration_prefix_bytes_max && std::ranges::all_of(prefix, fits);
}

Status check_prefix(const IntegrationOptions& options) {
    if (is_valid_prefix(options.prefix)) return {};
    return fault(FaultCode::invalid_argument, "the prefix of integration topics has letters, digits, '.', '_' and '-' only, and at most " +
                                                  std::to_string(limits::integration_prefix_bytes_max) + " of them");
}

}  // namespace

Status create_integration_topics(const IntegrationOptions& options, std::uint32_t partitions) {
    if (auto sound = check_prefix(options); !sound) return sound;
    ClientHooks hooks;
    const auto asker = make_asker(options.log, hooks);
    if (!asker) return std::unexpected(asker.error());
    for (const auto& topic : options.topics) {
        const std::string name = options.prefix + topic;
        auto made = create_topic(asker->get(), options.log, name, partitions, TopicUse::events);
        if (!made && made.error().code != FaultCode::conflict) return made;
        if (const auto led = partitions_of(asker->get(), name, limits::kafka_open_deadline); !led) return std::unexpected(led.error());
        if (made) continue;
        if (auto checked = check_topic(asker->get(), options.log, name, TopicUse::events); !checked) return checked;
    }
    return {};
}

Status check_integration_topics(const IntegrationOptions& options) {
    if (auto sound = check_prefix(options); !sound) return sound;
    ClientHooks hooks;
    const auto asker = make_asker(options.log, hooks);
    if (!asker) return std::unexpected(asker.error());
    for (const auto& topic : options.topics) {
        const std::string name = options.prefix + topic;
        const auto found = partitions_of(asker->get(), name, absence_patience);
        if (!found) return std::unexpected(found.error());
        if (*found == 0) return fault(FaultCode::invalid_argument, "there is no topic " + name + " for integration events; `granary integration create` makes it");
        if (auto checked = check_topic(asker->get(), options.log, name, TopicUse::events); !checked) return checked;
    }
    return {};
}

}  // namespace granary::kafka
