// Runs the recorded inputs of one partition's erasures through today's code, as partition_replay does for its orders' sagas.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sagas/processes/customer_erasure.hpp"
#include "sagas/runtime/partition_replay.hpp"

namespace granary::sagas {

// Holds the live erasures with what they asked for, and the ids of persons who were erased. Not thread-safe.
class ErasureReplay {
  public:
    // `only`: this person's erasure and no other.
    explicit ErasureReplay(std::optional<PersonId> only = std::nullopt) : only_(only) {}

    void visit_steps(std::function<void(ReplayedStep)> visit) { visit_ = std::move(visit); }

    // The accepted commits of the partition, each once and in order.
    void fold(Position position, const Commit& commit);
    // Behind the last one. `at_rest`: what an erasure asks for is a divergence, but for the next look at orders that are under way.
    void finish(bool at_rest);

    const ReplayCounts& counts() const { return counts_; }
    // Those found since the last call; each names its erasure.
    std::vector<Divergence> take_divergences() { return std::exchange(found_, {}); }
    std::size_t live() const { return live_.size(); }

  private:
    // The state as it was when today's code asked, which says what and under which id.
    struct Asked {
        ErasureStateT state;
        Position position;
    };
    struct Erasure {
        ErasureStateT state;
        std::vector<Asked> asked;
        std::uint64_t steps = 0;
    };

    bool agrees(Position position, const Commit& commit, const ErasureSubject& subject);
    static std::optional<Disagreement> check(const Erasure& erasure, const Commit& commit);
    void take_in(Position position, const Commit& commit, std::size_t index, const ErasureSubject& subject);
    void diverge(Divergence divergence);

    std::optional<PersonId> only_;
    std::function<void(ReplayedStep)> visit_;
    std::unordered_map<PersonId, Erasure> live_;
    std::unordered_set<PersonId> ended_;
    std::unordered_set<PersonId> diverged_;
    std::vector<Divergence> found_;
    ReplayCounts counts_;
};

}  // namespace granary::sagas
