// The level of each partition, and raising it behind whatever stands there.
#include "tools/granary/log_format.hpp"

#include <doctest/doctest.h>

#include "platform/host/chain_reader.hpp"
#include "tests/tools/granary/chain_writer.hpp"

namespace granary::cli {
namespace {

Event product(std::string_view sku) {
    catalog::ProductCreatedT event;
    event.sku = Sku::from_stored(sku);
    event.name = "a product";
    event.unit_price = {10'000, currency("GBP")};
    return catalog::Event(std::move(event));
}

std::string format_body(std::uint32_t level) {
    envelope::FormatT format;
    format.level = level;
    format.actor = "operator:ada";
    return encode_body(LogEntry(std::move(format)));
}

}  // namespace

TEST_CASE("without a record a partition has the level that logs had before there were any, and is raised behind what it holds") {
    memory::MemoryLog log({{7, 7}, 3});
    tests::ChainWriter writer(log);
    const auto position = writer.commit(product_stream(Sku::from_stored("A")), {product("A")});
    const auto before = formats_of(log, 1);
    REQUIRE(before);
    REQUIRE(before->size() == 3);
    for (const auto& one : *before) {
        CHECK(one.level == 1);
        CHECK_FALSE(one.position);
    }
    REQUIRE(raise_format(log, {2, "operator:ada", Time{1}, 1}) == 3U);
    const auto after = formats_of(log, 1);
    REQUIRE(after);
    for (const auto& one : *after) {
        CHECK(one.level == 2);
        CHECK(one.actor == "operator:ada");
    }
    const auto& raised = (*after)[position.partition.number];
    CHECK(raised.position == Position{position.partition, position.offset.next()});
    CHECK(raised.time == writer.time());  // never before what stands in front of it
}

TEST_CASE("a log that may hold more than this build can read is not read on") {
    memory::MemoryLog log({{7, 7}, 1});
    log.inject({0}, chain::make_record(chain::genesis({7, 7}, {0}), format_body(newest_format_level + 1)));
    const auto formats = formats_of(log);
    REQUIRE_FALSE(formats);
    CHECK(formats.error().message.find("position 0:0") != std::string::npos);
    CHECK(formats.error().message.find("upgrade this node") != std::string::npos);
}

TEST_CASE("no level is written where it would bury what a changed record made void") {
    memory::MemoryLog log({{7, 7}, 1});
    log.set_stores_prefixes(true);
    tests::ChainWriter writer(log);
    for (const char* sku : {"A", "B", "C"}) writer.commit(product_stream(Sku::from_stored(sku)), {product(sku)});
    log.flip_bit({0}, {1}, 12, 3);  // whom it extends
    const auto end = *log.end({0});
    const auto raised = raise_format(log, {2, "operator:ada", Time{1}, 1});
    REQUIRE_FALSE(raised);
    CHECK(raised.error().code == FaultCode::halted);
    CHECK(raised.error().message.find("position 0:1") != std::string::npos);
    CHECK(*log.end({0}) == end);
}

TEST_CASE("a level that is there is not written again") {
    memory::MemoryLog log({{7, 7}, 2});
    log.inject({1}, chain::make_record(chain::genesis({7, 7}, {1}), format_body(newest_format_level)));
    CHECK(raise_format(log, {newest_format_level, "operator:ada", Time{1}}) == 0U);
    const auto formats = formats_of(log);
    REQUIRE(formats);
    CHECK((*formats)[1].position == Position{{1}, {0}});
    CHECK((*formats)[1].actor == "operator:ada");
    CHECK(log.end({0})->number == 0);
}

}  // namespace granary::cli
