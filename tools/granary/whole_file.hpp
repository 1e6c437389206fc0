// Small files, read and written whole.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace granary::cli {

// not_found; corrupt: it is larger than `bytes_max`.
Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max);

// Atomic and durable: a file beside it that is synced, then a rename, then the folder is synced. `mode` as for open(2).
Status write_whole_file(const std::string& path, std::string_view bytes, unsigned mode);

// Atomic and durable, too; conflict: there is one already, which is left alone.
Status write_new_file(const std::string& path, std::string_view bytes, unsigned mode);

// The same for a file that somebody wrote under another name in the same folder, and closed: what has that name until now gets `path`.
Status put_in_place(const std::string& written, const std::string& path);

}  // namespace granary::cli
