// What comes into a shard and what goes out: admission, deadlines, answers, checkpoints, halting.
#include "command-side/runtime/shard.hpp"

#include <utility>

#include "core/check.hpp"
#include "core/marks.hpp"

namespace granary::command_side {

using ports::CommandAnswer;
using ports::CommandOutcome;

Shard::Shard(ShardOptions options)
    : options_(std::move(options)), partitions_(options_.log.identity().partitions), aggregates_(options_.store, options_.aggregates_max),
      index_(options_.store, options_.partition), writer_(options_.store, options_.partition, options_.bounds) {
    if (options_.hold) return;
    ownership_.unwant();
    ownership_.stand_by({FaultCode::unavailable, "this node was not told to hold the partition"}, true);
    read_due_ = false;
}

void Shard::step(Instant now, ShardInput&& input, ShardOutput& output) {
    now_ = now;
    output_ = &output;
    notice_stall();
    change_ownership(input);
    if (!reader_ && !ownership_.asleep()) open();
    admit(std::move(input.commands));
    note_deliveries(input.deliveries);
    grown_ = grown_ || input.grown;
    acknowledge();
    look_for_held();
    peek_if_due();
    read_log();
    claim_if_due();
    expire();
    decide_waiting();
    let_go_if_due();
    write_checkpoint_if_due();
    note_taking();
    output_ = nullptr;
}

void Shard::open() {
    if (ownership_.state() == PartitionState::halted || now_.steady < read_not_before_) return;
    const auto checkpoint = writer_.load();
    if (!checkpoint) return on_read_fault(checkpoint.error());
    std::optional<ChainAnchor> anchor;
    if (*checkpoint) {
        anchor = (*checkpoint)->anchor;
        last_time_ = (*checkpoint)->last_time;
        level_ = (*checkpoint)->level;
        // The record that says so stands in front of the checkpoint, and no reader will come by it.
        if (level_ > options_.bounds.format_level) return halt({FaultCode::halted, "a release that writes level " + std::to_string(level_) + " kept this partition before: upgrade this node"});
    }
    if (const auto opened = open_reader(anchor); !opened) return on_read_fault(opened.error());
    head_ = reader_->anchor();
    first_read_ = reader_->next();
}

namespace {

std::optional<Refusal> admission_refusal(const ports::CommandRequest& request) {
    if (request.id.is_nil()) return Refusal{RefusalCode::invalid, "", "a command needs an id"};
    if (request.actor.size() > limits::actor_bytes_max) return Refusal{RefusalCode::limit_exceeded, "", "the principal's name is too long"};
    if (request.traceparent.size() > limits::traceparent_bytes_max) return Refusal{RefusalCode::limit_exceeded, "", "the traceparent is too long"};
    return std::nullopt;
}

}  // namespace

void Shard::admit(std::vector<ShardInput::Submission>&& commands) {
    for (auto& submission : commands) {
        StreamTarget target = target_of(submission.request.command);
        const Duration expires = now_.steady + submission.request.deadline;
        Waiting waiting{std::move(submission.request), std::move(target), submission.reply, expires};
        // Beside others, who is gone is told by membership and not by silence.
        const bool alone = options_.owners == nullptr;
        if (alone && ownership_.state() == PartitionState::standby && ownership_.may_take_over(now_.steady)) {
            ownership_.start_over();
            read_due_ = true;
        }
        const PartitionState state = ownership_.state();
        if (state == PartitionState::halted || state == PartitionState::standby) {
            answer_unavailable(waiting, ownership_.reason());
        } else if (ownership_.releasing()) {
            answer_unavailable(waiting, {FaultCode::unavailable, "this partition is handed over"});
        } else if (auto refusal = admission_refusal(waiting.request)) {
            CommandAnswer refused;
            refused.outcome = CommandOutcome::refused;
            refused.refusal = std::move(*refusal);
            answer(waiting, std::move(refused));
        } else {
            queue_.push_back(std::move(waiting));
        }
    }
}

namespace {

CommandAnswer unknown_answer(const Fault& why) {
    CommandAnswer answer;
    answer.outcome = CommandOutcome::unknown;
    answer.fault = why;
    answer.retry_after = limits::command_retry_after;
    return answer;
}

}  // namespace

void Shard::expire() {
    if (now_.steady < next_expiry_) return;
    next_expiry_ = now_.steady + limits::shard_tick;
    const Fault late{FaultCode::timed_out, "the deadline passed before the command's turn came"};
    const Fault open{FaultCode::timed_out, "the deadline passed before the log confirmed the command; ask again under the same id"};
    std::erase_if(queue_, [&](Waiting& waiting) {
        if (waiting.expires > now_.steady) return false;
        answer_unavailable(waiting, late);
        return true;
    });
    for (auto& held : held_) {
        if (held.waiting.expires <= now_.steady) answer_unavailable(held.waiting, late);
    }
    for (auto& entry : pipeline_) {
        if (entry.waiting.expires <= now_.steady) {
            GRANARY_MARK(expired_in_flight);
            answer(entry.waiting, unknown_answer(open));
        }
        for (auto& duplicate : entry.duplicates) {
            if (duplicate.expires <= now_.steady) answer(duplicate, unknown_answer(open));
        }
        for (auto& follower : entry.followers) {
            if (follower.waiting.expires <= now_.steady) answer_unavailable(follower.waiting, late);
        }
    }
}

void Shard::write_checkpoint_if_due() {
    if (ownership_.state() == PartitionState::halted || !reader_) return;
    aggregates_.trim();
    if (!writer_.due(now_.steady) && !aggregates_.wants_checkpoint()) return;
    const auto written = checkpoint(now_);
    if (!written && written.error().code == FaultCode::corrupt) halt(written.error());
}

Status Shard::checkpoint(Instant now) {
    if (writer_.empty() || ownership_.state() == PartitionState::halted) return {};
    auto written = writer_.write({head_, last_time_, level_}, aggregates_, index_, now.steady);
    if (written) aggregates_.trim();
    return written;
}

void Shard::abandon(const Fault& why, ShardOutput& output) {
    output_ = &output;
    for (auto& entry : pipeline_.take()) {
        answer(entry.waiting, unknown_answer(why));
        for (auto& duplicate : entry.duplicates) answer(duplicate, unknown_answer(why));
        for (auto& follower : entry.followers) answer_unavailable(follower.waiting, why);
    }
    answer_all_unavailable(why);
    output_ = nullptr;
}

void Shard::halt(Fault fault) {
    ShardOutput* output = output_;
    GRANARY_CHECK(output != nullptr);
    fault.code = FaultCode::halted;
    ownership_.halt(fault);
    abandon(fault, *output);
    output_ = output;
}

void Shard::answer(Waiting& waiting, CommandAnswer&& answer) {
    if (waiting.answered) return;
    waiting.answered = true;
    output_->answers.push_back({waiting.reply, std::move(answer)});
}

void Shard::answer_unavailable(Waiting& waiting, const Fault& why) {
    CommandAnswer unavailable;
    unavailable.outcome = CommandOutcome::unavailable;
    unavailable.fault = why;
    unavailable.retry_after = limits::command_retry_after;
    answer(waiting, std::move(unavailable));
}

void Shard::answer_all_unavailable(const Fault& why) {
    for (auto& held : held_) answer_unavailable(held.waiting, why);
    held_.clear();
    for (auto& waiting : queue_) answer_unavailable(waiting, why);
    queue_.clear();
}

PartitionStatus Shard::status() const {
    PartitionStatus status;
    status.partition = options_.partition;
    status.state = ownership_.state();
    status.reason = ownership_.reason().message;
    status.last = head_.offset;
    status.in_flight = pipeline_.size();
    status.queued = queue_.size() + held_.size();
    status.commits = commits_;
    if (reader_) status.voids = static_cast<std::uint64_t>(reader_->next().number - first_read_.number) - accepted_;
    status.redecided = redecided_;
    status.checkpoints = writer_.written();
    status.cached = aggregates_.size();
    status.claims = claims_;
    status.takeovers = takeovers_;
    status.takeover_time = takeover_time_;
    if (taking_since_) status.taking_for = now_.steady - *taking_since_;
    status.clock_off = ownership_.clock_off();
    return status;
}

std::string_view name_of(PartitionState state) {
    switch (state) {
        case PartitionState::starting: return "starting";
        case PartitionState::claiming: return "claiming";
        case PartitionState::owned: return "owned";
        case PartitionState::standby: return "standby";
        case PartitionState::halted: return "halted";
    }
    return "unknown";
}

}  // namespace granary::command_side
