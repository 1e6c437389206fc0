// What every broker of integration events promises.
#include <algorithm>

#include "tests/contract/integration/adapters.hpp"

namespace granary::tests {

namespace {

std::vector<std::string> bodies_of(const std::vector<ports::OutgoingEvent>& events, std::string_view topic, std::string_view key) {
    std::vector<std::string> bodies;
    for (const auto& event : events) {
        if (event.topic == topic && event.key == key) bodies.push_back(event.body);
    }
    return bodies;
}

const ports::PublishedUpTo somewhere{{42}, {40}, sha256("the record at 40")};

}  // namespace

GRANARY_INTEGRATION_CASE("integration broker: one member has every partition, and nothing was kept") {
    Case test;
    const auto member = test.member();
    Share share;
    poll_until({{member.get(), &share}}, [&] { return share.size() == shared_partitions; });
    for (const auto& [partition, kept] : share) CHECK_FALSE(kept);
}

GRANARY_INTEGRATION_CASE("integration broker: events are stored as they are, in order of each key and topic") {
    Case test;
    const auto member = test.member();
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> expected;
    for (int batch = 0; batch < 3; ++batch) {
        std::vector<ports::OutgoingEvent> events;
        for (int i = 0; i < 100; ++i) {
            const std::string topic = i % 3 == 0 ? "payment-events" : "order-events";
            const std::string key = "ord_" + std::to_string(i % 7);
            events.push_back(event_of(topic, key, "event " + std::to_string(100 * batch + i)));
            expected[{topic, key}].push_back(events.back().body);
        }
        const auto published = member->publish(std::move(events), event_patience);
        REQUIRE_MESSAGE(published, published.error().message);
    }
    auto strange = event_of("order-events", "a key \xC3\xA9", std::string("\0\x01\xff", 3));
    strange.headers = {{"ce_subject", ""}, {"ce_twice", "1"}, {"ce_twice", "\xC3\xA9"}};
    REQUIRE(member->publish({strange}, event_patience));
    REQUIRE(member->publish({}, event_patience));
    const auto stored = test.events();
    CHECK(stored.size() == 301);
    for (const auto& [place, bodies] : expected) CHECK(bodies_of(stored, place.first, place.second) == bodies);
    CHECK(std::ranges::find(stored, strange) != stored.end());
    CHECK(std::ranges::find(stored, event_of("order-events", "ord_1", "event 1")) != stored.end());
}

GRANARY_INTEGRATION_CASE("integration broker: a kept position comes back to whoever comes after") {
    Case test;
    auto member = test.member();
    Share share;
    poll_until({{member.get(), &share}}, [&] { return share.size() == shared_partitions; });
    const ports::PublishedUpTo without_anchor{{7}, {}, {}};
    keep_all(*member, share, {{{1}, {{1}, {0}, sha256("first")}}, {{2}, without_anchor}});
    keep_all(*member, share, {{{1}, somewhere}});
    member->leave();
    member.reset();
    const auto next = test.member();
    Share found;
    poll_until({{next.get(), &found}}, [&] { return found.size() == shared_partitions; });
    CHECK_FALSE(found[{0}]);
    CHECK(found[{1}] == somewhere);
    CHECK(found[{2}] == without_anchor);
}

GRANARY_INTEGRATION_CASE("integration broker: members share the partitions, and get what another leaves") {
    Case test;
    auto first = test.member();
    const auto second = test.member();
    Share one, two;
    const auto spread = [&] {
        Share both = one;
        both.insert(two.begin(), two.end());
        return one.size() + two.size() == shared_partitions && both.size() == shared_partitions && !one.empty() && !two.empty();
    };
    poll_until({{first.get(), &one}, {second.get(), &two}}, spread);
    const auto left = one.begin()->first;
    // Not theirs: refused, whatever else is in the call.
    const auto refused = first->keep(std::vector<ports::KeptPosition>{{left, {{1}, {}, {}}}, {two.begin()->first, somewhere}}, event_patience);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::conflict);
    keep_all(*first, one, {{left, somewhere}});
    first->leave();
    poll_until({{second.get(), &two}}, [&] { return two.size() == shared_partitions; });
    CHECK(two[left] == somewhere);
}

GRANARY_INTEGRATION_CASE("integration broker: whoever has not joined keeps nothing") {
    Case test;
    const auto member = test.member();
    const auto refused = member->keep(std::vector<ports::KeptPosition>{{{0}, somewhere}}, event_patience);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::conflict);
}

GRANARY_INTEGRATION_CASE("integration broker: a member that is cancelled ends what it does") {
    Case test;
    const auto member = test.member();
    Share share;
    poll_until({{member.get(), &share}}, [&] { return !share.empty(); });
    member->cancel();
    const auto polled = member->poll(event_patience);
    REQUIRE_FALSE(polled);
    CHECK(polled.error().code == FaultCode::unavailable);
    CHECK(member->publish({event_of("order-events", "k", "b")}, event_patience).error().code == FaultCode::unavailable);
    CHECK(member->keep(std::vector<ports::KeptPosition>{{share.begin()->first, somewhere}}, event_patience).error().code == FaultCode::unavailable);
    member->leave();
}

}  // namespace granary::tests
