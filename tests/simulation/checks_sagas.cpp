// Sagas: what each did under faults is what the same code does when it is given the log alone, and nothing that it asks for is left open.
#include "sagas/runtime/partition_replay.hpp"
#include "tests/simulation/checks.hpp"

namespace granary::simulation {

void check_sagas(const History& history, Findings& findings) {
    for (const auto& partition : history.partitions) {
        sagas::PartitionReplay replay;
        for (const auto& [position, commit, stored_at] : partition) replay.fold(position, commit);
        replay.finish(true);
        for (const auto& found : replay.take_divergences()) {
            const std::string recorded = found.recorded.empty() ? "nothing" : found.recorded;
            findings.push_back("the saga of " + text_of(found.order) + " parts from its replay at " + text_of(found.position) + " (" + std::string(sagas::name_of(found.kind)) + "): recorded " + recorded +
                               "; the code " + found.today);
        }
    }
}

}  // namespace granary::simulation
