// The text that the group keeps beside a position: what is not ours was set by an operator.
#include <doctest/doctest.h>

#include "platform/adapters/kafka/integration_broker.hpp"

using namespace granary;
using kafka::parse_position_text;
using kafka::text_of_position;

TEST_CASE("positions of integration events come back as they were written") {
    const ports::PublishedUpTo position{{1000}, {998}, sha256("a record")};
    CHECK(text_of_position(position) == "granary 1 998 " + hex_of(sha256("a record")));
    CHECK(parse_position_text({1000}, text_of_position(position)) == position);
    const ports::PublishedUpTo nothing{{0}, {}, {}};
    CHECK(text_of_position(nothing).empty());
    CHECK(parse_position_text({0}, "") == nothing);
}

TEST_CASE("a position without its record, or with one that can't be its record, was set by hand") {
    const std::string hash = hex_of(sha256("a record"));
    for (const std::string& text : {std::string("somebody was here"), "granary 1 998 " + hash.substr(1), "granary 1 998 " + hash + "0", "granary 1 -1 " + hash, "granary 1 x " + hash,
                                   "granary 1 0998 " + hash, "granary 2 998 " + hash, "granary 1 1000 " + hash, "granary 1 998 " + std::string(64, 'G')}) {
        CAPTURE(text);
        CHECK(parse_position_text({1000}, text) == ports::PublishedUpTo{{1000}, {}, {}});
    }
}
