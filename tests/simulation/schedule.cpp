// A heap of closures, and a running hash.
#include "tests/simulation/schedule.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

namespace granary::simulation {

void Schedule::at(Duration when, std::function<void()> what) {
    std::size_t place = tasks_.size();
    if (free_.empty()) {
        tasks_.push_back(std::move(what));
    } else {
        place = free_.back();
        free_.pop_back();
        tasks_[place] = std::move(what);
    }
    entries_.push_back({std::max(when, now_), dice_.roll(), next_number_++, place});
    std::push_heap(entries_.begin(), entries_.end());
}

bool Schedule::step() {
    if (entries_.empty()) return false;
    std::pop_heap(entries_.begin(), entries_.end());
    const Entry entry = entries_.back();
    entries_.pop_back();
    const auto what = std::exchange(tasks_[entry.place], nullptr);
    free_.push_back(entry.place);
    now_ = entry.when;
    ++steps_;
    what();
    return true;
}

void Schedule::mix(std::uint64_t value) { trace_ = (trace_ ^ value) * 0x100000001B3ULL ^ (trace_ >> 29); }

void Schedule::trace(std::string_view what, std::initializer_list<std::uint64_t> values) {
    mix(static_cast<std::uint64_t>(now_.us));
    for (const char c : what) mix(static_cast<unsigned char>(c));
    for (const std::uint64_t value : values) mix(value);
    if (!tells_) return;
    std::string line;
    for (const std::uint64_t value : values) line += " " + std::to_string(value);
    std::fprintf(stderr, "%12.6f %.*s%s\n", static_cast<double>(now_.us) / 1e6, static_cast<int>(what.size()), what.data(), line.c_str());
}

}  // namespace granary::simulation
