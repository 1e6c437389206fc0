// The table of errors, by the numbers of Kafka's protocol and of the client library, and the identity's text.
#include "platform/adapters/kafka/errors.hpp"

#include <doctest/doctest.h>

#include "platform/adapters/kafka/identity.hpp"

namespace granary::kafka {

TEST_CASE("kafka errors: a passing condition may be retried, an unknown fate is fenced, rights and damage halt") {
    CHECK(meaning_of(0) == Meaning::none);
    for (const int passing : {5, 6, 19, -195, -187, 3}) CHECK(meaning_of(passing) == Meaning::retry);
    for (const int unknown : {20, 7, 45, 47, 59, -192, -151, -150}) CHECK(meaning_of(unknown) == Meaning::fence);
    for (const int hopeless : {29, 31, 58, 1, -140, -199}) CHECK(meaning_of(hopeless) == Meaning::halt);
    for (const int too_large : {10, 18}) CHECK(meaning_of(too_large) == Meaning::refuse);
    CHECK(meaning_of(-12345) == Meaning::fence);  // what nobody thought of
}

TEST_CASE("kafka errors: only what may pass by itself is retryable") {
    for (int error = -200; error <= 97; ++error) {
        const Meaning meaning = meaning_of(error);
        if (meaning == Meaning::none) continue;
        CAPTURE(error);
        const bool may_pass = meaning == Meaning::retry || meaning == Meaning::fence;
        CHECK(fault_of(error, "x").retryable() == may_pass);
    }
    CHECK(fault_of(-195, "appending").message.starts_with("appending: "));
}

TEST_CASE("kafka identity: comes back from its text, and nothing else passes for one") {
    const ports::LogIdentity identity{{0x0123456789abcdef, 0x42}, 64};
    const std::string text = text_of_identity(identity, "shop");
    CHECK(text == "granary-log 1 0123456789abcdef0000000000000042 64 shop");
    const auto found = parse_identity(text, "shop");
    REQUIRE(found);
    CHECK(found->id == identity.id);
    CHECK(found->partitions == 64);
    CHECK(!parse_identity(text, "other"));
    for (std::size_t cut = 0; cut < text.size(); ++cut) CHECK(!parse_identity(text.substr(0, cut), "shop"));
    for (const char* wrong : {"granary-log 2 0123456789abcdef0000000000000042 64 shop", "granary-log 1 0123456789abcdef0000000000000042 064 shop",
                              "granary-log 1 0123456789abcdef0000000000000042 0 shop", "granary-log 1 0123456789abcdef0000000000000042 99999 shop",
                              "granary-log 1 00000000000000000000000000000000 64 shop", "granary-log 1 0123456789abcdef0000000000000042 -1 shop"}) {
        CHECK(!parse_identity(wrong, "shop"));
    }
}

}  // namespace granary::kafka
