// Holds two tables of one view against each other, row by row, in one snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "platform/ports/store.hpp"

namespace granary::projections {

struct Difference {
    enum class Kind { missing, surplus, differs };  // of the live row, seen from the rebuilt one

    Kind kind = Kind::differs;
    std::string key;      // as stored
    Position last_event;  // behind the row: the newer of the two
};

struct Comparison {
    std::uint64_t rows = 0;         // keys looked at
    std::uint64_t differences = 0;  // all of them
    std::vector<Difference> named;  // the first limits::view_differences_max

    bool equal() const { return differences == 0; }
};

enum class Match {
    bytes,  // rows equal byte for byte
    keys,   // a row under the same keys, whatever it holds: of two versions of a view
};

// `on_rows` is told from time to time how many keys were looked at; a fault of it ends the comparison.
Result<Comparison> compare(const ports::StoreSnapshot& snapshot, const std::string& live, const std::string& rebuilt,
                           Match match = Match::bytes, const std::function<Status(std::uint64_t)>& on_rows = {});

// A key for people: printable characters as they are, other bytes as \xNN.
std::string text_of_key(const std::string& key);

}  // namespace granary::projections
