// A data directory as a killed process left it, and as a stopped one did, with everything that may be read of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "tests/faults/machine/machine.hpp"

namespace granary::faults {

// What a machine answers after it came up on such a directory, in one text: equal texts, equal answers.
struct Answers {
    enum class Kind {
        all,      // every read was answered
        refused,  // it did not start, or did not stop; `text` says why
        damaged,  // a read told of damage
        restless, // it found something to do, and no end of it
    };
    Kind kind = Kind::refused;
    std::uint64_t begun_afresh = 0;  // stores that were
    std::string text;
};

using Hashes = std::vector<std::vector<std::string>>;  // of records, by partition and offset

struct Image {
    std::string folder;              // holds `killed` and `stopped`
    std::uint64_t seed = 1;
    Duration at;                     // of the virtual clock, when the business was over
    std::map<std::string, Hashes> records;  // by part: each life claims its partitions, so one has more than the other
    std::string answers;
    std::uint64_t events() const;
};

inline constexpr const char* image_parts[] = {"killed", "stopped"};

// Business until the log holds so many records; an image that is in the folder already is taken as it is. A fault: the machine does not
// answer the same when it is left alone, killed, stopped, or all that is derived is made afresh.
// To be called before this process has made a thread.
Result<Image> make_image(const std::string& folder, std::uint64_t events, std::uint64_t seed);

// One life of a machine on these files: up, to rest, every row read, down again. Ends the process where the program would.
Answers live(const std::string& data, const Image& image);
std::string text_of(const Answers& answers);
Answers answers_in(const std::string& text);

}  // namespace granary::faults
