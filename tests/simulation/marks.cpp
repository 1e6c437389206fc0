// Which branches are marked, and which of them were taken.
#include "tests/simulation/marks.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/check.hpp"
#include "core/marks.hpp"

namespace granary::simulation {
namespace {

constexpr std::array marks{
    Mark{"booked_after_progress", "command-side/domain/delivery.cpp",
         "a parcel is booked when its carrier has reported more already"},
    Mark{"cancellation_lost", "command-side/domain/delivery.cpp",
         "a parcel leaves the house while it is being cancelled"},
    Mark{"release_before_reserve", "command-side/domain/inventory.cpp",
         "goods are released before they are reserved"},
    Mark{"aggregate_loaded", "command-side/runtime/aggregates.cpp",
         "a checkpoint's aggregate is read again"},
    Mark{"turned_away_for_disk", "command-side/runtime/command_host.cpp",
         "a command is turned away because the disk is full"},
    Mark{"checkpoint_failed", "command-side/runtime/checkpoint_writer.cpp",
         "the disk does not take a checkpoint"},
    Mark{"expired_in_flight", "command-side/runtime/shard.cpp",
         "nobody waits any more for a commit that is on its way"},
    Mark{"answered_behind_a_commit", "command-side/runtime/shard_deciding.cpp",
         "an answer waits for commits that it was decided on"},
    Mark{"answer_held_for_the_end", "command-side/runtime/shard_deciding.cpp",
         "an answer waits until the log is known as far as it went when it was decided"},
    Mark{"key_reused", "command-side/runtime/shard_deciding.cpp",
         "a key comes back with another body"},
    Mark{"twin_in_flight", "command-side/runtime/shard_deciding.cpp",
         "a command comes again while it is in flight"},
    Mark{"written_at_old_level", "command-side/runtime/shard_deciding.cpp",
         "an event is written in its old form, or waits"},
    Mark{"append_refused", "command-side/runtime/shard_log.cpp",
         "the log refuses a commit"},
    Mark{"claim_lost", "command-side/runtime/shard_log.cpp",
         "a claim turns out to be void, or not there"},
    Mark{"found_by_reading_back", "command-side/runtime/shard_log.cpp",
         "reading back finds that a commit counts"},
    Mark{"gap_read_back", "command-side/runtime/shard_log.cpp",
         "a commit is stored behind a gap"},
    Mark{"offset_unknown_read_back", "command-side/runtime/shard_log.cpp",
         "a commit is stored nobody says where"},
    Mark{"pipeline_overtaken", "command-side/runtime/shard_log.cpp",
         "the chain goes on without what is in flight"},
    Mark{"unknown_buried_by_claim", "command-side/runtime/shard_log.cpp",
         "a commit whose fate is unknown is made void by a claim"},
    Mark{"claim_put_off_for_clock", "command-side/runtime/shard_owning.cpp",
         "a node does not claim because its clock is off"},
    Mark{"owner_fenced", "command-side/runtime/shard_owning.cpp",
         "another node's claim ends an owner's time"},
    Mark{"owner_keeps", "command-side/runtime/shard_owning.cpp",
         "an owner that is asked to let go keeps its partition"},
    Mark{"stall_noticed", "command-side/runtime/shard_owning.cpp",
         "an owner notices that it stood still"},
    Mark{"stray_found", "command-side/runtime/shard_log.cpp",
         "a new owner finds that a changed record made others void"},
    Mark{"format_above_release", "platform/host/chain_reader.cpp",
         "a node meets a level that its release can't read"},
    Mark{"view_batch_failed", "projections/runtime/projector.cpp",
         "the disk does not take a batch of the views"},
    Mark{"erasure_waits_for_orders", "sagas/processes/customer_erasure.cpp",
         "somebody is to be erased whose order is under way"},
    Mark{"undone_by_payment_timer", "sagas/processes/order_fulfilment/answers.cpp",
         "nobody pays"},
    Mark{"goods_gone_for_good", "sagas/processes/order_fulfilment/compensation.cpp",
         "an order is undone whose goods have left the house"},
    Mark{"undone_from_authorization", "sagas/processes/order_fulfilment/compensation.cpp",
         "an order is undone whose money is authorized"},
    Mark{"undone_from_capture", "sagas/processes/order_fulfilment/compensation.cpp",
         "an order is undone whose money was taken"},
    Mark{"undone_from_committing", "sagas/processes/order_fulfilment/compensation.cpp",
         "an order is undone while its goods are being sold"},
    Mark{"undone_from_parcel", "sagas/processes/order_fulfilment/compensation.cpp",
         "an order is undone whose parcel is booked"},
    Mark{"undone_from_reserving", "sagas/processes/order_fulfilment/compensation.cpp",
         "an order is undone while its goods are being reserved"},
    Mark{"ended_instance_revived", "sagas/runtime/instance_cache.cpp",
         "an order that had ended has something to do again"},
    Mark{"waiting_read_from_the_store", "sagas/runtime/saga_runner_jobs.cpp",
         "orders wait that there was no room for"},
    Mark{"resumed_after_restart", "sagas/runtime/saga_runner.cpp",
         "a runner finds work that another left"},
    Mark{"answer_of_a_given_up_try", "sagas/runtime/saga_runner_replies.cpp",
         "an answer comes after its saga has stopped to wait for it"},
    Mark{"effect_of_unknown_outcome", "sagas/runtime/saga_runner_replies.cpp",
         "a house does not answer, so it is asked what became of it"},
    Mark{"instance_parked", "sagas/processes/order_fulfilment/turn.cpp",
         "a saga waits for an operator"},
    Mark{"timer_read_from_the_store", "sagas/runtime/timer_window.cpp",
         "a timer is read again"},
};

std::vector<bool> reached(marks.size());

}  // namespace

std::span<const Mark> all_marks() { return marks; }

std::vector<bool> take_reached() { return std::exchange(reached, std::vector<bool>(marks.size())); }

}  // namespace granary::simulation

namespace granary {

void reach(const char* mark) {
    using simulation::marks;
    const auto* const found = std::ranges::find_if(marks, [&](const auto& one) { return one.name == mark; });
    GRANARY_CHECK(found != marks.end());
    simulation::reached[static_cast<std::size_t>(found - marks.begin())] = true;
}

}  // namespace granary
