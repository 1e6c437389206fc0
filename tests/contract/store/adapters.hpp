// The stores under test, behind one shape: `store()`, and `reopen()` where what is written outlives the object.
#pragma once

#include <doctest/doctest.h>

#include <memory>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "tests/temporary_folder.hpp"

namespace granary::tests {

class MemoryStoreCase {
  public:
    ports::Store& store() { return store_; }
    void reopen() {}

  private:
    memory::MemoryStore store_;
};

class RocksStoreCase {
  public:
    RocksStoreCase() { open(); }

    ports::Store& store() { return *store_; }
    void reopen() {
        store_.reset();
        open();
    }
    std::string path() const { return folder_.at("store"); }

  private:
    void open() {
        auto opened = rocks::open_store({path(), 8 << 20, 4 << 20});
        REQUIRE_MESSAGE(opened, opened.error().message);
        store_ = std::move(*opened);
    }

    TemporaryFolder folder_;
    std::unique_ptr<ports::Store> store_;
};

}  // namespace granary::tests

TYPE_TO_STRING_AS("memory", granary::tests::MemoryStoreCase);
TYPE_TO_STRING_AS("rocksdb", granary::tests::RocksStoreCase);
#define GRANARY_STORE_CASE(name) TEST_CASE_TEMPLATE(name, Case, granary::tests::MemoryStoreCase, granary::tests::RocksStoreCase)
