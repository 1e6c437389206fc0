// Which bugs there are to plant, and which one is planted.
#include "tests/simulation/mutants.hpp"

#include <algorithm>
#include <array>

#include "core/mutants.hpp"

namespace granary {
namespace {

const char* planted = nullptr;

}  // namespace

bool is_planted(const char* mutant) { return planted != nullptr && std::string_view(planted) == mutant; }

}  // namespace granary

namespace granary::simulation {
namespace {

constexpr std::array mutants{
    Mutant{"progress_goes_back", "command-side/domain/delivery.cpp",
           "a carrier report that was overtaken counts"},
    Mutant{"oversold_by_one", "command-side/domain/inventory.cpp",
           "one piece more than there is can be reserved"},
    Mutant{"late_reserve_taken", "command-side/domain/inventory.cpp",
           "a reserve behind its release is accepted"},
    Mutant{"ttl_off_by_one", "command-side/domain/inventory.cpp",
           "a reservation lives a second longer than was said"},
    Mutant{"count_below_reserved", "command-side/domain/inventory.cpp",
           "a count may leave less than is reserved"},
    Mutant{"early_release_lost", "command-side/domain/inventory.cpp",
           "a release before its reserve is not recorded"},
    Mutant{"total_cut_off", "command-side/domain/orders.cpp",
           "what is charged is cut off instead of rounded"},
    Mutant{"cancelled_order_paid", "command-side/domain/orders.cpp",
           "an order that has ended can be marked as paid"},
    Mutant{"cancellation_forgotten", "command-side/domain/orders.cpp",
           "who cancels an unpaid order is told that it is cancelled already"},
    Mutant{"refunds_unbounded", "command-side/domain/payments.cpp",
           "refunds are not added up"},
    Mutant{"late_authorization_taken", "command-side/domain/payments.cpp",
           "an authorization counts whatever came before it"},
    Mutant{"refund_counted_twice", "command-side/domain/payments.cpp",
           "a refund that is reported twice is booked twice"},
    Mutant{"command_id_forgotten", "command-side/runtime/checkpoint_writer.cpp",
           "ids of accepted commands are not remembered"},
    Mutant{"checkpoint_position_first", "command-side/runtime/checkpoint_writer.cpp",
           "a shard's position is written before its rows"},
    Mutant{"checkpoint_without_state", "command-side/runtime/checkpoint_writer.cpp",
           "a checkpoint lacks the aggregates"},
    Mutant{"twins_in_flight", "command-side/runtime/shard_deciding.cpp",
           "a command under an id that is in flight is decided on its own"},
    Mutant{"if_match_ignored", "command-side/runtime/shard_deciding.cpp",
           "the expected version is not compared"},
    Mutant{"wall_clock_believed", "command-side/runtime/shard_deciding.cpp",
           "a commit's time is the wall clock's, whatever came before it"},
    Mutant{"refused_too_early", "command-side/runtime/shard_deciding.cpp",
           "a refusal is answered before the commits that it was decided on count"},
    Mutant{"refused_on_old_state", "command-side/runtime/shard_deciding.cpp",
           "a refusal does not know of what is in flight"},
    Mutant{"other_body_replayed", "command-side/runtime/shard_deciding.cpp",
           "another body under a used key gets the first answer"},
    Mutant{"level_ignored", "command-side/runtime/shard_deciding.cpp",
           "the newest form of an event is written before the log allows it"},
    Mutant{"damage_taken_for_lost_race", "command-side/runtime/shard_log.cpp",
           "a new owner does not look whether a changed record made others void"},
    Mutant{"contiguity_dropped", "command-side/runtime/shard_log.cpp",
           "a delivery behind a gap is taken for an acknowledgement"},
    Mutant{"speculation_kept", "command-side/runtime/shard_log.cpp",
           "state that was decided on void commits is kept"},
    Mutant{"stall_not_noticed", "command-side/runtime/shard_owning.cpp",
           "an owner that stood still answers from memory, and asks nobody where the log ends"},
    Mutant{"foreign_claim_taken", "command-side/runtime/shard_owning.cpp",
           "another node's claim is taken for one's own"},
    Mutant{"level_passed_over", "platform/host/chain_reader.cpp",
           "an old release goes on behind a level that it can't read"},
    Mutant{"key_in_error", "gateway/gateway.cpp",
           "an error repeats the key that was shown"},
    Mutant{"permission_not_asked", "gateway/gateway.cpp",
           "one permission is not asked for"},
    Mutant{"foreign_readable", "gateway/middleware/call.cpp",
           "what belongs to another customer can be read and changed"},
    Mutant{"key_of_everybody", "gateway/middleware/command_call.cpp",
           "an Idempotency-Key means the same whoever sends it"},
    Mutant{"token_ignored", "gateway/middleware/freshness_gate.cpp",
           "a read does not wait for what its token names"},
    Mutant{"card_numbers_taken", "gateway/middleware/luhn.cpp",
           "card numbers in bodies are not noticed"},
    Mutant{"seal_left_out", "gateway/middleware/personal.cpp",
           "personal data goes into the log in clear"},
    Mutant{"version_alone_compared", "gateway/middleware/preconditions.cpp",
           "a page whose payment changed counts as not modified"},
    Mutant{"no_second_look", "gateway/middleware/reading.cpp",
           "what the view does not have yet is not found"},
    Mutant{"signature_not_checked", "gateway/routes/callbacks.cpp",
           "callbacks need no signature"},
    Mutant{"other_customer_named", "gateway/routes/orders_request.cpp",
           "customers may order for somebody else"},
    Mutant{"erased_key_kept", "query-side/queries/person_desk.cpp",
           "who is erased can still be read"},
    Mutant{"erasure_does_not_wait", "query-side/queries/person_desk.cpp",
           "somebody is erased while an order is under way"},
    Mutant{"cursor_repeats", "query-side/queries/lookup.cpp",
           "a page begins with the last item of the one before"},
    Mutant{"cursor_skips", "query-side/queries/lookup.cpp",
           "a page begins behind the item that it should begin with"},
    Mutant{"view_cache_kept", "projections/runtime/folded_rows.cpp",
           "rows of a batch that could not be written stay in the cache"},
    Mutant{"view_position_first", "projections/runtime/projector.cpp",
           "a view's position is written before its rows"},
    Mutant{"failed_batch_settled", "projections/runtime/projector.cpp",
           "a batch of the views that could not be written is taken for written"},
    Mutant{"return_not_shown", "projections/views/inventory.cpp",
           "goods that come back to stock are not shown"},
    Mutant{"shipment_set_back", "projections/views/delivery.cpp",
           "an order's page shows `booked` again when the booking is recorded late"},
    Mutant{"old_place_kept", "projections/views/orders_lists.cpp",
           "an order stays in the list of the status that it had"},
    Mutant{"timers_ignored", "sagas/processes/order_fulfilment/answers.cpp",
           "timers fire and nothing follows"},
    Mutant{"first_line_kept", "sagas/processes/order_fulfilment/compensation.cpp",
           "compensation leaves the first line's goods reserved"},
    Mutant{"authorization_kept", "sagas/processes/order_fulfilment/compensation.cpp",
           "compensation does not give up the authorization"},
    Mutant{"money_kept", "sagas/processes/order_fulfilment/compensation.cpp",
           "compensation does not refund"},
    Mutant{"parcel_not_stopped", "sagas/processes/order_fulfilment/compensation.cpp",
           "compensation does not stop the parcel"},
    Mutant{"goods_freed_first", "sagas/processes/order_fulfilment/compensation.cpp",
           "compensation frees the goods before the parcel is stopped"},
    Mutant{"silent_carrier_believed", "sagas/processes/order_fulfilment/forward.cpp",
           "a carrier whose callbacks are lost is never asked"},
    Mutant{"ended_forgotten", "sagas/runtime/instance_cache.cpp",
           "a refund after the end of its order finds no saga"},
    Mutant{"words_of_others_kept", "sagas/runtime/outcomes.cpp",
           "what a provider says is recorded as it is"},
    Mutant{"expiry_forgotten", "sagas/runtime/reservation_expiry.cpp",
           "reservations made by hand are not ended"},
    Mutant{"saga_position_first", "sagas/runtime/saga_runner.cpp",
           "a runner's position is written before its instances"},
    Mutant{"outbox_not_resumed", "sagas/runtime/saga_runner.cpp",
           "what was open at a restart is not asked again"},
    Mutant{"waiters_forgotten", "sagas/runtime/saga_runner_jobs.cpp",
           "orders that there is no room for are never begun"},
    Mutant{"busy_taken_for_no", "sagas/runtime/saga_runner_replies.cpp",
           "an unknown outcome of a step is taken for a refusal"},
    Mutant{"refund_key_per_try", "sagas/runtime/saga_runner_send.cpp",
           "the key of a refund at the provider is made anew for each try"},
    Mutant{"timers_not_reloaded", "sagas/runtime/timer_window.cpp",
           "timers that were set before a restart are not read again"},
};

}  // namespace

std::span<const Mutant> all_mutants() { return mutants; }

const Mutant* find_mutant(std::string_view name) {
    const auto* const found = std::ranges::find_if(mutants, [&](const Mutant& mutant) { return name == mutant.name; });
    return found == mutants.end() ? nullptr : found;
}

void plant(const Mutant* mutant) { planted = mutant == nullptr ? nullptr : mutant->name; }

}  // namespace granary::simulation
