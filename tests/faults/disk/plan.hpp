// What a faulty disk is told to do and what it has done: one page of numbers that a process shares with whoever plans its faults.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace granary::faults {

// Calls on files below the watched folder, by what they change.
enum class Call : std::uint64_t { create, write, truncate, sync, sync_folder, rename, link, remove, make_folder };
inline constexpr std::size_t call_kinds = 9;
constexpr std::uint64_t bit(Call kind) { return std::uint64_t{1} << static_cast<std::uint64_t>(kind); }

enum class Deed : std::uint64_t {
    nothing,     // counts only
    kill,        // SIGKILL of the process itself
    fail,        // the call fails with `error` and has no effect
    lose_power,  // what the disk would hold then is written beside it; the process goes on, and nothing that it does counts
};

// Written by the planner while `armed` is 0, and again when it has been set back. All fields are 64-bit numbers in the order of
// this struct, so that tests/faults/process/faulty_disk.py can map it, too.
struct Plan {
    std::atomic<std::uint64_t> armed{0};    // 1: acts; set last
    std::atomic<std::uint64_t> kinds{0};    // bits of Call; 0: all
    std::atomic<std::uint64_t> at{0};       // acts at this matching call, counted from 1 and from arming
    std::atomic<std::uint64_t> times{1};    // so often in a row; 0: from then on
    std::atomic<std::uint64_t> deed{0};     // Deed
    std::atomic<std::uint64_t> error{0};    // of Deed::fail: EIO, ENOSPC, ...
    std::atomic<std::uint64_t> after{0};    // 1: when the call has been made, before its caller hears of it
    std::atomic<std::uint64_t> dies{0};     // 1: lose_power ends the process by SIGKILL, too
    std::atomic<std::uint64_t> seed{0};     // of what is lost
    std::atomic<std::uint64_t> matched{0};  // told: matching calls since arming
    std::atomic<std::uint64_t> acted{0};    // told: deeds done since arming
    std::atomic<std::uint64_t> lost{0};     // told: 1 from the moment at which the power went
    std::atomic<std::uint64_t> at_end{0};   // 1: lose_power when the process ends by itself
    std::atomic<std::uint64_t> calls[call_kinds]{};  // told: all calls since the watch began
    // Patterns as of fnmatch(3) of paths below the folder; empty: all match, of `lies` none. NUL ends them.
    char match[256]{};
    // Syncs of these files are answered and not done.
    char lies[256]{};
};
static_assert(sizeof(Plan) == 8 * (13 + call_kinds) + 512);

}  // namespace granary::faults
