// Writes to a store until it is killed, or reads a damaged one.
#include <cstdio>
#include <string>

#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "tests/contract/child/child_modes.hpp"

namespace granary::tests {

int write_batches(const char* folder) {
    auto store = rocks::open_store({folder, 1 << 20, 1 << 20});
    if (!store) return 3;
    if (!(*store)->create_table("left") || !(*store)->create_table("right")) return 3;
    for (int number = 1;; ++number) {
        ports::StoreBatch batch;
        const std::string value = std::to_string(number) + std::string(1000, '.');
        batch.put("left", "newest", value);
        batch.put("left", "batch/" + std::to_string(number), value);
        batch.put("right", "newest", value);
        if (!(*store)->write(batch, ports::Durability::process)) return 3;
        std::printf("%d\n", number);
    }
}

int read_damaged(const char* folder, std::string_view how) {
    rocks::StoreOptions options;
    options.path = folder;
    options.derived = true;
    auto store = rocks::open_store(options);
    if (!store) return 3;
    const auto any = [](std::string_view, std::string_view) { return true; };
    if (how == "scan") (void)(*store)->scan("t", "", "", any);
    if (how == "snapshot") (void)(*store)->snapshot()->scan_back("t", "", "", any);
    for (int i = 10000; i < 12000; ++i) {
        const std::string key = "key" + std::to_string(i);
        if (how == "get") (void)(*store)->get("t", key);
        if (how == "get-many") (void)(*store)->get_many("t", {key, "none"});
    }
    return 0;
}

}  // namespace granary::tests
