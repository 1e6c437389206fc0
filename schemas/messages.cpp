// Dispatch over the contexts: by variant for what is in memory, by number for what is on disk.
#include "schemas/messages.hpp"

#include "schemas/event_check.hpp"

namespace granary {
namespace {

StreamTarget target(const orders::Command& command) {
    return std::visit([](const auto& c) { return order_stream(c.order_id); }, command);
}
StreamTarget target(const payments::Command& command) {
    return std::visit([](const auto& c) { return payment_stream(c.payment_id, c.order_id); }, command);
}
StreamTarget target(const inventory::Command& command) {
    return std::visit([](const auto& c) { return stock_stream(c.sku, c.warehouse); }, command);
}
StreamTarget target(const delivery::Command& command) {
    return std::visit([](const auto& c) { return shipment_stream(c.shipment_id, c.order_id); }, command);
}
StreamTarget target(const catalog::Command& command) {
    return std::visit([](const auto& c) { return product_stream(c.sku); }, command);
}
StreamTarget target(const customers::Command& command) {
    return std::visit([](const auto& c) { return customer_stream(c.customer_id); }, command);
}
StreamTarget target(const order_fulfilment::Command& command) {
    return std::visit([](const auto& c) { return order_fulfilment_stream(c.order_id); }, command);
}
StreamTarget target(const invoices::Command& command) {
    return std::visit([](const auto& c) { return invoice_stream(c.source, c.number); }, command);
}
StreamTarget target(const customer_erasure::Command& command) {
    return std::visit([](const auto& c) { return c.customer.is_nil() ? customer_erasure_stream(c.order) : customer_erasure_stream(c.customer); }, command);
}
StreamTarget target(const access::Command& command) {
    return std::visit([](const auto& c) { return access_stream(c.principal, c.day); }, command);
}

template <class ContextEvent>
Result<Event> widen(Result<ContextEvent> event) {
    if (!event) return std::unexpected(std::move(event.error()));
    return Event(std::move(*event));
}

std::unexpected<Fault> unknown(EventKey key) {
    return fault(FaultCode::unsupported, "event type " + std::to_string(key.type) + " is not known to this build; upgrade this node");
}

}  // namespace

Command::Command() = default;
Command::Command(const Command&) = default;
Command::Command(Command&&) noexcept = default;
Command& Command::operator=(const Command&) = default;
Command& Command::operator=(Command&&) noexcept = default;
Command::~Command() = default;

Event::Event() = default;
Event::Event(const Event&) = default;
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(const Event&) = default;
Event& Event::operator=(Event&&) noexcept = default;
Event::~Event() = default;

EventKey key_of(const Event& event) {
    return std::visit([](const auto& e) { return key_of(e); }, event);
}

std::string_view name_of(const Event& event) {
    return std::visit([](const auto& e) { return name_of(e); }, event);
}

std::string_view name_of(const Command& command) {
    return std::visit([](const auto& c) { return name_of(c); }, command);
}

std::string encode_event(const Event& event) {
    return std::visit([](const auto& e) { return encode_event(e); }, event);
}

Result<Event> decode_event(EventKey key, std::string_view payload) {
    // Each context owns a hundred numbers.
    switch (key.type / 100) {
        case 1: return widen(orders::decode_event(key, payload));
        case 2: return widen(payments::decode_event(key, payload));
        case 3: return widen(inventory::decode_event(key, payload));
        case 4: return widen(delivery::decode_event(key, payload));
        case 5: return widen(catalog::decode_event(key, payload));
        case 6: return widen(customers::decode_event(key, payload));
        case 7: return widen(order_fulfilment::decode_event(key, payload));
        case 8: return widen(invoices::decode_event(key, payload));
        case 9: return widen(customer_erasure::decode_event(key, payload));
        case 10: return widen(access::decode_event(key, payload));
    }
    return unknown(key);
}

Status check_event(EventKey key, std::string_view payload) {
    switch (key.type / 100) {
        case 1: return orders::check_event(key, payload);
        case 2: return payments::check_event(key, payload);
        case 3: return inventory::check_event(key, payload);
        case 4: return delivery::check_event(key, payload);
        case 5: return catalog::check_event(key, payload);
        case 6: return customers::check_event(key, payload);
        case 7: return order_fulfilment::check_event(key, payload);
        case 8: return invoices::check_event(key, payload);
        case 9: return customer_erasure::check_event(key, payload);
        case 10: return access::check_event(key, payload);
    }
    return unknown(key);
}

void write_json(JsonWriter& json, const Event& event) {
    std::visit([&](const auto& e) { write_json(json, e); }, event);
}

StreamTarget target_of(const Command& command) {
    return std::visit([](const auto& c) { return target(c); }, command);
}

}  // namespace granary
