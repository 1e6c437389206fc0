// The attributes of published events: complete, stable, and in an order that text comparison finds.
#include "integration/mapping/cloud_events.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace granary;
using integration::CloudEvent;

namespace {

const OrderId order{{0x0192, 7}};
const Uuid log_id{0xAB, 0xCD};

Commit commit_of(std::vector<Event> events) {
    Commit commit;
    const auto target = payment_stream({{3, 4}}, order);
    commit.meta.stream_kind = static_cast<std::uint8_t>(target.stream.kind);
    commit.meta.stream_key = target.stream.key;
    commit.meta.routing_key = target.routing_key;
    commit.meta.first_version = 1;
    commit.meta.time = {1'291'191'960'000'250};
    commit.meta.command_id = {{5, 6}};
    commit.meta.actor = "key:shop";
    commit.meta.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (auto& event : events) commit.events.push_back({std::move(event), commit.meta.time});
    return commit;
}

Event captured() {
    payments::PaymentCapturedT event;
    event.payment_id = {{3, 4}};
    event.order_id = order;
    event.amount = {510, currency("GBP")};
    return payments::Event(event);
}

std::map<std::string, std::string> headers_of(const CloudEvent& event) { return {event.headers.begin(), event.headers.end()}; }

}  // namespace

TEST_CASE("a commit's messages carry the attributes of CloudEvents 1.0 as headers") {
    const auto events = integration::cloud_events_of(commit_of({captured()}), {{3}, {1234}}, log_id);
    REQUIRE(events.size() == 2);
    CHECK(events[1].topic == "payment-events");
    CHECK(events[1].key == text_of(order));
    const std::map<std::string, std::string> expected{
        {"content-type", "application/json"},
        {"ce_specversion", "1.0"},
        {"ce_id", text_of(event_id({{5, 6}}, 0)) + ":payment.processed"},
        {"ce_source", "/granary/00000000000000ab00000000000000cd"},
        {"ce_type", "payment.processed"},
        {"ce_subject", "pay_00000000000000030000000000000004"},
        {"ce_time", "2010-12-01T08:26:00.000250Z"},
        {"ce_dataschema", "urn:granary:integration-event:payment.processed:1"},
        {"ce_partitionkey", text_of(order)},
        {"ce_sequence", "0003-0000000000000001234-0000"},
        {"ce_traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    };
    CHECK(headers_of(events[1]) == expected);
    CHECK(events[1].bytes() > events[1].body.size() + events[1].key.size());
}

TEST_CASE("nobody's name is in the attributes, and no trace where there was none") {
    auto commit = commit_of({captured()});
    commit.meta.traceparent.clear();
    for (const auto& event : integration::cloud_events_of(commit, {{0}, {0}}, log_id)) {
        for (const auto& [name, value] : event.headers) {
            CHECK(name != "ce_traceparent");
            CHECK(value.find("key:shop") == std::string::npos);
        }
    }
}

TEST_CASE("the same commit gives the same bytes, another event another id") {
    const auto commit = commit_of({captured(), captured()});
    const auto first = integration::cloud_events_of(commit, {{3}, {1234}}, log_id);
    const auto again = integration::cloud_events_of(commit, {{3}, {1234}}, log_id);
    REQUIRE(first.size() == 4);
    std::set<std::string> ids;
    for (std::size_t i = 0; i < first.size(); ++i) {
        CHECK(first[i].headers == again[i].headers);
        CHECK(first[i].body == again[i].body);
        CHECK(ids.insert(headers_of(first[i])["ce_id"]).second);
    }
}

TEST_CASE("ce_sequence sorts as text the way the log is ordered") {
    const auto sequence = [](std::int64_t offset, std::size_t count) {
        std::vector<Event> events;
        for (std::size_t i = 0; i < count; ++i) events.push_back(captured());
        return headers_of(integration::cloud_events_of(commit_of(std::move(events)), {{3}, {offset}}, log_id).back())["ce_sequence"];
    };
    CHECK(sequence(9, 1) < sequence(10, 1));
    CHECK(sequence(10, 1) < sequence(10, 2));
    CHECK(sequence(10, 2) < sequence(10, 11));
    CHECK(sequence(10, 11) < sequence(9'223'372'036'854'775'807, 1));
}
