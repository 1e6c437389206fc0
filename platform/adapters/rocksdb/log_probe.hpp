// Lets tests count what the embedded log asks of the disk, and make it fail.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace granary::rocks {

// Thread-safe. A countdown of n lets n more calls succeed and fails the one after; negative never fails.
struct LogProbe {
    struct Call {
        std::atomic<std::uint64_t> count{0};
        std::atomic<std::int64_t> successes_left{-1};

        // Counts the call; true when it must fail.
        bool fails() {
            ++count;
            return successes_left >= 0 && successes_left-- == 0;
        }
    };

    Call log_write;  // of the write-ahead log
    Call log_sync;
    Call mark_write;
    Call mark_sync;
    // Called by the writer thread before it takes what is queued: a test may hold it here until a group is complete.
    std::function<void()> before_group;
};

}  // namespace granary::rocks
