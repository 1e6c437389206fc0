// What only a store on disk can show: kills, damage, a second process.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "tests/contract/child_process.hpp"
#include "tests/contract/store/adapters.hpp"

namespace granary::tests {
namespace {

std::string value_of(const ports::Store& store, std::string_view table, std::string_view key) {
    const auto got = store.get(table, key);
    REQUIRE_MESSAGE(got, got.error().message);
    return got->value_or("(none)");
}

}  // namespace

TEST_CASE("rocksdb store: batches over two tables survive kill -9 whole, none that was acknowledged is lost") {
    TemporaryFolder folder;
    int number = 0;
    for (int round = 0; round < 3; ++round) {
        {
            ChildProcess child({GRANARY_CONTRACT_CHILD, "store-batches", folder.at("store")});
            for (int i = 0; i < 1500 + round * 700; ++i) {
                const auto line = child.line();
                REQUIRE(line);
                number = std::stoi(*line);
            }
            child.kill();
        }
        auto store = rocks::open_store({folder.at("store")});
        REQUIRE_MESSAGE(store, store.error().message);
        const std::string newest = value_of(**store, "left", "newest");
        CHECK(std::stoi(newest) >= number);
        CHECK(value_of(**store, "right", "newest") == newest);
        CHECK(value_of(**store, "left", "batch/" + std::to_string(std::stoi(newest))) == newest);
    }
}

TEST_CASE("rocksdb store: stores that share write buffers keep to the bound together, and lose nothing") {
    constexpr std::size_t bound = std::size_t{16} << 20;
    TemporaryFolder folder;
    const auto buffers = rocks::share_write_buffers(bound);
    std::vector<std::unique_ptr<ports::Store>> stores;
    for (const auto* name : {"a", "b", "c"}) {
        auto store = rocks::open_store({.path = folder.at(name), .write_buffers = buffers});
        REQUIRE_MESSAGE(store, store.error().message);
        REQUIRE((*store)->create_table("t"));
        stores.push_back(std::move(*store));
    }
    const std::string value(std::size_t{64} << 10, 'v');
    std::size_t most = 0;
    for (int i = 0; i < 400; ++i) {  // 25 MiB each
        ports::StoreBatch batch;
        batch.put("t", std::to_string(i), value + std::to_string(i));
        for (auto& store : stores) REQUIRE(store->write(batch, ports::Durability::process));
        most = std::max(most, buffers->used());
    }
    CHECK(most > bound / 2);
    // RocksDB flushes a table when somebody writes while the buffers are full and no flush of that table is under way: a burst can end above
    // the bound and stay there, and the next writes bring it down.
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (int i = 0; buffers->used() > 2 * bound && std::chrono::steady_clock::now() < until; ++i) {
        ports::StoreBatch batch;
        batch.put("t", "later", std::to_string(i));
        for (auto& store : stores) REQUIRE(store->write(batch, ports::Durability::process));
    }
    CHECK(buffers->used() <= 2 * bound);  // of 75 MiB written
    for (auto& store : stores) {
        for (int i = 0; i < 400; ++i) CHECK(value_of(*store, "t", std::to_string(i)) == value + std::to_string(i));
    }
}

TEST_CASE("rocksdb store: much that is in memory goes to its tables when the store is closed, so that the next start need not read it again") {
    TemporaryFolder folder;
    const std::string value(std::size_t{64} << 10, 'v');
    {
        auto store = rocks::open_store({folder.at("store")});
        REQUIRE_MESSAGE(store, store.error().message);
        for (const auto* table : {"left", "right"}) REQUIRE((*store)->create_table(table));
        for (int i = 0; i < 160; ++i) {  // 10 MiB each
            ports::StoreBatch batch;
            batch.put("left", std::to_string(i), value);
            batch.put("right", std::to_string(i), value);
            REQUIRE((*store)->write(batch, ports::Durability::process));
        }
    }
    std::uintmax_t unread = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder.at("store"))) {
        if (file.path().extension() == ".log") unread += file.file_size();
    }
    CHECK(unread < std::uintmax_t{1} << 20);
    const auto store = rocks::open_store({folder.at("store")});
    REQUIRE_MESSAGE(store, store.error().message);
    for (const auto* table : {"left", "right"}) CHECK(value_of(**store, table, "159") == value);
}

TEST_CASE("rocksdb store: a second process is refused, a reader beside it sees what was written") {
    RocksStoreCase test;
    REQUIRE(test.store().create_table("t"));
    ports::StoreBatch batch;
    batch.put("t", "a", "1");
    REQUIRE(test.store().write(batch, ports::Durability::process));
    const auto second = rocks::open_store({test.path()});
    REQUIRE(!second);
    CHECK(second.error().code == FaultCode::conflict);
    auto reader = rocks::open_store_read_only({test.path()});
    REQUIRE_MESSAGE(reader, reader.error().message);
    CHECK(value_of(**reader, "t", "a") == "1");
    const auto snapshot = (*reader)->snapshot();
    CHECK(snapshot->get("t", "a")->value_or("") == "1");
    CHECK((*reader)->write(batch, ports::Durability::process).error().code == FaultCode::unsupported);
    CHECK((*reader)->create_table("u").error().code == FaultCode::unsupported);
    CHECK((*reader)->drop_table("t").error().code == FaultCode::unsupported);
    CHECK((*reader)->load("t").error().code == FaultCode::unsupported);
}

TEST_CASE("rocksdb store: without room changes are refused before anything is written, and taken again when there is some") {
    struct Room : ports::Disk {
        std::atomic<std::uint64_t> free{1000};
        Result<std::uint64_t> free_bytes() const override { return free.load(); }
    };
    TemporaryFolder folder;
    const auto room = std::make_shared<Room>();
    const auto store = rocks::open_store({.path = folder.at("store"), .disk = room, .disk_free_min_bytes = 500, .last_words = {}});
    REQUIRE_MESSAGE(store, store.error().message);
    REQUIRE((*store)->create_table("t"));
    ports::StoreBatch batch;
    batch.put("t", "a", "1");
    REQUIRE((*store)->write(batch, ports::Durability::process));
    room->free = 499;
    ports::StoreBatch more;
    more.put("t", "a", "2");
    CHECK((*store)->write(more, ports::Durability::process).error().code == FaultCode::disk_full);
    CHECK((*store)->create_table("u").error().code == FaultCode::disk_full);
    CHECK((*store)->load("t").error().code == FaultCode::disk_full);
    CHECK(value_of(**store, "t", "a") == "1");
    room->free = 500;
    CHECK((*store)->write(more, ports::Durability::device));
    CHECK(value_of(**store, "t", "a") == "2");
}

namespace {

// Some file of the store holds these bytes.
bool is_on_disk(const RocksStoreCase& test, const std::string& bytes) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(test.path())) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string content{std::istreambuf_iterator<char>(in), {}};
        if (content.find(bytes) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("rocksdb store: an old value that is forgotten is in no file any more, new or old, log or table") {
    RocksStoreCase test;
    REQUIRE(test.store().create_table("t"));
    REQUIRE(test.store().create_table("u"));
    const auto put = [&](std::string_view table, const std::string& key, const std::string& value) {
        ports::StoreBatch batch;
        batch.put(table, key, value);
        REQUIRE(test.store().write(batch, ports::Durability::device));
    };
    const std::string secret = "\x8f\x13\xd7""an old secret\x91\xc4";
    for (const bool in_table_file : {false, true}) {
        CAPTURE(in_table_file);
        put("t", "a", secret);
        put("t", "b", "another one's");
        put("u", "a", "of another table");
        if (in_table_file) {
            REQUIRE(test.store().forget_old_values("t", "z"));  // writes out what is in memory
            put("t", "a", secret);
        }
        CHECK(is_on_disk(test, secret));
        put("t", "a", "gone");
        REQUIRE(test.store().forget_old_values("t", "a"));
        CHECK_FALSE(is_on_disk(test, secret));
        test.reopen();
        CHECK_FALSE(is_on_disk(test, secret));
        CHECK(value_of(test.store(), "t", "a") == "gone");
        CHECK(value_of(test.store(), "t", "b") == "another one's");
    }
    CHECK(test.store().forget_old_values("no such table", "a").error().code == FaultCode::not_found);
}

TEST_CASE("rocksdb store: reading where there is no store is not_found and makes none") {
    TemporaryFolder folder;
    const auto reader = rocks::open_store_read_only({folder.at("store")});
    REQUIRE(!reader);
    CHECK(reader.error().code == FaultCode::not_found);
    CHECK(!std::filesystem::exists(folder.at("store")));
}

TEST_CASE("rocksdb store: a flipped byte in a table file is reported as corrupt, never served") {
    RocksStoreCase test;
    REQUIRE(test.store().create_table("t"));
    {
        auto loader = test.store().load("t");
        REQUIRE(loader);
        for (int i = 0; i < 2000; ++i) REQUIRE((*loader)->add("key" + std::to_string(10000 + i), std::string(50, 'v')));
        REQUIRE((*loader)->finish());
    }
    std::string file;
    for (const auto& entry : std::filesystem::directory_iterator(test.path())) {
        if (entry.path().extension() == ".sst") file = entry.path();
    }
    REQUIRE(!file.empty());
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(1000);
    bytes.put('X');
    bytes.close();
    test.reopen();
    const auto scanned = test.store().scan("t", "", "", [](std::string_view, std::string_view value) { return value == std::string(50, 'v'); });
    REQUIRE(!scanned);
    CHECK(scanned.error().code == FaultCode::corrupt);
}

}  // namespace granary::tests
