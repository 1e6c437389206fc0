// Folders whose names outlast a loss of power: all that is in a folder goes with its name.
#pragma once

#include <filesystem>

#include "core/result.hpp"

namespace granary {

// Makes `path` with these permissions (less the umask's), and what is missing above it with usual ones. Durable with their names when it returns are `path`, also when it was there (whoever
// made it may have been cut off), and every folder made now. Of what lies above it and was there nothing is said.
// io_error, disk_full: a folder can't be made or synced. Thread-safe.
Status make_durable_folder(const std::filesystem::path& path, unsigned mode = 0777);

}  // namespace granary
