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

fs::path file_in(const fs::path& folder, const std::function<bool(const fs::path&)>& is) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (is(entry.path())) return entry.path();
    }
    FAIL("no such file");
    return {};
}

fs::path manifest_in(const fs::path& folder) {
    return file_in(folder, [](const fs::path& file) { return file.filename().string().starts_with("MANIFEST"); });
}

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
    fs::path table_file() const {
        return file_in(path, [](const fs::path& file) { return file.extension() == ".sst"; });
    }
    fs::path manifest() const { return manifest_in(path); }
};

void flip(const fs::path& file, std::streamoff at, int bits = 0x10) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(at);
    const char old = static_cast<char>(bytes.get());
    bytes.seekp(at);
    bytes.put(static_cast<char>(old ^ bits));
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
        [](const Filled& filled) { fs::resize_file(filled.manifest(), fs::file_size(filled.manifest()) - 1); },
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

namespace {

// A store of what can't be made again, with this many changes in its log of writes and in no table file.
struct Written {
    static constexpr int changes = 40;
    TemporaryFolder folder;
    const std::string path = folder.at("store");

    explicit Written(ports::Durability last) {
        const auto store = rocks::open_store({.path = path});
        REQUIRE_MESSAGE(store, store.error().message);
        REQUIRE((*store)->create_table("t"));
        for (int i = 0; i < changes; ++i) {
            ports::StoreBatch batch;
            batch.put("t", "key" + std::to_string(100 + i), std::string(20, 'v'));
            if (i % 2 == 0) batch.put("t", "twin" + std::to_string(100 + i), "w");
            REQUIRE((*store)->write(batch, i + 1 < changes ? ports::Durability::device : last));
        }
    }
    fs::path log_of_writes() const {
        fs::path largest;
        for (const auto& entry : fs::directory_iterator(path)) {
            if (entry.path().extension() == ".log" && (largest.empty() || entry.file_size() > fs::file_size(largest))) largest = entry.path();
        }
        REQUIRE_FALSE(largest.empty());
        return largest;
    }
    std::string copy_with(const std::function<void(const std::string& folder)>& damage) const {
        const std::string copy = folder.at("copy");
        fs::remove_all(copy);
        fs::copy(path, copy, fs::copy_options::recursive);
        damage(copy);
        return copy;
    }
    static std::size_t rows_in(const ports::Store& store) {
        std::size_t found = 0;
        REQUIRE(store.scan("t", "", "", [&](std::string_view, std::string_view) { return ++found > 0; }));
        return found;
    }
};

}  // namespace

TEST_CASE("rocksdb store: a byte that changes in the log of writes is noticed, or changes nothing") {
    const Written written(ports::Durability::device);
    const auto name = written.log_of_writes().filename();
    int noticed = 0;
    for (std::uintmax_t at = 0; at < fs::file_size(written.log_of_writes()); at += 13) {
        const auto copy = written.copy_with([&](const std::string& folder) { flip(fs::path(folder) / name, static_cast<std::streamoff>(at)); });
        const auto beside = rocks::open_store_read_only({.path = copy});
        CHECK((!beside || Written::rows_in(**beside) == Written::changes * 3 / 2));
        const auto store = rocks::open_store({.path = copy});
        if (store) {
            CHECK(Written::rows_in(**store) == Written::changes * 3 / 2);
            continue;
        }
        ++noticed;
        CHECK(store.error().code == FaultCode::corrupt);
        CHECK_MESSAGE(store.error().message.contains("restore it from a copy"), store.error().message);
    }
    CHECK(noticed > Written::changes);
}

TEST_CASE("rocksdb store: a byte that changes in the list of files is noticed, or changes nothing") {
    const Written written(ports::Durability::device);
    // Without the first, what it lists are tables; with it, the files that the open made of the log of writes, which is gone.
    SUBCASE("which was closed once") {}
    SUBCASE("which was opened again") { REQUIRE(rocks::open_store({.path = written.path})); }
    SUBCASE("which was opened again, and changed") {
        const auto store = rocks::open_store({.path = written.path});
        REQUIRE(store);
        ports::StoreBatch batch;
        batch.put("t", "key100", "w");
        REQUIRE((*store)->write(batch, ports::Durability::device));
    }
    const auto manifest = manifest_in(written.path);
    const auto bytes = static_cast<std::streamoff>(fs::file_size(manifest));
    int noticed = 0;
    for (std::streamoff at = 0; at < bytes; ++at) {
        for (const int bits : {0x08, 0x80}) {
            CAPTURE(at);
            flip(manifest, at, bits);
            const auto store = rocks::open_store_read_only({.path = written.path});
            flip(manifest, at, bits);
            if (store) {
                CHECK(Written::rows_in(**store) == Written::changes * 3 / 2);
            } else {
                ++noticed;
                CHECK(store.error().code == FaultCode::corrupt);
            }
        }
    }
    CHECK(noticed > bytes);
    CHECK(Written::rows_in(**rocks::open_store({.path = written.path})) == Written::changes * 3 / 2);
}

TEST_CASE("rocksdb store: one whose list of files lost its end is refused and left as it is") {
    const Written written(ports::Durability::device);
    const auto manifest = manifest_in(written.path);
    const auto bytes = fs::file_size(manifest);
    for (std::uintmax_t kept = 0; kept < bytes; kept += 5) {
        const auto copy = written.copy_with([&](const std::string& folder) { fs::resize_file(fs::path(folder) / manifest.filename(), kept); });
        const auto store = rocks::open_store({.path = copy});
        REQUIRE_FALSE(store);
        CHECK(store.error().code == FaultCode::corrupt);
        CHECK_MESSAGE(store.error().message.contains("restore it from a copy"), store.error().message);
        CHECK(manifest_in(copy).filename() == manifest.filename());
    }
}

TEST_CASE("rocksdb store: a list of files that goes on behind what was acknowledged is no damage") {
    const Written written(ports::Durability::device);
    const auto torn = written.copy_with([&](const std::string& folder) { std::ofstream(manifest_in(folder), std::ios::app) << "torn!" << std::string(2, '\xFF') << '\1'; });
    const auto store = rocks::open_store({.path = torn});
    REQUIRE_MESSAGE(store, store.error().message);
    CHECK(Written::rows_in(**store) == Written::changes * 3 / 2);
}

TEST_CASE("rocksdb store: a list of files of several blocks is held against its mark to the byte") {
    const Written written(ports::Durability::device);
    {
        const auto store = rocks::open_store({.path = written.path});
        REQUIRE(store);
        for (int i = 0; i < 45; ++i) {
            const std::string name = std::to_string(i) + std::string(1500, 'x');
            REQUIRE((*store)->create_table(name));
            REQUIRE((*store)->drop_table(name));
        }
    }
    const auto name = manifest_in(written.path).filename();
    const auto bytes = fs::file_size(written.path / name);
    REQUIRE(bytes > std::uintmax_t{2} << 15);
    for (const std::uintmax_t kept : {std::uintmax_t{1} << 15, (std::uintmax_t{1} << 15) - 3, (std::uintmax_t{1} << 15) + 5, std::uintmax_t{2} << 15, bytes - 1}) {
        const auto copy = written.copy_with([&](const std::string& folder) { fs::resize_file(fs::path(folder) / name, kept); });
        CHECK(rocks::open_store_read_only({.path = copy}).error().code == FaultCode::corrupt);
    }
    const auto whole = rocks::open_store({.path = written.path});
    REQUIRE_MESSAGE(whole, whole.error().message);
    CHECK((*whole)->tables() == std::vector<std::string>{"t"});
}

TEST_CASE("rocksdb store: what becomes of files while a store closes is in its mark") {
    const Written written(ports::Durability::device);
    {
        const auto store = rocks::open_store({.path = written.path});
        REQUIRE(store);
        // More than is left in memory at the end.
        for (int i = 0; i < 10; ++i) {
            ports::StoreBatch batch;
            batch.put("t", "large" + std::to_string(i), std::string(std::size_t{1} << 20, static_cast<char>('a' + i)));
            REQUIRE((*store)->write(batch, ports::Durability::device));
        }
    }
    const auto copy = written.copy_with([&](const std::string& folder) { fs::resize_file(manifest_in(folder), fs::file_size(manifest_in(folder)) - 1); });
    CHECK(rocks::open_store_read_only({.path = copy}).error().code == FaultCode::corrupt);
    CHECK(Written::rows_in(**rocks::open_store({.path = written.path})) == Written::changes * 3 / 2 + 10);
}

TEST_CASE("rocksdb store: one that can be made again may lose its newest changes, whoever had it open") {
    const Written written(ports::Durability::device);
    const auto log = written.log_of_writes();
    fs::resize_file(log, fs::file_size(log) - 1);
    std::string told;
    const auto store = rocks::open_store({.path = written.path, .derived = true, .begun_afresh = [&](std::string_view why) { told = why; }});
    REQUIRE_MESSAGE(store, store.error().message);
    CHECK_MESSAGE(told.empty(), told);
    CHECK(Written::rows_in(**store) == Written::changes * 3 / 2 - 1);
}

TEST_CASE("rocksdb store: what was never acknowledged as durable may be missing") {
    const Written written(ports::Durability::process);
    const auto log = written.log_of_writes();
    fs::resize_file(log, fs::file_size(log) - 1);
    auto store = rocks::open_store({.path = written.path});
    REQUIRE_MESSAGE(store, store.error().message);
    CHECK(Written::rows_in(**store) == Written::changes * 3 / 2 - 1);
    store->reset();
    CHECK(rocks::open_store({.path = written.path}));
}

TEST_CASE("rocksdb store: a high-water mark that is damaged in one place still counts, and a store without one gets one") {
    const Written written(ports::Durability::device);
    for (const std::streamoff at : {0, 10, 20, 30, 4096, 4110, 4120, 4130, 4140, 4160}) {
        const auto copy = written.copy_with([&](const std::string& folder) { flip(fs::path(folder) / "high-water-mark", at); });
        CHECK(rocks::open_store({.path = copy}));
    }
    const auto both = written.copy_with([](const std::string& folder) {
        flip(fs::path(folder) / "high-water-mark", 9);
        flip(fs::path(folder) / "high-water-mark", 4096 + 9);
    });
    CHECK(rocks::open_store({.path = both}).error().code == FaultCode::corrupt);
    fs::remove(fs::path(both) / "high-water-mark");
    CHECK(rocks::open_store({.path = both}));
    CHECK(fs::exists(fs::path(both) / "high-water-mark"));
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
