// What of each event others are told: nothing but the table's fields, and never what is sealed, secret or free text.
#include <doctest/doctest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "integration/mapping/cloud_events.hpp"
#include "tests/schemas/samples.hpp"

using namespace granary;
using integration::Message;
using integration::Messages;

namespace {

// Every event with every field set: free text as the samples have it, or with codes and words where those may stand.
std::vector<Event> all_events(bool with_codes) {
    std::vector<Event> events;
    for (auto& sample : samples::events()) {
        if (with_codes) {
            const auto refine = []<class E>(E& event) {
                if constexpr (requires { event.reason; }) event.reason = "out_of_stock";
                if constexpr (requires { event.method; }) event.method = 1;
            };
            std::visit([&](auto& context) { std::visit(refine, context); }, sample.newest);
        }
        events.push_back(std::move(sample.newest));
    }
    return events;
}

boost::json::object parsed(const std::string& body) { return boost::json::parse(body).as_object(); }

std::set<std::string> names_of(const boost::json::object& object) {
    std::set<std::string> names;
    for (const auto& member : object) names.insert(std::string(member.key()));
    return names;
}

Messages messages(const auto& event) { return integration::messages_of(Event(std::decay_t<decltype(event)>(event))); }

std::string document() {
    std::ifstream in(GRANARY_SOURCE_DIR "/docs/integration-events.md");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("bodies hold the fields of their type's table, and all of them where an event has them") {
    std::map<const integration::EventType*, std::set<std::string>> seen;
    for (const bool with_codes : {false, true}) {
        for (const auto& event : all_events(with_codes)) {
            for (const auto& message : integration::messages_of(event)) {
                CAPTURE(message.type->name);
                CAPTURE(message.body);
                const auto names = names_of(parsed(message.body));
                for (const auto& field : message.type->fields) {
                    if (field.presence == integration::Presence::always) CHECK(names.contains(std::string(field.name)));
                }
                seen[message.type].insert(names.begin(), names.end());
            }
        }
    }
    for (const auto* type : integration::event_types) {
        CAPTURE(type->name);
        std::set<std::string> declared;
        for (const auto& field : type->fields) declared.insert(std::string(field.name));
        CHECK(seen[type] == declared);
    }
    CHECK(seen.size() == integration::event_types.size());
}

TEST_CASE("neither sealed data nor tokens nor free text leaves the house") {
    for (const auto& event : all_events(false)) {
        for (const auto& message : integration::messages_of(event)) {
            CAPTURE(message.type->name);
            // The samples fill each text with its own name: `a payment_token é`.
            for (const char* text : {"a reason", "a payment_token", "a token", "a reference", "a provider_reference", "a carrier_event_id", "sealed", "per_"}) {
                CHECK(message.body.find(text) == std::string::npos);
            }
        }
    }
}

TEST_CASE("each type goes to one topic, and each topic has a type") {
    std::set<std::string_view> names, used;
    for (const auto* type : integration::event_types) {
        CHECK(names.insert(type->name).second);
        CHECK(std::ranges::find(integration::topics, type->topic) != integration::topics.end());
        used.insert(type->topic);
    }
    CHECK(used.size() == integration::topics.size());
}

TEST_CASE("an order's life") {
    orders::OrderPlacedT placed;
    placed.order_id = {{1, 2}};
    placed.total = {510, currency("GBP")};
    placed.warehouse = WarehouseCode::from_stored("main");
    placed.country = CountryCode::from_stored("GB");
    placed.payment_token = "tok_secret";
    auto line = std::make_unique<orders::OrderLineT>();
    line->sku = Sku::from_stored("APPLE");
    line->quantity = 2;
    line->unit_price = {25'500, currency("GBP")};
    line->amount = {51'000, currency("GBP")};
    line->name = "An \"apple\"";
    placed.lines.push_back(std::move(line));
    const auto said = integration::messages_of(orders::Event(std::move(placed)));
    REQUIRE(said.size() == 1);
    CHECK(said[0].type->name == "order.created");
    CHECK(said[0].body == R"({"order_id":"ord_00000000000000010000000000000002","total":{"amount":510,"currency":"GBP"},"warehouse":"main","country":"GB",)"
                          R"("payment_method":"card","lines":[{"sku":"APPLE","name":"An \"apple\"","quantity":2,)"
                          R"("unit_price":{"amount":"2.55","currency":"GBP"},"amount":{"amount":"5.10","currency":"GBP"}}]})");
    orders::OrderFailedT failed;
    failed.order_id = {{1, 2}};
    failed.reason = "out_of_stock";
    CHECK(integration::messages_of(orders::Event(failed))[0].body == R"({"order_id":"ord_00000000000000010000000000000002","reason":"out_of_stock"})");
    failed.reason = "Mrs Miller called";
    CHECK(integration::messages_of(orders::Event(failed))[0].body == R"({"order_id":"ord_00000000000000010000000000000002"})");
}

TEST_CASE("a payment's steps go to the followers of its status, and its money to the bookkeepers, too") {
    const auto types = [](const payments::Event& event) {
        std::vector<std::string_view> names;
        for (const auto& message : integration::messages_of(event)) names.push_back(message.type->name);
        return names;
    };
    CHECK(types(payments::PaymentStartedT{}) == std::vector<std::string_view>{"payment.status-updated", "payment.created"});
    CHECK(types(payments::PaymentAuthorizedT{}) == std::vector<std::string_view>{"payment.status-updated"});
    CHECK(types(payments::PaymentCapturedT{}) == std::vector<std::string_view>{"payment.status-updated", "payment.processed"});
    CHECK(types(payments::PaymentRefundedT{}) == std::vector<std::string_view>{"payment.status-updated", "payment.refunded"});
    CHECK(types(payments::RefundFailedT{}) == std::vector<std::string_view>{"payment.status-updated"});
}

TEST_CASE("what is nobody else's business is not told") {
    CHECK(messages(inventory::Event(inventory::StockReceivedT{})).empty());
    CHECK(messages(inventory::Event(inventory::ReservationCommittedT{})).empty());
    CHECK(messages(inventory::Event(inventory::ReleaseRecordedT{})).empty());
    CHECK(messages(catalog::Event(catalog::ProductCreatedT{})).empty());
    CHECK(messages(customers::Event(customers::CustomerRegisteredT{})).empty());
    CHECK(messages(order_fulfilment::Event(order_fulfilment::InstanceParkedT{})).empty());
    CHECK(messages(inventory::Event(inventory::StockReservedT{})).size() == 1);
}

TEST_CASE("docs/integration-events.md lists every topic, type and field of the table") {
    const std::string text = document();
    for (const auto topic : integration::topics) CHECK(text.find("## `" + std::string(topic) + "`\n") != std::string::npos);
    for (const auto* type : integration::event_types) {
        std::string fields;
        for (const auto& field : type->fields) {
            if (!fields.empty()) fields += ", ";
            fields += "`" + std::string(field.name) + "`" + (field.presence == integration::Presence::sometimes ? "?" : "") + " " + std::string(field.form);
        }
        const std::string row = "| `" + std::string(type->name) + "` | " + std::to_string(type->version) + " | " + std::string(type->when) + " | " + fields + " |\n";
        CAPTURE(row);
        const auto at = text.find(row);
        REQUIRE(at != std::string::npos);
        const auto heading = text.rfind("\n## `", at);
        CHECK(text.substr(heading + 5, type->topic.size()) == type->topic);
    }
}
