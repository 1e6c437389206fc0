// Levels of the format: each event has one, and what a level has no form for is not written at it.
#include "schemas/format_levels.hpp"

#include <initializer_list>
#include <doctest/doctest.h>

#include "schemas/upcasting.hpp"
#include "tests/schemas/samples.hpp"

namespace granary {
namespace {

Event adjusted(inventory::AdjustmentKind kind, std::string reason) {
    inventory::StockAdjustedT event;
    event.sku = Sku::from_stored("S");
    event.warehouse = WarehouseCode::from_stored("MAIN");
    event.delta = -2;
    event.kind = kind;
    event.reason = std::move(reason);
    return inventory::Event(std::move(event));
}

const inventory::StockAdjustedT& in(const Event& event) { return std::get<inventory::StockAdjustedT>(std::get<inventory::Event>(event)); }

}  // namespace

TEST_CASE("a new kind or version of an event has a level of its own, which logs without a Format record don't have") {
    // One more than here is new: give it the next level in `level_of`, raise newest_format_level, and leave the number as it is. (Until a
    // release has kept the rule, what is new belongs to that first level, and the number grows.)
    constexpr std::size_t known_without_a_record = 54;
    std::size_t without = 0;
    for (const auto& info : samples::known_events()) {
        CAPTURE(info.name);
        CHECK(level_of(info.key) >= 1);
        CHECK(level_of(info.key) <= newest_format_level);
        without += level_of(info.key) <= unmarked_format_level ? 1U : 0U;
    }
    CHECK(without == known_without_a_record);
    CHECK(level_of({302, 1}) == 1);
    CHECK(level_of({302, 2}) == 2);
    CHECK(level_of({801, 1}) == 2);
    for (const std::uint16_t type : std::initializer_list<std::uint16_t>{109, 110, 603, 604, 901, 902, 903, 904, 1001}) CHECK(level_of({type, 1}) == 2);
    for (const std::uint16_t type : std::initializer_list<std::uint16_t>{101, 108, 601, 602, 701}) CHECK(level_of({type, 1}) == 1);
}

TEST_CASE("the newest level has every event in its newest form") {
    for (const auto& sample : samples::events()) {
        CAPTURE(sample.name);
        const auto written = encode_event_at(sample.newest, newest_format_level);
        REQUIRE(written);
        CHECK(written->key == key_of(sample.newest));
        CHECK(written->payload == encode_event(sample.newest));
    }
}

TEST_CASE("an older level has an older form, which is read as what it keeps") {
    using enum inventory::AdjustmentKind;
    for (const auto kind : {count, damage, loss, returned, unknown}) {
        const auto written = encode_event_at(adjusted(kind, "because"), 1);
        REQUIRE(written);
        CHECK(written->key == EventKey{302, 1});
        const auto read = decode_event(written->key, written->payload);
        REQUIRE(read);
        CHECK(in(*read).kind == kind);
        CHECK(in(*read).delta == -2);
        CHECK(in(*as_read_at(adjusted(kind, "because"), 1)).reason == in(*read).reason);
    }
    CHECK(in(*as_read_at(adjusted(damage, "some damage"), 1)).reason == "some damage");
    CHECK(in(*as_read_at(adjusted(count, "because"), 2)).reason == "because");
}

TEST_CASE("what is new altogether can't be written at an older level") {
    for (const auto& sample : samples::events()) {
        if (sample.key.type != 801) continue;
        CHECK_FALSE(encode_event_at(sample.newest, 1));
        CHECK(as_read_at(sample.newest, 1).error().code == FaultCode::unavailable);
        CHECK(as_read_at(sample.newest, 2));
    }
}

}  // namespace granary
