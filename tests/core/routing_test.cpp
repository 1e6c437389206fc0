// Routing agrees with Kafka's default partitioner, and positions and streams with their texts.
#include "core/routing.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>

#include "core/stream.hpp"

using namespace granary;

TEST_CASE("partitions are those of Kafka's murmur2 (the vectors of its UtilsTest)") {
    const auto agrees = [](std::string_view key, std::int32_t hash) {
        const auto positive = static_cast<std::uint32_t>(hash) & 0x7FFF'FFFFU;
        for (const std::uint32_t count : {1U, 2U, 64U, 100U, 4096U, 0x7FFF'FFFFU}) CHECK(partition_of(key, count).number == positive % count);
    };
    agrees("21", -973932308);
    agrees("foobar", -790332482);
    agrees("a-little-bit-long-string", -985981536);
    agrees("a-little-bit-longer-string", -1486304829);
    agrees("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971);
    agrees("abc", 479470107);
}

TEST_CASE("positions have one text") {
    CHECK(text_of(Position{{12}, {3456}}) == "12:3456");
    CHECK(parse_position("12:3456") == Position{{12}, {3456}});
    CHECK(parse_position("0:0") == Position{{0}, {0}});
    for (const char* wrong : {"", ":", "1:", ":1", "-1:2", "1:-2", "+1:2", " 1:2", "1:2 ", "1:2:3", "a:b", "4294967296:0", "0:9223372036854775807", "0:9223372036854775808", "1.0:2"}) CHECK_FALSE(parse_position(wrong));
    const bool held = rc::check("position round trips", [] {
        const Position position{{*rc::gen::arbitrary<std::uint32_t>()}, {*rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max())}};
        RC_ASSERT(parse_position(text_of(position)) == position);
    });
    CHECK(held);
}

TEST_CASE("a vector of positions names the partitions that hold something") {
    CHECK(text_of(PositionVector{}) == "-");
    CHECK(text_of(PositionVector{{-1}, {-1}}) == "-");
    CHECK(text_of(PositionVector{{17}, {-1}, {-1}, {9}}) == "0:17,3:9");
    CHECK(Offset{}.next() == Offset{0});
}

TEST_CASE("everything of one order is routed by the order, stock by its SKU") {
    const OrderId order{{5, 6}};
    const auto routing = order_stream(order).routing_key;
    CHECK(payment_stream(PaymentId{{1, 1}}, order).routing_key == routing);
    CHECK(shipment_stream(ShipmentId{{2, 2}}, order).routing_key == routing);
    CHECK(order_fulfilment_stream(order).routing_key == routing);
    const auto sku = Sku::from_stored("85123A");
    CHECK(stock_stream(sku, WarehouseCode::from_stored("main")).stream.key == "main/85123A");
    CHECK(stock_stream(sku, WarehouseCode::from_stored("main")).routing_key == "85123A");
    CHECK(stock_stream(sku, WarehouseCode::from_stored("north")).routing_key == product_stream(sku).routing_key);
    CHECK(order_stream(order).stream != order_fulfilment_stream(order).stream);
}

TEST_CASE("stream kinds have names that are theirs alone") {
    std::set<std::string_view> names;
    for (int kind = 1; kind <= 7; ++kind) {
        const auto name = name_of(static_cast<StreamKind>(kind));
        CHECK(names.insert(name).second);
        CHECK(parse_stream_kind(name) == static_cast<StreamKind>(kind));
    }
    CHECK(name_of(StreamKind::none) == "none");
    CHECK_FALSE(parse_stream_kind("none"));
    CHECK_FALSE(parse_stream_kind("Order"));
}

TEST_CASE("warehouse codes are letters, digits, hyphens and underscores") {
    CHECK(is_valid_warehouse("main-1_A"));
    CHECK(is_valid_warehouse(std::string(15, 'x')));
    for (const char* wrong : {"", "a/b", "a b", "a.b", "xxxxxxxxxxxxxxxx"}) CHECK_FALSE(is_valid_warehouse(wrong));
}
