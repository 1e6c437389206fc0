// What the child program can do; each returns its exit code, or never returns.
#pragma once

#include <string_view>

namespace granary::tests {

// Writes numbered batches over two tables for ever and prints each number once its batch is written.
int write_batches(const char* folder);

// Reads all of a damaged store that can be made again: `get`, `get-many`, `scan` or `snapshot`. Returns only if it meets no damage.
int read_damaged(const char* folder, std::string_view how);

// Appends records to the log for ever, in small groups over all partitions, and prints `PARTITION OFFSET RECORD` once each is
// delivered. `failing` names what the disk refuses after `successes` calls: none, log-write, log-sync, mark-write, mark-sync.
int append_records(const char* folder, std::string_view failing, long successes);

}  // namespace granary::tests
