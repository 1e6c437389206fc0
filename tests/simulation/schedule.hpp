// The virtual clock, the seeded dice and the queue of what is to happen: the one order in which a simulated world runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace granary::simulation {

// SplitMix64: small, fast, and the same on every machine.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t roll() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    // 0 to `count` - 1; `count` at least 1.
    std::uint64_t below(std::uint64_t count) { return roll() % count; }
    std::int64_t between(std::int64_t least, std::int64_t most) { return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least + 1))); }
    Duration between(Duration least, Duration most) { return {between(least.us, most.us)}; }
    // True `permille` times in a thousand.
    bool chance(std::uint32_t permille) { return permille != 0 && below(1000) < permille; }

  private:
    std::uint64_t state_;
};

// Not thread-safe: everything of a simulated world happens inside `step`.
class Schedule {
  public:
    explicit Schedule(std::uint64_t seed) : dice_(seed) {}

    Dice& dice() { return dice_; }
    // Since the world began.
    Duration now() const { return now_; }
    void after(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
    void at(Duration when, std::function<void()> what);
    // Moves the clock to the next entry and runs it; of entries of the same moment the dice choose. False: there is none.
    bool step();
    std::uint64_t steps() const { return steps_; }

    // What happened, as a number that every later one depends on: the same seed and build give the same one.
    void trace(std::string_view what, std::initializer_list<std::uint64_t> values = {});
    std::uint64_t trace_hash() const { return trace_; }
    // Every entry of the trace goes to standard error, too.
    void tell(bool yes) { tells_ = yes; }
    bool tells() const { return tells_; }

  private:
    struct Entry {
        Duration when;
        std::uint64_t tie = 0;
        std::uint64_t number = 0;
        std::size_t place = 0;  // in tasks_

        bool operator<(const Entry& other) const {
            if (when != other.when) return when > other.when;
            return tie != other.tie ? tie > other.tie : number > other.number;
        }
    };
    void mix(std::uint64_t value);

    Dice dice_;
    Duration now_{1};
    std::vector<Entry> entries_;  // a heap; small, for they are moved a lot
    std::vector<std::function<void()>> tasks_;
    std::vector<std::size_t> free_;  // places in tasks_ that hold none
    std::uint64_t next_number_ = 0;
    std::uint64_t steps_ = 0;
    std::uint64_t trace_ = 0xCBF29CE484222325ULL;
    bool tells_ = false;
};

}  // namespace granary::simulation
