// Copies the keys of a data directory: those of persons, the log's secrets, and the API keys.
#pragma once

#include <cstdint>

#include "core/result.hpp"
#include "tools/granary/data_directory.hpp"

namespace granary::cli {

struct CopiedKeys {
    std::uint64_t keys = 0;           // of persons, and secrets, that were written
    std::uint64_t api_key_bytes = 0;  // of the file of API keys
};

// As they are when this is called; a server may be running on `from`, none on `to`, which is made when it is missing. What `to` has
// already stays; a key that either of them destroyed is destroyed in `to` afterwards. not_found: `from` has no keys; conflict: the
// keys in `to` are another log's, or a server runs on it; else faults of the files.
Result<CopiedKeys> copy_all_keys(const DataDirectory& from, const DataDirectory& to);

}  // namespace granary::cli
