// Who owns the partition, as far as this shard knows: its own claims, those of others, and when to try again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "command-side/runtime/partition_status.hpp"
#include "command-side/runtime/pipeline.hpp"
#include "core/digest.hpp"
#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/log.hpp"

namespace granary::command_side {

struct OwnClaim {
    std::uint64_t token = 0;
    Digest hash;
    Fate fate = Fate::pending;
    Offset offset;
};

// Not thread-safe. A book of facts; the shard acts on it.
class Ownership {
  public:
    PartitionState state() const { return state_; }
    const Fault& reason() const { return reason_; }
    bool releasing() const { return releasing_; }
    // This node is told to hold the partition.
    bool wanted() const { return wanted_; }
    // Stands by until it is asked: not even the log is followed.
    bool asleep() const { return state_ == PartitionState::standby && (until_asked_ || !wanted_); }

    // The newest claim, while it is not settled.
    OwnClaim* claim() { return claims_.empty() || !claim_open_ ? nullptr : &claims_.back(); }
    // False: the delivery is not one of a claim.
    bool note(const ports::LogDelivery& delivery) {
        const auto found = std::ranges::find(claims_, delivery.token, &OwnClaim::token);
        if (found == claims_.end()) return false;
        found->fate = fate_of(delivery.outcome);
        found->offset = delivery.offset;
        return true;
    }
    // True for any claim of ours that may still come to count, a late one included.
    bool is_own(const Digest& hash) const {
        return std::ranges::any_of(claims_, [&](const OwnClaim& claim) { return claim.hash == hash; });
    }

    // From standby: as after a start, read to the end of the log and then claim, whoever claimed before.
    void start_over() {
        state_ = PartitionState::starting;
        reason_ = {};
        asking_until_.reset();
    }
    void want() {
        wanted_ = true;
        releasing_ = false;
    }
    void unwant() { wanted_ = false; }
    bool has_open_claim() const { return claim_open_; }
    // The log is read to its end: claim as soon as the pause is over.
    void want_claim() {
        state_ = PartitionState::claiming;
        claim_open_ = false;
    }
    bool claim_due(Duration steady) const { return state_ == PartitionState::claiming && !claim_open_ && steady >= not_before_; }
    void claimed(OwnClaim&& claim, Duration steady) {
        if (claims_.size() == claims_max) claims_.pop_front();
        claims_.push_back(std::move(claim));
        claim_open_ = true;
        clock_off_ = false;
        not_before_ = steady + pause_;
        pause_ = std::min(std::max(pause_ * 2, limits::shard_retry), limits::claim_retry_max);
    }
    // Not now: this node's clock is off, and the reason says how far.
    void put_off_for_clock(Fault reason, Duration steady) {
        reason_ = std::move(reason);
        not_before_ = steady + limits::claim_retry_max;
        clock_off_ = true;
    }
    bool clock_off() const { return clock_off_; }

    // The owner before is asked to let go, once for each of its claims; until it has answered nothing is claimed.
    bool is_asking() const { return asking_until_.has_value(); }
    bool must_ask(Offset claim) const { return asked_ != claim; }
    void ask(Offset claim, Duration steady) {
        asked_ = claim;
        asking_until_ = steady + limits::let_go_deadline * 2;
    }
    bool asked_in_vain(Duration steady) const { return asking_until_ && steady >= *asking_until_; }
    void asked_enough() { asking_until_.reset(); }
    // It keeps what it has: stand by, and ask again.
    void ask_again() { asked_ = {}; }

    // Claims made before a commit's fate became unknown don't fence that commit off.
    void forget_claims() {
        claims_.clear();
        claim_open_ = false;
    }
    void own() {
        state_ = PartitionState::owned;
        forget_claims();
        pause_ = {};
        reason_ = {};
    }
    void release() { releasing_ = true; }
    void stand_by(Fault reason, bool until_asked) {
        state_ = PartitionState::standby;
        clock_off_ = false;
        until_asked_ = until_asked;
        releasing_ = false;
        asking_until_.reset();
        forget_claims();
        reason_ = std::move(reason);
    }
    // From standby, when it is wanted here: tries again then by itself.
    void try_again_at(Duration steady) { try_again_ = steady; }
    bool may_try_again(Duration steady) const {
        return state_ == PartitionState::standby && wanted_ && !until_asked_ && try_again_ && steady >= *try_again_;
    }
    void halt(Fault reason) {
        state_ = PartitionState::halted;
        clock_off_ = false;
        forget_claims();
        reason_ = std::move(reason);
    }

    // Another owner has been silent long enough that its partition may be claimed when a command wants it.
    void heard_of_another(Duration steady) { heard_ = steady; }
    bool may_take_over(Duration steady) const { return !until_asked_ && steady - heard_ >= limits::claim_back_off; }

  private:
    static constexpr std::size_t claims_max = 16;

    PartitionState state_ = PartitionState::starting;
    Fault reason_;
    bool releasing_ = false;
    bool wanted_ = true;
    bool until_asked_ = false;
    bool claim_open_ = false;
    bool clock_off_ = false;
    std::deque<OwnClaim> claims_;
    Duration pause_;
    Duration not_before_;
    Duration heard_;
    Offset asked_;
    std::optional<Duration> asking_until_;
    std::optional<Duration> try_again_;
};

}  // namespace granary::command_side
