// Moves or backs up a log: checks the original, copies it, seals it if asked to, compares, and lets the copy go on.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "core/result.hpp"
#include "tools/granary/log_choice.hpp"

namespace granary::cli {

// `embedded:DIR` or `kafka:TOPIC` or `kafka:HOST:PORT,HOST:PORT/TOPIC`.
struct LogAddress {
    LogChoice choice;
    std::string data;  // the data directory, of an embedded one

    std::string name() const { return name_of_log(choice, data); }
};

// `shared` has the brokers, for addresses that name none, and how to log in to them. invalid_argument: neither form.
Result<LogAddress> parse_log_address(const std::string& text, const LogChoice& shared);

struct LogMove {
    LogAddress from;
    LogAddress to;                // made when it is missing; else what an earlier run left there
    bool seal = false;            // end the original and let the copy go on
    bool original_lost = false;   // seal even a copy, or what was sealed for another: whatever went on is lost for good
    unsigned parallelism = 1;
    std::string actor;
};

struct LogMoved {
    std::uint64_t there = 0;    // records that an earlier run had copied
    std::uint64_t copied = 0;
    std::uint64_t records = 0;  // compared, byte for byte
    bool live = false;          // the log goes on in the copy
};

// Shows progress on stderr. May be cut short at any moment, by `stop` too, and given again. invalid_argument: the two are the
// same, or the copy's place holds something else than a copy of this log; conflict: the original may not be sealed, or is open
// elsewhere; corrupt: the original is damaged, or what is in the copy's place can't become a copy; else faults of the logs.
Result<LogMoved> move_log(const LogMove& move, const std::atomic<bool>& stop);

}  // namespace granary::cli
