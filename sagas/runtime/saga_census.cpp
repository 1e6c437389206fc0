// The process itself says what is open and what has ended; here it is only counted.
#include "sagas/runtime/saga_census.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "sagas/runtime/saga_runner.hpp"

namespace granary::sagas {
namespace {

// Buckets as wide as a 128th of what they hold.
constexpr unsigned exact_bits = 8;
constexpr std::uint32_t buckets_of_octave = 1U << (exact_bits - 1);

std::uint32_t bucket_of(std::uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > exact_bits ? width - exact_bits : 0;
    return shift * buckets_of_octave + static_cast<std::uint32_t>(value >> shift);
}

// The largest value of a bucket.
std::uint64_t top_of(std::uint32_t bucket) {
    const unsigned shift = bucket < 2 * buckets_of_octave ? 0 : bucket / buckets_of_octave - 1;
    const std::uint64_t head = bucket - shift * buckets_of_octave;
    return ((head + 1) << shift) - 1;
}

SagaStanding standing_of(const FulfilmentStateT& state) {
    if (state.parked) return SagaStanding::parked;
    switch (state.phase) {
        case Phase::none:
        case Phase::forward: return SagaStanding::open;
        case Phase::compensating: return SagaStanding::compensating;
        case Phase::completed: return SagaStanding::completed;
        case Phase::compensated: return SagaStanding::compensated;
    }
    return SagaStanding::open;
}

order_fulfilment::Step step_of(const FulfilmentStateT& state) {
    if (state.parked) return state.parked_step;
    return state.open.empty() ? order_fulfilment::Step::none : state.open.front()->step;
}

}  // namespace

void Spread::add(Duration duration) {
    const Duration sound{std::max<std::int64_t>(duration.us, 0)};
    ++counts_[bucket_of(static_cast<std::uint64_t>(sound.us))];
    ++count_;
    largest_ = std::max(largest_, sound);
}

void Spread::add(const Spread& other) {
    for (const auto& [bucket, count] : other.counts_) counts_[bucket] += count;
    count_ += other.count_;
    largest_ = std::max(largest_, other.largest_);
}

Duration Spread::percentile(unsigned percent) const {
    const std::uint64_t rank = (count_ * percent + 99) / 100;
    std::uint64_t passed = 0;
    for (const auto& [bucket, count] : counts_) {
        passed += count;
        if (passed >= rank) return std::min(largest_, Duration{static_cast<std::int64_t>(top_of(bucket))});
    }
    return largest_;
}

std::string_view name_of(SagaStanding standing) {
    switch (standing) {
        case SagaStanding::open: return "open";
        case SagaStanding::compensating: return "compensating";
        case SagaStanding::parked: return "parked";
        case SagaStanding::completed: return "completed";
        case SagaStanding::compensated: return "compensated";
    }
    return "";
}

void SagaCensus::fold(const Commit& commit) {
    newest_ = std::max(newest_, commit.meta.time);
    if (!is_of_saga(commit)) return;
    std::optional<OrderId> order;
    for (std::size_t i = 0; i < commit.events.size(); ++i) {
        const auto& event = commit.events[i].event;
        const auto of = order_of(event);
        if (!of) continue;
        const auto found = begins_instance(event) ? live_.try_emplace(*of).first : live_.find(*of);
        if (found == live_.end()) continue;
        order = of;
        turn(found->second, commit, i);
    }
    const auto touched = order ? live_.find(*order) : live_.end();
    if (touched == live_.end() || !has_ended(touched->second)) return;
    const auto& state = touched->second;
    ended_[{standing_of(state), order_fulfilment::Step::none}].add(commit.meta.time - state.placed_at);
    live_.erase(touched);
}

void SagaCensus::turn(FulfilmentStateT& state, const Commit& commit, std::size_t index) {
    struct Asked {
        CommandId id;
        order_fulfilment::Step step;
        Time at;
    };
    std::vector<Asked> asked;
    for (const auto& action : state.open) asked.push_back({action->id, action->step, action->caused_at});
    const auto& meta = commit.meta;
    const auto reaction = react(state, {commit.events[index].event, event_id(meta.command_id, index), meta.command_id, meta.time, meta.correlation, meta.traceparent});
    for (const CommandId id : reaction.closed) {
        const auto found = std::ranges::find(asked, id, &Asked::id);
        if (found != asked.end()) step_times_[found->step].add(meta.time - found->at);
    }
}

Standings SagaCensus::standings(Time now) const {
    Standings standings = ended_;
    for (const auto& [order, state] : live_) standings[{standing_of(state), step_of(state)}].add(now - state.placed_at);
    return standings;
}

}  // namespace granary::sagas
