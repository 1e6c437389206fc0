// Stores that can be made again: damage ends the process that meets it, and the next open begins afresh; any other store is left alone.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <sys/wait.h>

#include "tests/contract/child_process.hpp"
#include "tests/contract/store/adapters.hpp"

namespace granary::tests {
namespace {

namespace fs = std::filesystem;

constexpr int rows = 2000;

struct Filled {
    TemporaryFolder folder;
    const std::string path = folder.at("store");
    std::string told;  // why it was begun afresh

    Filled() {
        const auto store = open(true);
        REQUIRE_MESSAGE(store, store.error().message);
        REQUIRE((*store)->create_table("t"));
        auto loader = (*store)->load("t");
        REQUIRE(loader);
        for (int i = 0; i < rows; ++i) REQUIRE((*loader)->add("key" + std::to_string(10000 + i), std::string(50, 'v')));
        REQUIRE((*loader)->finish());
    }
    Result<std::unique_ptr<ports::Store>> open(bool derived, bool mends = true) {
        rocks::StoreOptions options;
        options.path = path;
        options.derived = derived;
        options.mends = mends;
        options.begun_afresh = [this](std::string_view why) { told = why; };
        return rocks::open_store(options);
    }
    fs::path file_of(const std::function<bool(const fs::path&)>& is) const {
        for (const auto& entry : fs::directory_iterator(path)) {
            if (is(entry.path())) return entry.path();
        }
        FAIL("no such file");
        return {};
    }
    fs::path table_file() const {
        return file_of([](const fs::path& file) { return file.extension() == ".sst"; });
    }
    fs::path manifest() const {
        return file_of([](const fs::path& file) { return file.filename().string().starts_with("MANIFEST"); });
    }
};

void flip(const fs::path& file, std::streamoff at) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(at);
    const char old = static_cast<char>(bytes.get());
    bytes.seekp(at);
    bytes.put(static_cast<char>(old ^ 0x10));
}

void check_begun_afresh(Filled& filled) {
    const auto again = filled.open(true);
    REQUIRE_MESSAGE(again, again.error().message);
    CHECK_FALSE(filled.told.empty());
    CHECK((*again)->tables().empty());
    REQUIRE((*again)->create_table("t"));
    for (const auto& entry : fs::directory_iterator(filled.path)) CHECK(entry.path().filename() != "DAMAGED");
}

}  // namespace

TEST_CASE("rocksdb store: one that can't be opened for damage is made afresh if it can be, and names the way out if not") {
    const std::function<void(const Filled&)> damages[] = {
        [](const Filled& filled) { flip(filled.manifest(), 20); },
        [](const Filled& filled) { fs::remove(filled.manifest()); },
        [](const Filled& filled) { fs::remove(filled.table_file()); },
        [](const Filled& filled) { flip(fs::path(filled.path) / "CURRENT", 12); },
    };
    for (const auto& damage : damages) {
        Filled filled;
        damage(filled);
        const auto refused = filled.open(false);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::corrupt);
        CHECK_MESSAGE(refused.error().message.find("restore it from a copy") != std::string::npos, refused.error().message);
        CHECK(filled.told.empty());
        check_begun_afresh(filled);
        filled.told.clear();
        CHECK(filled.open(true));
        CHECK(filled.told.empty());
    }
}

TEST_CASE("rocksdb store: a process that meets damage in one that can be made again ends, and the next makes it afresh") {
    for (const char* how : {"get", "get-many", "scan", "snapshot"}) {
        CAPTURE(how);
        Filled filled;
        flip(filled.table_file(), 1000);
        ChildProcess child({GRANARY_CONTRACT_CHILD, "store-damaged", filled.path, how});
        std::string last;
        while (const auto line = child.line()) last = *line;
        const int status = child.wait();
        CHECK(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGABRT);
        CHECK_MESSAGE(last.find("is damaged: Corruption") != std::string::npos, last);
        check_begun_afresh(filled);
    }
}

TEST_CASE("rocksdb store: who looks after one that can be made again is told of damage, and nothing is mended") {
    SUBCASE("by a read") {
        Filled filled;
        flip(filled.table_file(), 100);
        const auto store = filled.open(true, false);
        REQUIRE(store);
        const auto scanned = (*store)->scan("t", "", "", [](std::string_view, std::string_view) { return true; });
        REQUIRE_FALSE(scanned);
        CHECK(scanned.error().code == FaultCode::corrupt);
    }
    SUBCASE("by the open") {
        Filled filled;
        fs::resize_file(filled.manifest(), 10);
        const auto store = filled.open(true, false);
        REQUIRE_FALSE(store);
        CHECK(store.error().code == FaultCode::corrupt);
        CHECK(store.error().message.find("makes it afresh when it starts") != std::string::npos);
        CHECK(filled.told.empty());
    }
    SUBCASE("by the mark of a process that ended over it") {
        Filled filled;
        std::ofstream(filled.path + "/DAMAGED") << "a block is wrong";
        const auto store = filled.open(true, false);
        REQUIRE_FALSE(store);
        CHECK(store.error().code == FaultCode::corrupt);
        CHECK(store.error().message.find("a block is wrong") != std::string::npos);
        CHECK(fs::exists(filled.path + "/DAMAGED"));
    }
}

TEST_CASE("rocksdb store: what another process has open is never removed, whatever it looks like") {
    Filled filled;
    const auto first = filled.open(true);
    REQUIRE(first);
    { std::ofstream(fs::path(filled.path) / "DAMAGED") << "somebody says so"; }
    const auto second = filled.open(true);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == FaultCode::conflict);
    CHECK(filled.told.empty());
    CHECK((*first)->get("t", "key10000")->value_or("(none)") == std::string(50, 'v'));
}

}  // namespace granary::tests
