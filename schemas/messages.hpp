// All contexts' messages together: the closed sets of commands and events, and the codec over them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/result.hpp"
#include "core/stream.hpp"
#include "schemas/access_messages.hpp"
#include "schemas/catalog_messages.hpp"
#include "schemas/customer_erasure_messages.hpp"
#include "schemas/customers_messages.hpp"
#include "schemas/delivery_messages.hpp"
#include "schemas/event_key.hpp"
#include "schemas/inventory_messages.hpp"
#include "schemas/invoices_messages.hpp"
#include "schemas/order_fulfilment_messages.hpp"
#include "schemas/orders_messages.hpp"
#include "schemas/payments_messages.hpp"

namespace granary {

// Classes of their own, like those of the contexts: what copies, moves and destroys them is compiled once (messages.cpp).
struct Command : std::variant<orders::Command, payments::Command, inventory::Command, delivery::Command, catalog::Command, customers::Command,
                              order_fulfilment::Command, invoices::Command, customer_erasure::Command, access::Command> {
    using Alternatives = variant;
    using variant::variant;
    Command();
    Command(const Command& other);
    Command(Command&& other) noexcept;
    Command& operator=(const Command& other);
    Command& operator=(Command&& other) noexcept;
    ~Command();
};
struct Event : std::variant<orders::Event, payments::Event, inventory::Event, delivery::Event, catalog::Event, customers::Event,
                            order_fulfilment::Event, invoices::Event, customer_erasure::Event, access::Event> {
    using Alternatives = variant;
    using variant::variant;
    Event();
    Event(const Event& other);
    Event(Event&& other) noexcept;
    Event& operator=(const Event& other);
    Event& operator=(Event&& other) noexcept;
    ~Event();
};

EventKey key_of(const Event& event);
// `order_placed`, `place_order`: stable names for history, logs and metrics.
std::string_view name_of(const Event& event);
std::string_view name_of(const Command& command);
std::string encode_event(const Event& event);
// unsupported: a type or version that this build does not know; corrupt: the payload does not verify. Old versions come
// back as the newest one.
Result<Event> decode_event(EventKey key, std::string_view payload);
void write_json(JsonWriter& json, const Event& event);

// The stream that a command addresses, and its routing key.
StreamTarget target_of(const Command& command);

}  // namespace granary
