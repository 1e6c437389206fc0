// How a shard follows its partition's log: acknowledging by contiguity or by reading back.
#include <algorithm>
#include <utility>

#include "command-side/runtime/shard.hpp"
#include "core/check.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"
#include "platform/host/log_standing.hpp"

namespace granary::command_side {

using ports::CommandAnswer;
using ports::CommandOutcome;

void Shard::note_deliveries(const std::vector<ports::LogDelivery>& deliveries) {
    for (const auto& delivery : deliveries) {
        if (!ownership_.note(delivery)) pipeline_.note(delivery);
    }
    // While reading back, every delivery may be what the reading waits for.
    if (read_back_ && !deliveries.empty()) read_due_ = true;
}

// -- acknowledging ------------------------------------------------------------------------------------------------------

void Shard::acknowledge() {
    while (!read_back_ && !pipeline_.empty()) {
        const InFlight& front = pipeline_.front();
        if (front.fate == Fate::pending) return;
        if (front.fate == Fate::refused) {
            GRANARY_MARK(append_refused);
            return requeue(pipeline_.take());
        }
        const bool is_next = front.offset == reader_->next() || GRANARY_MUTANT(contiguity_dropped);
        const bool contiguous = front.fate == Fate::stored && is_next;
        if (!contiguous) {
            GRANARY_MARK_WHEN(gap_read_back, front.fate == Fate::stored);
            GRANARY_MARK_WHEN(offset_unknown_read_back, front.fate == Fate::offset_unknown);
            return enter_read_back();
        }
        confirm_front();
    }
}

// The front was delivered directly behind the last record that this shard has processed, and extends it: it counts.
void Shard::confirm_front() {
    InFlight entry = pipeline_.pop();
    GRANARY_CHECK(reader_->accept_next(entry.record.view()) == chain::Verdict::accepted);
    head_ = reader_->anchor();
    aggregates_.confirm(*entry.aggregate, entry.part, entry.commit);
    note_accepted(entry.commit, head_.offset, entry.hash);
    ++accepted_;
    writer_.note_record(now_.steady);
    answer_accepted(std::move(entry), head_.offset);
}

void Shard::note_accepted(const Commit& commit, Offset offset, const Digest& hash) {
    last_time_ = std::max(last_time_, commit.meta.time);
    writer_.note_commit(commit, offset, hash, index_);
    ++commits_;
}

void Shard::answer_accepted(InFlight&& entry, Offset offset) {
    const Position position{options_.partition, offset};
    CommandAnswer accepted;
    accepted.outcome = CommandOutcome::accepted;
    accepted.position = position;
    accepted.version = entry.commit.last_version();
    accepted.commit = std::move(entry.commit);
    answer(entry.waiting, std::move(accepted));
    for (auto& follower : entry.followers) follow(std::move(follower), offset, offset.next());
    for (auto duplicate = entry.duplicates.rbegin(); duplicate != entry.duplicates.rend(); ++duplicate) queue_.push_front(std::move(*duplicate));
}

// These commits will never count. Whoever was refused by the log is told so; all others are decided again, in order.
void Shard::requeue(std::deque<InFlight>&& entries) {
    std::vector<Waiting> again;
    const auto keep = [&](Waiting& waiting) {
        if (!waiting.answered) again.push_back(std::move(waiting));
    };
    for (auto& entry : entries) {
        if (entry.aggregate != nullptr && !GRANARY_MUTANT(speculation_kept)) entry.aggregate->roll_back();
        if (entry.part != nullptr) entry.part->roll_back();
        if (entry.fate == Fate::refused) answer_unavailable(entry.waiting, entry.fault);
        keep(entry.waiting);
        for (auto& duplicate : entry.duplicates) keep(duplicate);
        for (auto& follower : entry.followers) keep(follower.waiting);
    }
    redecided_ += again.size();
    queue_.insert(queue_.begin(), std::make_move_iterator(again.begin()), std::make_move_iterator(again.end()));
}

// Without anything in flight no delivery would say what stands there.
void Shard::look_for_held() {
    if (held_.empty() || ownership_.state() != PartitionState::owned) return;
    if (!read_back_) answer_held();
    if (!held_.empty() && pipeline_.empty()) read_due_ = true;
}

void Shard::answer_held() {
    for (; !held_.empty() && held_.front().upto <= reader_->next(); held_.pop_front()) answer(held_.front().waiting, std::move(held_.front().answer));
}

void Shard::decide_held_again() {
    for (; !held_.empty(); held_.pop_back()) {
        if (!held_.back().waiting.answered) queue_.push_front(std::move(held_.back().waiting));
    }
}

// -- reading ------------------------------------------------------------------------------------------------------------

void Shard::enter_read_back() {
    for (auto& entry : pipeline_) {
        entry.aggregate->roll_back();
        if (entry.part != nullptr) entry.part->roll_back();
        entry.aggregate = nullptr;
        entry.part = nullptr;
    }
    read_back_ = true;
    read_due_ = true;
    check_anchor_ = true;
}

// An owner looks for records of others when it has nothing in flight; else the next delivery will show the gap.
void Shard::peek_if_due() {
    if (!grown_) return;
    if (ownership_.asleep()) return;
    const bool quiet = ownership_.state() == PartitionState::owned && pipeline_.empty() && now_.steady >= next_peek_;
    if (ownership_.state() != PartitionState::standby && !read_back_ && !quiet) return;
    grown_ = false;
    read_due_ = true;
    next_peek_ = now_.steady + limits::shard_retry;
}

Status Shard::open_reader(std::optional<ChainAnchor> anchor) {
    if (anchor && anchor->offset.number < 0) anchor.reset();
    auto opened = ChainReader::open(options_.log, options_.partition, anchor, options_.bounds.format_level);
    if (!opened) return std::unexpected(std::move(opened.error()));
    reader_ = std::move(*opened);
    check_anchor_ = false;
    return {};
}

void Shard::read_log() {
    if (!reader_ || !read_due_ || now_.steady < read_not_before_ || ownership_.state() == PartitionState::halted) return;
    if (check_anchor_) {
        if (const auto opened = open_reader(head_); !opened) return on_read_fault(opened.error());
    }
    const auto records = reader_->read(options_.bounds.read_bytes);
    if (!records) return on_read_fault(records.error());
    if (records->empty()) {
        read_due_ = false;
        return at_end_of_log();
    }
    if (const auto loaded = load_for(*records); !loaded) return on_read_fault(loaded.error());
    for (const auto& record : *records) {
        fold(record);
        if (ownership_.state() == PartitionState::halted) return;
    }
    output_->again = true;
}

void Shard::on_read_fault(const Fault& fault) {
    if (!fault.retryable()) return halt(fault);
    // The reader may be ahead of what is folded: it starts again from there.
    check_anchor_ = true;
    read_not_before_ = now_.steady + limits::shard_retry;
}

// Brings the aggregates of a page into memory at one go.
Status Shard::load_for(const std::vector<AcceptedRecord>& records) {
    std::vector<StreamId> streams;
    streams.reserve(records.size());
    std::vector<Aggregates::Wanted> wanted;
    for (const auto& record : records) {
        const auto* commit = std::get_if<Commit>(&record.entry);
        if (commit == nullptr || decider_of(commit->stream().kind) == nullptr) continue;
        streams.push_back(commit->stream());
        wanted.push_back({&streams.back(), std::nullopt});
        for (const auto& item : commit->events) {
            if (const auto part = part_of(item.event)) wanted.push_back({&streams.back(), part});
        }
    }
    return aggregates_.load(wanted);
}

void Shard::fold(const AcceptedRecord& record) {
    const bool ours = !pipeline_.empty() && pipeline_.front().hash == record.hash;
    // The chain has gone on without what is in flight.
    if (!ours && !pipeline_.empty()) {
        GRANARY_MARK(pipeline_overtaken);
        requeue(pipeline_.take());
    }
    if (!ours) decide_held_again();
    if (!fold_entry(record)) return;
    head_ = {record.position.offset, record.hash};
    ++accepted_;
    writer_.note_record(now_.steady);
    if (!ours) return;
    GRANARY_MARK(found_by_reading_back);
    answer_accepted(pipeline_.pop(), record.position.offset);
}

bool Shard::fold_entry(const AcceptedRecord& record) {
    if (const auto* commit = std::get_if<Commit>(&record.entry)) {
        if (const auto folded = aggregates_.fold(*commit); !folded) {
            halt({FaultCode::halted, folded.error().message + " (position " + text_of(record.position) + ")"});
            return false;
        }
        note_accepted(*commit, record.position.offset, record.hash);
        if (ownership_.state() == PartitionState::standby) ownership_.heard_of_another(now_.steady);
    } else if (const auto* claim = std::get_if<envelope::ClaimT>(&record.entry)) {
        on_claim(record, *claim);
    } else if (const auto* format = std::get_if<envelope::FormatT>(&record.entry)) {
        level_ = std::max(level_, format->level);
    }
    return true;
}

void Shard::at_end_of_log() {
    const bool would_write = ownership_.state() != PartitionState::standby && ownership_.state() != PartitionState::halted;
    if (const auto why = would_write ? why_closed(options_.log.identity(), reader_->seal()) : std::nullopt) {
        return halt({FaultCode::halted, "partition " + std::to_string(options_.partition.number) + " takes no commands here: " + *why});
    }
    switch (ownership_.state()) {
        case PartitionState::starting: return want_claim();
        case PartitionState::claiming: {
            const OwnClaim* claim = ownership_.claim();
            if (claim == nullptr || claim->fate == Fate::pending) return;
            if (claim->fate == Fate::stored && claim->offset >= reader_->next()) {
                return halt({FaultCode::halted, "the log is shorter than what it has acknowledged"});
            }
            GRANARY_MARK(claim_lost);
            return ownership_.want_claim();  // it is void, or not there: claim again
        }
        case PartitionState::owned:
            answer_held();
            return settle_leftovers();
        case PartitionState::standby:
        case PartitionState::halted: return;
    }
}

// A new owner buries for good whatever is void behind the head, so it looks first whether a changed record made it so.
void Shard::want_claim() {
    if (const auto sound = GRANARY_MUTANT(damage_taken_for_lost_race) ? Status() : reader_->check_end(); !sound) {
        GRANARY_MARK_WHEN(stray_found, !sound.error().retryable());
        read_due_ = true;  // nobody writes here meanwhile, so no growth would say when to look again
        return on_read_fault(sound.error());
    }
    ownership_.want_claim();
}

// The log is read to its end, and the front of the pipeline was not found to count.
void Shard::settle_leftovers() {
    if (pipeline_.empty()) {
        read_back_ = false;
        return;
    }
    switch (pipeline_.front().fate) {
        case Fate::pending: return;
        case Fate::refused:
            requeue(pipeline_.take());
            read_back_ = false;
            return;
        case Fate::unknown:
            GRANARY_MARK(unknown_buried_by_claim);
            // It may still arrive. Only a new Claim that counts makes it void for ever.
            ownership_.forget_claims();
            return ownership_.want_claim();
        case Fate::stored:
        case Fate::offset_unknown: return halt({FaultCode::halted, "the log does not hold a record that it has acknowledged"});
    }
}

}  // namespace granary::command_side
