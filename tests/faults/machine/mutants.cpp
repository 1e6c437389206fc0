// Which bugs there are to plant, and which one is planted.
#include "tests/faults/machine/mutants.hpp"

#include <algorithm>
#include <array>

#include "core/marks.hpp"
#include "core/mutants.hpp"

namespace granary {
namespace {

const char* planted = nullptr;

}  // namespace

bool is_planted(const char* mutant) { return planted != nullptr && std::string_view(planted) == mutant; }

// Marks are counted by the simulator.
void reach(const char*) {}

}  // namespace granary

namespace granary::faults {
namespace {

constexpr std::array mutants{
    Mutant{"fsync_skipped", "platform/adapters/rocksdb/log_database.cpp", "a group is acknowledged before it is synced"},
    Mutant{"mark_before_records", "platform/adapters/rocksdb/embedded_log.cpp", "the high-water mark is written before the group that it vouches for"},
    Mutant{"mark_sync_skipped", "platform/adapters/rocksdb/high_water_mark.cpp", "the high-water mark is not synced", FoundBy::lies},
    Mutant{"file_sync_skipped", "platform/adapters/rocksdb/posix_file.cpp", "a new small file is renamed into its place before it is synced"},
    Mutant{"folder_sync_skipped", "platform/adapters/rocksdb/posix_file.cpp", "the folder of a new file is not synced"},
    Mutant{"parent_sync_skipped", "platform/adapters/system/durable_folder.cpp", "the folder of a new folder is not synced"},
    Mutant{"key_sync_skipped", "platform/adapters/keys/key_store.cpp", "a person's key is used before it is synced"},
    Mutant{"holes_skipped", "platform/adapters/rocksdb/rocks_database.cpp", "a store goes on behind a batch that was lost"},
    Mutant{"checkpoint_position_first", "command-side/runtime/checkpoint_writer.cpp", "a shard's position is written before its rows"},
    Mutant{"saga_position_first", "sagas/runtime/saga_runner.cpp", "a runner's position is written before its instances"},
    Mutant{"view_position_first", "projections/runtime/projector.cpp", "a view's position is written before its rows"},
    Mutant{"log_blocks_unchecked", "platform/adapters/rocksdb/log_database.cpp", "checksums of the log's blocks are not looked at", FoundBy::flips},
    Mutant{"mark_unchecked", "platform/adapters/rocksdb/log_database.cpp", "the log is not held against its high-water mark", FoundBy::flips},
    Mutant{"rows_unchecked", "platform/adapters/rocksdb/rocks_database.cpp", "checksums of a store's blocks are not looked at", FoundBy::flips},
    Mutant{"store_mark_unchecked", "platform/adapters/rocksdb/rocks_database.cpp", "a store is not held against its high-water mark", FoundBy::flips},
    Mutant{"damage_kept", "platform/adapters/rocksdb/rocks_database.cpp", "a damaged store that can be made afresh is not", FoundBy::flips},
};

}  // namespace

std::span<const Mutant> all_mutants() { return mutants; }

const Mutant* find_mutant(std::string_view name) {
    const auto* const found = std::ranges::find(mutants, name, [](const Mutant& mutant) { return std::string_view(mutant.name); });
    return found == mutants.end() ? nullptr : found;
}

void plant(const Mutant* mutant) { planted = mutant == nullptr ? nullptr : mutant->name; }

}  // namespace granary::faults
