// Writes to a store until it is killed.
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

}  // namespace granary::tests
