// Whether operations that overlapped can have happened one after another, each at some moment between its question and its answer:
// the search of Wing and Gong, with Lowe's memory of what was tried (J. Concurrency Computat.: Pract. Exper. 2017; 29).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/time.hpp"

namespace granary::simulation {

inline constexpr Duration never{INT64_MAX};

// `State` has `std::string key() const`, the same for equal states alone.
template <class State>
struct Operation {
    Duration asked;
    Duration answered = never;
    // Those with smaller ones are tried first: no matter of the result, but of time. 0 for what changes nothing: as early as it fits is
    // as good as later.
    std::uint64_t place = 0;
    std::string name;          // for people
    std::function<bool(State&)> happen;  // false: it can't have ended so in this state
};

enum class Linear { yes, no, unsettled };

// Tries at most `steps_max` operations; `unsettled` when that was not enough.
template <class State>
class LinearSearch {
  public:
    LinearSearch(std::vector<Operation<State>> operations, std::uint64_t steps_max) : operations_(std::move(operations)), done_(operations_.size(), '0'), left_(operations_.size()), steps_left_(steps_max) {
        std::ranges::stable_sort(operations_, {}, &Operation<State>::place);
    }

    Linear run() {
        if (search(State())) return Linear::yes;
        return steps_left_ == 0 ? Linear::unsettled : Linear::no;
    }

    // What could be placed at most: where the search got stuck, in the order of `place`.
    std::string stuck_at() const {
        std::string text;
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            if (i < best_.size() && best_[i] == '0') text += (text.empty() ? "" : "; ") + operations_[i].name;
            if (text.size() > 400) break;
        }
        return text;
    }

  private:
    bool search(const State& state) {
        if (left_ == 0) return true;
        Duration first_answer = never;
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            if (done_[i] == '0') first_answer = std::min(first_answer, operations_[i].answered);
        }
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            const auto& one = operations_[i];
            if (done_[i] != '0' || one.asked > first_answer) continue;
            if (steps_left_ == 0) return false;
            --steps_left_;
            State next = state;
            if (!one.happen(next)) continue;
            done_[i] = '1';
            --left_;
            if (left_ < fewest_left_) {
                fewest_left_ = left_;
                best_ = done_;
            }
            if (tried_.insert(done_ + next.key()).second && search(next)) return true;
            done_[i] = '0';
            ++left_;
        }
        return false;
    }

    std::vector<Operation<State>> operations_;
    std::string done_;
    std::string best_;
    std::size_t left_;
    std::size_t fewest_left_ = SIZE_MAX;
    std::uint64_t steps_left_;
    std::unordered_set<std::string> tried_;
};

}  // namespace granary::simulation
