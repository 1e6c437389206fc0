// How a shard comes to own its partition, and how it lets go: asking the owner before, claiming, standing by.
#include <utility>

#include "command-side/runtime/shard.hpp"
#include "core/check.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"

namespace granary::command_side {

namespace {

// Long after the last step another may own the partition: then even a refusal would be decided on what is no longer so.
constexpr Duration stall_max = seconds(1);
static_assert(stall_max < limits::group_session_timeout);

}  // namespace

bool Shard::believes_its_memory() { return GRANARY_MUTANT(stall_not_noticed); }

// A process that stood still looks at the log before it says anything.
void Shard::notice_stall() {
    const bool stalled = last_step_.us != 0 && now_.steady - last_step_ > stall_max && !believes_its_memory();
    last_step_ = now_.steady;
    if (!stalled || options_.owners == nullptr || ownership_.state() != PartitionState::owned || read_back_) return;
    GRANARY_MARK(stall_noticed);
    enter_read_back();
}

// How long a partition that this node should hold is not decided on here: what clients notice of a hand-over.
void Shard::note_taking() {
    const bool owned = ownership_.state() == PartitionState::owned;
    const bool taking = ownership_.wanted() && !owned && ownership_.state() != PartitionState::halted;
    if (taking && !taking_since_) taking_since_ = now_.steady;
    if (owned && taking_since_) {
        ++takeovers_;
        takeover_time_ = takeover_time_ + (now_.steady - *taking_since_);
    }
    if (!taking) taking_since_.reset();
}

// Told to let go, and to hold again before what is in flight was settled: another may have claimed in between.
void Shard::hold_again() {
    const bool was_leaving = ownership_.releasing() && ownership_.state() == PartitionState::owned;
    ownership_.want();
    if (was_leaving && options_.owners != nullptr && !read_back_) enter_read_back();
}

void Shard::change_ownership(const ShardInput& input) {
    if (input.let_go) take_let_go(*input.let_go);
    if (input.claim) hold_again();
    const bool again = ownership_.may_try_again(now_.steady);
    if ((input.claim || again) && ownership_.state() == PartitionState::standby) {
        ownership_.start_over();
        read_due_ = true;
        check_anchor_ = reader_.has_value();
    }
    if (!input.release) return;
    ownership_.unwant();
    const PartitionState state = ownership_.state();
    if (state == PartitionState::standby || state == PartitionState::halted) return;
    ownership_.release();
    answer_all_unavailable({FaultCode::unavailable, "this partition is handed over"});
}

// What is in flight is settled first, a claim too: then nothing of this node can come to count any more.
void Shard::let_go_if_due() {
    if (!ownership_.releasing() || !pipeline_.empty()) return;
    switch (ownership_.state()) {
        case PartitionState::owned: break;
        case PartitionState::starting:
        case PartitionState::claiming:
            if (ownership_.has_open_claim()) return;
            break;
        case PartitionState::standby:
        case PartitionState::halted: return;
    }
    stand_by("this node was asked to let go", true);
    // A checkpoint that fails costs the next start some reading.
    (void)checkpoint(now_);
}

bool Shard::clock_is_off(Duration difference) {
    if (difference <= limits::claim_clock_skew_max) return false;
    GRANARY_MARK(claim_put_off_for_clock);
    const std::string far = std::to_string(difference.us / 1'000'000);
    ownership_.put_off_for_clock({FaultCode::unavailable, "this node's clock is " + far + " s off: set it right; until then nothing is claimed"}, now_.steady);
    return true;
}

void Shard::take_let_go(const ports::LetGoAnswer& answer) {
    if (!ownership_.is_asking()) return;
    ownership_.asked_enough();
    if (answer.clock) {
        const Duration ahead = now_.wall - *answer.clock;
        if (clock_is_off(ahead.us < 0 ? Duration{-ahead.us} : ahead)) return ownership_.ask_again();
    }
    if (answer.outcome == ports::LetGo::kept) {
        GRANARY_MARK(owner_keeps);
        ownership_.ask_again();
        stand_by("another node is told to hold this partition, too, and keeps it", false);
        ownership_.try_again_at(now_.steady + limits::let_go_retry);
        return;
    }
    // What it wrote last is read before the claim, so that the claim is not void.
    read_due_ = true;
}

// An owner that others can reach is asked to let go before its partition is claimed.
bool Shard::waits_for_owner() {
    if (options_.owners == nullptr) return false;
    if (ownership_.is_asking()) {
        if (!ownership_.asked_in_vain(now_.steady)) return true;
        ownership_.asked_enough();
        return false;
    }
    const auto owner = options_.owners->find(options_.partition);
    if (!owner || owner->url.empty() || owner->url == options_.url || !ownership_.must_ask(owner->claimed_at)) return false;
    ownership_.ask(owner->claimed_at, now_.steady);
    output_->asks.push_back({options_.partition, owner->url});
    return true;
}

void Shard::claim_if_due() {
    if (read_due_ || !ownership_.claim_due(now_.steady)) return;
    // Of an owner's own leftovers only the claim tells what became of them, whatever the time.
    if (pipeline_.empty() && (clock_is_off(last_time_ - now_.wall) || waits_for_owner())) return;
    claim();
}

void Shard::claim() {
    envelope::ClaimT claim;
    claim.node = options_.node;
    claim.url = options_.url;
    const Time claim_time = std::max(now_.wall, last_time_);
    claim.time = claim_time;
    SharedBytes record(chain::make_record(head_.hash, encode_body(LogEntry(std::move(claim)))));
    const std::uint64_t token = next_token_++;
    output_->appends.push_back({options_.partition, {}, record, token});
    const Digest hash = sha256(record.view());
    ownership_.claimed({token, hash, Fate::pending, {}}, now_.steady);
    if (options_.raise_format && level() < options_.bounds.format_level) append_format(hash, claim_time);
}

// Counts if the claim does and nobody comes between; else the next claim brings another. Nobody waits for it: what is decided before it
// is read is written at the old level, and again behind it.
void Shard::append_format(const Digest& behind, Time time) {
    envelope::FormatT format;
    format.level = options_.bounds.format_level;
    format.time = time;
    format.actor = options_.node;
    SharedBytes record(chain::make_record(behind, encode_body(LogEntry(std::move(format)))));
    output_->appends.push_back({options_.partition, {}, std::move(record), next_token_++});
}

void Shard::become_owner() {
    // What was in flight before the Claim and did not come to count is void now.
    requeue(pipeline_.take());
    ++claims_;
    ownership_.own();
}

void Shard::on_claim(const AcceptedRecord& record, const envelope::ClaimT& claim) {
    if (options_.owners != nullptr) options_.owners->note(options_.partition, {record.position.offset, claim.node, claim.url});
    const bool mistaken = GRANARY_MUTANT(foreign_claim_taken) && ownership_.state() != PartitionState::standby;
    if (ownership_.is_own(record.hash) || mistaken) return become_owner();
    ownership_.heard_of_another(now_.steady);
    const PartitionState state = ownership_.state();
    GRANARY_MARK_WHEN(owner_fenced, state == PartitionState::owned);
    if (state == PartitionState::owned || state == PartitionState::claiming || state == PartitionState::standby) {
        stand_by("claimed by node " + claim.node + (claim.url.empty() ? "" : " at " + claim.url), false);
        if (options_.owners != nullptr) ownership_.try_again_at(now_.steady + limits::claim_back_off);
    }
}

void Shard::stand_by(std::string reason, bool until_asked) {
    GRANARY_CHECK(pipeline_.empty());
    read_back_ = true;
    ownership_.stand_by({FaultCode::unavailable, std::move(reason)}, until_asked);
    if (ownership_.asleep()) read_due_ = false;
    answer_all_unavailable(ownership_.reason());
}

}  // namespace granary::command_side
