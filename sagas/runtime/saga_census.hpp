// Counts the sagas of one partition as the log tells of them: how many stand where, since when, and how long each step took.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <string_view>
#include <utility>

#include "sagas/processes/order_fulfilment.hpp"
#include "schemas/commit.hpp"

namespace granary::sagas {

// How durations are spread: exact in number and in the largest, percentiles to within a hundredth. Of bounded size.
class Spread {
  public:
    void add(Duration duration);
    void add(const Spread& other);
    std::uint64_t count() const { return count_; }
    Duration largest() const { return largest_; }
    // The smallest duration that so many of a hundred do not exceed, rounded up by at most a hundredth; zero when there is none.
    Duration percentile(unsigned percent) const;

  private:
    std::map<std::uint32_t, std::uint64_t> counts_;  // by bucket
    std::uint64_t count_ = 0;
    Duration largest_;
};

enum class SagaStanding : std::uint8_t { open, compensating, parked, completed, compensated };
std::string_view name_of(SagaStanding standing);

// By where sagas stand and, of those that have not ended, at which step: how old they are, or how long they took.
using Standings = std::map<std::pair<SagaStanding, order_fulfilment::Step>, Spread>;
// By step: how long each command or effect was open before it was answered, or no longer wanted.
using StepTimes = std::map<order_fulfilment::Step, Spread>;

// Folds what the runner folds; a refund that is asked for after the end of its saga counts as none. Holds the sagas that have not ended, and sums of those that have. Not thread-safe.
class SagaCensus {
  public:
    // The accepted commits of the partition, each once and in order.
    void fold(const Commit& commit);

    Standings standings(Time now) const;
    const StepTimes& step_times() const { return step_times_; }
    // Of the newest commit that was folded, of whatever stream.
    Time newest() const { return newest_; }
    std::size_t live() const { return live_.size(); }

  private:
    void turn(FulfilmentStateT& state, const Commit& commit, std::size_t index);

    std::unordered_map<OrderId, FulfilmentStateT> live_;
    Standings ended_;
    StepTimes step_times_;
    Time newest_;
};

}  // namespace granary::sagas
