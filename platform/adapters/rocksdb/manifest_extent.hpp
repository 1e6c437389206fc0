// How far RocksDB's own list of its files can be read: what stands behind damage there is forgotten without a word, tables and files of
// rows alike, since RocksDB takes a record that seems to go on beyond the end of the file for one that a loss of power tore.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"

namespace granary::rocks {

// Of one MANIFEST: each open of a store for writing begins the next.
struct ManifestExtent {
    std::uint64_t number = 0;  // 0: the store has none, it was not made yet
    std::uint64_t bytes = 0;   // up to the end of its last whole record

    // Lacks something that `other` holds. A later MANIFEST holds all of an earlier one.
    bool behind(const ManifestExtent& other) const { return number < other.number || (number == other.number && bytes < other.bytes); }
};

// Of the MANIFEST that the file CURRENT names. Says nothing of checksums: RocksDB does when it opens the store.
// corrupt: CURRENT names none. not_found: the file it names is missing, as it may be for a moment beside a writer that opens the store.
Result<ManifestExtent> read_manifest_extent(const std::string& store_path);

// The same, and durable as far as it goes, with its name in CURRENT. What is `known` is not read again. Must not be tried again after it failed.
Result<ManifestExtent> sync_manifest_extent(const std::string& store_path, const ManifestExtent& known);

}  // namespace granary::rocks
