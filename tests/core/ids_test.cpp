// Ids keep their kind, their text and their bytes.
#include "core/ids.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "core/names.hpp"

using namespace granary;

TEST_CASE("an id's text is its kind's prefix and 32 hex digits, and only that is parsed") {
    const OrderId id{{0x0192837465AABBCCULL, 0x8899AABBCCDDEEFFULL}};
    CHECK(text_of(id) == "ord_0192837465aabbcc8899aabbccddeeff");
    CHECK(parse_id<OrderKind>(text_of(id)) == id);
    CHECK_FALSE(parse_id<PaymentKind>(text_of(id)));
    for (const char* wrong : {"", "ord_", "ord_0192837465aabbcc8899aabbccddeef", "ord_0192837465aabbcc8899aabbccddeeff0", "ord-0192837465aabbcc8899aabbccddeeff",
                              "ord_0192837465AABBCC8899aabbccddeeff", "ord_0192837465aabbcc8899aabbccddeefg", " ord_0192837465aabbcc8899aabbccddeef",
                              "ord_00000000000000000000000000000000"}) {
        CHECK_FALSE(parse_id<OrderKind>(wrong));
    }
}

TEST_CASE("version 7 carries the milliseconds in front and version and variant in their places") {
    const Uuid id = uuid_v7(1'700'000'000'123'456, Uuid{~0ULL, ~0ULL});
    CHECK((id.hi >> 16) == 1'700'000'000'123ULL);
    CHECK((id.hi >> 12 & 0xF) == 7);
    CHECK((id.lo >> 62) == 2);
    CHECK(uuid_v7(1'700'000'000'123'456, Uuid{}) < uuid_v7(1'700'000'000'124'000, Uuid{}));
    const Uuid derived = uuid_v8(Uuid{});
    CHECK((derived.hi >> 12 & 0xF) == 8);
    CHECK((derived.lo >> 62) == 2);
}

TEST_CASE("bytes and hex digits come back as the same value, most significant first") {
    CHECK(bytes_of(Uuid{1, 2})[7] == 1);
    CHECK(bytes_of(Uuid{1, 2})[15] == 2);
    const bool held = rc::check("uuid round trips", [](std::uint64_t hi, std::uint64_t lo) {
        const Uuid value{hi, lo};
        RC_ASSERT(uuid_of(bytes_of(value)) == value);
        RC_ASSERT(parse_hex_uuid(hex_of(value)) == value);
    });
    CHECK(held);
}

TEST_CASE("codes are short printable ASCII without space around them, compared byte for byte") {
    CHECK(Sku::parse("85123A")->view() == "85123A");
    CHECK(Sku::parse("85123A") != Sku::parse("85123a"));
    CHECK(Sku::parse("a b").has_value());
    CHECK(Sku::parse(std::string(31, 'x')).has_value());
    for (const std::string& wrong : {std::string(), std::string(32, 'x'), std::string(" a"), std::string("a "), std::string("a\n"), std::string("\xC3\xA9"), std::string("a\0b", 3)}) {
        CHECK_FALSE(Sku::parse(wrong));
    }
    CHECK(Sku::from_stored(std::string(40, 'x')).view().size() == 31);
    CHECK(*Sku::parse("A") < *Sku::parse("B"));
    CHECK(Sku().empty());
}
