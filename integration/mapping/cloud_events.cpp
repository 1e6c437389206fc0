// The attributes, and which context's writer an event goes to.
#include "integration/mapping/cloud_events.hpp"

#include "integration/mapping/delivery.hpp"
#include "integration/mapping/inventory.hpp"
#include "integration/mapping/orders.hpp"
#include "integration/mapping/payments.hpp"

namespace granary::integration {
namespace {

// Wide enough for any partition, offset and index, so that text sorts as numbers do.
constexpr std::size_t partition_digits = 4;
constexpr std::size_t offset_digits = 19;
constexpr std::size_t index_digits = 4;

std::string padded(std::uint64_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return text.size() >= digits ? text : std::string(digits - text.size(), '0') + text;
}

std::string sequence_of(Position position, std::size_t index) {
    return padded(position.partition.number, partition_digits) + "-" + padded(static_cast<std::uint64_t>(position.offset.number), offset_digits) + "-" + padded(index, index_digits);
}

struct ByContext {
    Messages operator()(const orders::Event& event) const { return messages_of(event); }
    Messages operator()(const payments::Event& event) const { return messages_of(event); }
    Messages operator()(const inventory::Event& event) const { return messages_of(event); }
    Messages operator()(const delivery::Event& event) const { return messages_of(event); }
    // Topics for products and customers are to come; a saga's steps show in what they bring about.
    Messages operator()(const catalog::Event&) const { return {}; }
    Messages operator()(const customers::Event&) const { return {}; }
    Messages operator()(const order_fulfilment::Event&) const { return {}; }
    // Another system's history is no news to anybody.
    Messages operator()(const invoices::Event&) const { return {}; }
    // Between the shop, its customers and its auditors.
    Messages operator()(const customer_erasure::Event&) const { return {}; }
    Messages operator()(const access::Event&) const { return {}; }
};

CloudEvent cloud_event_of(Message&& message, const Commit& commit, Position position, std::size_t index, Uuid log) {
    const auto& type = *message.type;
    const std::string name(type.name);
    CloudEvent event{type.topic, commit.meta.routing_key, {}, std::move(message.body)};
    event.headers = {
        {"content-type", "application/json"},
        {"ce_specversion", "1.0"},
        {"ce_id", text_of(event_id(commit.meta.command_id, index)) + ":" + name},
        {"ce_source", "/granary/" + hex_of(log)},
        {"ce_type", name},
        {"ce_subject", commit.meta.stream_key},
        {"ce_time", rfc3339_of(commit.events[index].occurred_at)},
        {"ce_dataschema", "urn:granary:integration-event:" + name + ":" + std::to_string(type.version)},
        {"ce_partitionkey", commit.meta.routing_key},
        {"ce_sequence", sequence_of(position, index)},
    };
    if (!commit.meta.traceparent.empty()) event.headers.emplace_back("ce_traceparent", commit.meta.traceparent);
    return event;
}

}  // namespace

std::size_t CloudEvent::bytes() const {
    std::size_t sum = key.size() + body.size();
    for (const auto& [name, value] : headers) sum += name.size() + value.size();
    return sum;
}

Messages messages_of(const Event& event) { return std::visit(ByContext{}, event); }

std::vector<CloudEvent> cloud_events_of(const Commit& commit, Position position, Uuid log) {
    std::vector<CloudEvent> events;
    for (std::size_t index = 0; index < commit.events.size(); ++index) {
        for (auto& message : messages_of(commit.events[index].event)) events.push_back(cloud_event_of(std::move(message), commit, position, index, log));
    }
    return events;
}

}  // namespace granary::integration
