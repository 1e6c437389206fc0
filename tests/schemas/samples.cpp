// Fills messages by the names of their fields, so that a new event has its sample as soon as it is declared.
#include "tests/schemas/samples.hpp"

#include <cstdio>
#include <iterator>
#include <type_traits>

#include "schemas/inventory_tables.h"
#include "schemas/table_codec.hpp"
#include "schemas/upcasting.hpp"

namespace granary::samples {
namespace {

const Uuid bits{0x0192837465AABBCCULL, 0x8899AABBCCDDEEFFULL};

std::unique_ptr<wire::SealedT> sealed(std::uint8_t seed) {
    auto box = std::make_unique<wire::SealedT>();
    box->person = PersonId{{bits.hi + seed, bits.lo}};
    for (std::uint8_t i = 0; i < 45; ++i) box->box.push_back(static_cast<std::uint8_t>(seed + i));
    return box;
}

void set(std::string& field, std::string_view name) { field = "a " + std::string(name) + " \xC3\xA9"; }
void set(bool& field, std::string_view) { field = true; }
void set(Sku& field, std::string_view) { field = Sku::from_stored("85123A"); }
void set(WarehouseCode& field, std::string_view) { field = WarehouseCode::from_stored("main-1"); }
void set(CountryCode& field, std::string_view) { field = CountryCode::from_stored("GB"); }
void set(Money& field, std::string_view) { field = {123'456, currency("GBP")}; }
void set(Amount& field, std::string_view) { field = {25'505, currency("GBP")}; }
void set(Time& field, std::string_view) { field = {1'291'191'960'000'250}; }
void set(std::unique_ptr<wire::SealedT>& field, std::string_view name) { field = sealed(static_cast<std::uint8_t>(name.size())); }
template <class Kind>
void set(Id<Kind>& field, std::string_view name) {
    field.value = {bits.hi, bits.lo + name.size()};
}
template <class Number>
    requires std::is_integral_v<Number>
void set(Number& field, std::string_view name) {
    field = static_cast<Number>(40 + name.size());
}
template <class Enum>
    requires std::is_enum_v<Enum>
void set(Enum& field, std::string_view) {
    field = static_cast<Enum>(3);
}
void set(std::vector<std::unique_ptr<orders::OrderLineT>>& field, std::string_view) {
    for (int i = 1; i <= 2; ++i) {
        auto line = std::make_unique<orders::OrderLineT>();
        line->sku = Sku::from_stored(i == 1 ? "85123A" : "71053");
        line->quantity = 6 * i;
        line->unit_price = {25'500, currency("GBP")};
        line->amount = {153'000 * i, currency("GBP")};
        line->name = "WHITE HANGING HEART";
        field.push_back(std::move(line));
    }
}

void set(std::vector<std::unique_ptr<invoices::InvoiceLineT>>& field, std::string_view) {
    for (int i = 1; i <= 2; ++i) {
        auto line = std::make_unique<invoices::InvoiceLineT>();
        line->stock_code = Sku::from_stored(i == 1 ? "85123a" : "POST");
        line->description = "WHITE HANGING HEART \xC2\xA3";
        line->quantity = i == 1 ? 6 : -1;
        line->unit_price = {i == 1 ? 25'500 : -110'620'600, currency("GBP")};
        line->at = {1'291'191'960'000'000 + 60'000'000 * i};
        field.push_back(std::move(line));
    }
}

void set(std::vector<std::unique_ptr<access::AccessT>>& field, std::string_view) {
    for (int i = 1; i <= 2; ++i) {
        auto access = std::make_unique<access::AccessT>();
        access->operation = i == 1 ? "getOrder" : "listSagas";
        access->target = i == 1 ? "/v1/orders/ord_0192837465aabbcc8899aabbccddeeff" : "/admin/v1/sagas";
        access->status = i == 1 ? 200 : 503;
        access->at = {1'291'191'960'000'000 + 60'000'000 * i};
        access->trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
        field.push_back(std::move(access));
    }
}

#define GRANARY_FILL(name) \
    if constexpr (requires { message.name; }) set(message.name, #name)

template <class Message>
void fill_orders_and_payments(Message& message) {
    GRANARY_FILL(order_id);
    GRANARY_FILL(customer);
    GRANARY_FILL(lines);
    GRANARY_FILL(total);
    GRANARY_FILL(warehouse);
    GRANARY_FILL(country);
    GRANARY_FILL(ship_to);
    GRANARY_FILL(note);
    GRANARY_FILL(payment_method);
    GRANARY_FILL(payment_token);
    GRANARY_FILL(reference);
    GRANARY_FILL(payment_id);
    GRANARY_FILL(amount);
    GRANARY_FILL(shipment_id);
    GRANARY_FILL(tracking_number);
    GRANARY_FILL(reason);
    GRANARY_FILL(was);
    GRANARY_FILL(method);
    GRANARY_FILL(token);
    GRANARY_FILL(provider_reference);
    GRANARY_FILL(refund_id);
}

template <class Message>
void fill_the_rest(Message& message) {
    GRANARY_FILL(sku);
    GRANARY_FILL(quantity);
    GRANARY_FILL(delta);
    GRANARY_FILL(kind);
    GRANARY_FILL(reservation_id);
    GRANARY_FILL(expires_at);
    GRANARY_FILL(was_committed);
    GRANARY_FILL(pieces);
    GRANARY_FILL(status);
    GRANARY_FILL(carrier_event_id);
    GRANARY_FILL(happened_at);
    GRANARY_FILL(name);
    GRANARY_FILL(description);
    GRANARY_FILL(unit_price);
    GRANARY_FILL(customer_id);
    GRANARY_FILL(profile);
    GRANARY_FILL(address);
    GRANARY_FILL(command_id);
    GRANARY_FILL(step);
    GRANARY_FILL(accepted);
    GRANARY_FILL(refusal);
    GRANARY_FILL(timer);
    GRANARY_FILL(due);
    GRANARY_FILL(source);
    GRANARY_FILL(number);
    GRANARY_FILL(ground);
    GRANARY_FILL(despite_orders);
    GRANARY_FILL(orders_under_way);
    GRANARY_FILL(person);
    GRANARY_FILL(order);
    GRANARY_FILL(principal);
    GRANARY_FILL(day);
    GRANARY_FILL(key);
    GRANARY_FILL(role);
    GRANARY_FILL(accesses);
}

template <class Message>
Message filled() {
    Message message;
    fill_orders_and_payments(message);
    fill_the_rest(message);
    return message;
}

std::string file_name(EventKey key, std::string_view name) {
    char number[16];
    std::snprintf(number, sizeof number, "%04u.%u.", static_cast<unsigned>(key.type), static_cast<unsigned>(key.version));
    return number + std::string(name);
}

template <class Context, class... Alternatives>
void add_all(std::vector<EventSample>& out, const std::variant<Alternatives...>*) {
    const auto add = [&]<class Message>(Message message) {
        Context event(std::move(message));
        const EventKey key = key_of(event);
        const std::string name = file_name(key, name_of(event));
        std::string payload = encode_event(event);
        out.push_back({key, name, std::move(payload), Event(std::move(event))});
    };
    (add(filled<Alternatives>()), ...);
}

template <std::size_t... Contexts>
void add_contexts(std::vector<EventSample>& out, std::index_sequence<Contexts...>) {
    (add_all<std::variant_alternative_t<Contexts, Event::Alternatives>>(out, static_cast<const std::variant_alternative_t<Contexts, Event::Alternatives>*>(nullptr)), ...);
}

void add_superseded(std::vector<EventSample>& out) {
    auto old = filled<inventory::StockAdjustedV1T>();
    old.reason = "damaged in transit";
    std::string payload = write_table(old);
    const EventKey key{302, 1};
    out.push_back({key, file_name(key, "stock_adjusted"), std::move(payload), Event(inventory::Event(inventory::upcast(std::move(old))))});
}

Commit commit() {
    Commit commit;
    auto& meta = commit.meta;
    const OrderId order{bits};
    const auto target = order_stream(order);
    meta.stream_kind = static_cast<std::uint8_t>(target.stream.kind);
    meta.stream_key = target.stream.key;
    meta.routing_key = target.routing_key;
    meta.first_version = 7;
    set(meta.time, "time");
    set(meta.command_id, "command_id");
    set(meta.fingerprint, "fingerprint");
    set(meta.correlation, "correlation");
    set(meta.causation, "causation");
    meta.actor = "key:shop";
    meta.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    commit.events.push_back({orders::Event(filled<orders::OrderPlacedT>()), meta.time - hours(2)});
    commit.events.push_back({orders::Event(filled<orders::OrderCancelledT>()), meta.time});
    return commit;
}

}  // namespace

std::vector<EventSample> events() {
    std::vector<EventSample> all;
    add_contexts(all, std::make_index_sequence<std::variant_size_v<Event::Alternatives>>{});
    add_superseded(all);
    return all;
}

std::vector<EventInfo> known_events() {
    std::vector<EventInfo> all;
    const auto add = [&](const auto& known) { all.insert(all.end(), std::begin(known), std::end(known)); };
    add(orders::known_events);
    add(payments::known_events);
    add(inventory::known_events);
    add(delivery::known_events);
    add(catalog::known_events);
    add(customers::known_events);
    add(order_fulfilment::known_events);
    add(invoices::known_events);
    add(customer_erasure::known_events);
    add(access::known_events);
    return all;
}

std::vector<RecordSample> records() {
    std::vector<RecordSample> all;
    const Time time{1'291'191'960'000'250};
    all.push_back({"commit", commit()});
    envelope::ClaimT claim;
    claim.node = "node-1";
    claim.url = "http://127.0.0.1:8080";
    claim.time = time;
    all.push_back({"claim", claim});
    envelope::FormatT format;
    format.level = 2;
    format.time = time;
    format.actor = "key:ops";
    all.push_back({"format", format});
    envelope::AnnulT annul;
    annul.offset = 42;
    annul.reason = "can't be decoded";
    annul.actor = "key:ops";
    annul.time = time;
    all.push_back({"annul", annul});
    envelope::SealT seal;
    seal.reason = "copied to another log";
    seal.actor = "key:ops";
    seal.time = time;
    all.push_back({"seal", seal});
    return all;
}

}  // namespace granary::samples
