// How many threads RocksDB opens a store's files with; for this folder's sources only.
#pragma once

namespace granary::rocks {

// RocksDB starts them anew for each table of a store (column family), sixteen unless told otherwise: of a store of twenty small tables they
// cost more than the files do. A few still hide the latency of a cold disk.
inline constexpr int file_openers = 4;

}  // namespace granary::rocks
