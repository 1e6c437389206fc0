// The log as the checkers read it: their own chain rule over the raw records, and nothing of what the program thinks of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "schemas/commit.hpp"
#include "tests/simulation/broker.hpp"

namespace granary::simulation {

struct HistoryEntry {
    Position position;
    Commit commit;
    Duration stored_at;  // in the world's time
};

struct History {
    std::vector<std::vector<HistoryEntry>> partitions;  // accepted commits in order
    std::uint64_t records = 0, voids = 0, claims = 0, commits = 0;
};

// What does not hold, as sentences.
using Findings = std::vector<std::string>;

// The records of one partition, in order of their offsets, and when each was stored.
using RecordsOf = std::function<const std::vector<SharedBytes>&(Partition)>;
using StoredAt = std::function<Duration(Position)>;

History read_history(const ports::LogIdentity& identity, const RecordsOf& records_of, const StoredAt& stored_at, Findings& findings);
History read_history(const Broker& log, Findings& findings);
// One line for each commit, for people who look for what went wrong.
std::string text_of(const History& history);

}  // namespace granary::simulation
