// Sagas: what each did under faults is what the same code does when it is given the log alone, and nothing that it asks for is left open.
#include "sagas/runtime/erasure_replay.hpp"
#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

template <class Replay>
void check_by(Replay replay, const std::vector<HistoryEntry>& partition, Findings& findings) {
    for (const auto& [position, commit, stored_at] : partition) replay.fold(position, commit);
    replay.finish(true);
    for (const auto& found : replay.take_divergences()) {
        const std::string recorded = found.recorded.empty() ? "nothing" : found.recorded;
        findings.push_back("the saga of " + sagas::id_text(found) + " parts from its replay at " + text_of(found.position) + " (" + std::string(sagas::name_of(found.kind)) + "): recorded " + recorded +
                           "; the code " + found.today);
    }
}

}  // namespace

void check_sagas(const History& history, Findings& findings) {
    for (const auto& partition : history.partitions) {
        check_by(sagas::PartitionReplay(), partition, findings);
        check_by(sagas::ErasureReplay(), partition, findings);
    }
}

}  // namespace granary::simulation
