// Turns of the machine and what the others do, in the order of the clock.
#include "tests/faults/machine/shop.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "tests/faults/disk/watch.hpp"

namespace granary::faults {
namespace {

constexpr Duration rest_max = hours(24 * 5);
constexpr std::uint64_t turns_max = 400'000;

}  // namespace

void Shop::plan_turn(Duration delay) {
    const Duration at = schedule.now() + delay;
    if (next_turn_ > schedule.now() && next_turn_ <= at) return;
    next_turn_ = at;
    schedule.at(at, [] {});
}

bool Shop::is_at_rest() {
    if (buyers.open() != 0 || houses.callbacks_open() != 0 || !machine.at_rest()) return false;
    return std::ranges::all_of(houses.shipments(), [](const auto& shipment) { return shipment.second.status >= house::ParcelStatus::delivered; });
}

bool Shop::run_to_rest(simulation::Findings& findings) {
    const Duration until = schedule.now() + rest_max;
    std::uint64_t turns = 0;
    Duration quiet_until = schedule.now() + seconds(60);  // by then all business has begun
    while (schedule.now() < until && ++turns < turns_max) {
        plan_turn(machine.turn());
        if (plan().lost != 0) return false;
        if (schedule.now() >= quiet_until) {
            if (is_at_rest()) return true;
            quiet_until = schedule.now() + milliseconds(500);
        }
        GRANARY_CHECK(schedule.step());
    }
    findings.push_back("does not come to rest: " + std::to_string(buyers.open()) + " buyers wait, " + std::to_string(machine.sagas().pending().instances) + " sagas have not ended");
    return false;
}

}  // namespace granary::faults
