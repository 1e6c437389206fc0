// What the child program can do; each returns its exit code, or never returns.
#pragma once

namespace granary::tests {

// Writes numbered batches over two tables for ever and prints each number once its batch is written.
int write_batches(const char* folder);

}  // namespace granary::tests
