// Puts a faulty disk under one folder of this process: linked in or preloaded, it stands between the program and libc's calls.
#pragma once

#include <string>

#include "tests/faults/disk/plan.hpp"

namespace granary::faults {

enum class Watching {
    calls,       // counts and acts; the folder's own file system keeps what it keeps
    durability,  // also knows what a loss of power would leave (disk.hpp), and doesn't wait for the real device
};

// Everything below `folder` (which exists) counts as durable now; what was watched before is forgotten. A program that was started
// with GRANARY_FAULTS_FOLDER is watched from its first call on; GRANARY_FAULTS_PLAN names the file that holds its plan, and
// GRANARY_FAULTS_DURABILITY makes it Watching::durability.
void watch(const std::string& folder, Watching watching);
void unwatch();

// Of this process, or the mapped file.
Plan& plan();

// Between two calls; what is lost is drawn from the plan's seed.
void lose_power_now();

// Where a loss of power leaves what the disk would hold: beside the watched folder.
std::string folder_after_loss(const std::string& folder);

}  // namespace granary::faults
