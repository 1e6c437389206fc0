// What must hold after a loss of power, and when everything has come to rest.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/faults/machine/buyers.hpp"
#include "tests/faults/machine/machine.hpp"
#include "tests/simulation/history.hpp"

namespace granary::faults {

using simulation::Findings;
using Records = std::vector<std::vector<SharedBytes>>;  // by partition and offset

// All of the log, page by page.
Records read_records(ports::Log& log, Findings& findings);
simulation::History read_history(const Records& records, ports::Log& log, KnownRecords& known, Findings& findings);

// Every record that was reported as stored is there, byte for byte, and none that nobody handed over. Returns how many are missing or changed.
std::uint64_t check_known(const Records& records, KnownRecords& known, Findings& findings);
// As far as the buyers were told: see tests/simulation/checks.hpp. Returns how often one command was applied again.
std::uint64_t check_told(const simulation::History& history, const Buyers& buyers, Findings& findings);
// The address of every order in the log can be opened and is the one that was given.
void check_addresses(const simulation::History& history, const Buyers& buyers, ports::Sealer& sealer, Findings& findings);
void check_views(Machine& machine, Findings& findings);

// Rows of the tables that can be compared with those made afresh: table, then key.
using Tables = std::map<std::string, std::map<std::string, std::string>>;
Tables read_tables(const std::string& folder, Findings& findings);
void compare_tables(const std::string& whose, const Tables& kept, const Tables& fresh, Findings& findings);

}  // namespace granary::faults
