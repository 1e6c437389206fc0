// All tables of a fold, or none.
#include <doctest/doctest.h>

#include <array>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/host/joint_tables.hpp"

namespace granary {
namespace {

constexpr std::array<std::string_view, 3> wanted{"a", "b", "c"};

void put(ports::Store& store, std::string_view table) {
    ports::StoreBatch batch;
    batch.put(table, "key", "value");
    REQUIRE(store.write(batch, ports::Durability::process));
}

TEST_CASE("tables that are all there keep what they hold") {
    memory::MemoryStore store;
    REQUIRE(create_joint_tables(store, wanted));
    put(store, "a");
    REQUIRE(create_joint_tables(store, wanted));
    CHECK(*store.get("a", "key") == "value");
}

TEST_CASE("where one is missing the others are begun anew, and a table of somebody else is left alone") {
    memory::MemoryStore store;
    REQUIRE(create_joint_tables(store, wanted));
    REQUIRE(store.create_table("other"));
    for (const auto* table : {"a", "b", "other"}) put(store, table);
    REQUIRE(store.drop_table("c"));
    REQUIRE(create_joint_tables(store, wanted));
    CHECK_FALSE(store.get("a", "key")->has_value());
    CHECK_FALSE(store.get("b", "key")->has_value());
    CHECK_FALSE(store.get("c", "key")->has_value());
    CHECK(*store.get("other", "key") == "value");
}

}  // namespace
}  // namespace granary
