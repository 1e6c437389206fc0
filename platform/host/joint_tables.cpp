// Found by the names of what is there.
#include "platform/host/joint_tables.hpp"

#include <algorithm>

namespace granary {

Status create_joint_tables(ports::Store& store, std::span<const std::string_view> tables) {
    const auto existing = store.tables();
    const auto exists = [&](std::string_view table) { return std::ranges::find(existing, table) != existing.end(); };
    const bool some_are_missing = !std::ranges::all_of(tables, exists);
    for (const auto table : tables) {
        if (!some_are_missing || !exists(table)) continue;
        if (auto dropped = store.drop_table(table); !dropped) return dropped;
    }
    for (const auto table : tables) {
        if (auto created = store.create_table(table); !created) return created;
    }
    return {};
}

}  // namespace granary
