// How a shard decides: batches of commands against the newest state, each answer tied to the commits before it.
#include <algorithm>
#include <utility>

#include "command-side/runtime/shard.hpp"
#include "core/check.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"

namespace granary::command_side {

using ports::CommandAnswer;
using ports::CommandOutcome;

bool Shard::may_decide() const {
    return ownership_.state() == PartitionState::owned && !ownership_.releasing() && !read_back_ && !read_due_ && !queue_.empty() &&
           pipeline_.size() < options_.bounds.in_flight_max && !pipeline_.broken() && !writer_.full();
}

void Shard::decide_waiting() {
    while (may_decide()) {
        end_.reset();
        const std::size_t count = std::min({queue_.size(), options_.bounds.in_flight_max - pipeline_.size(), options_.bounds.deciding_batch_max});
        std::vector<CommandId> ids;
        std::vector<Aggregates::Wanted> wanted;
        ids.reserve(count);
        wanted.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            ids.push_back(queue_[i].request.id);
            wanted.push_back({&queue_[i].target.stream, part_of(queue_[i].request.command)});
        }
        const auto remembered = index_.look_up(ids);
        if (!remembered) return on_read_fault(remembered.error());
        if (const auto loaded = aggregates_.load(wanted); !loaded) return on_read_fault(loaded.error());
        for (std::size_t i = 0; i < count && ownership_.state() == PartitionState::owned; ++i) {
            Waiting waiting = std::move(queue_.front());
            queue_.pop_front();
            decide(std::move(waiting), (*remembered)[i]);
        }
    }
}

namespace {

Commit commit_of(const Waiting& waiting, std::vector<Event>&& events, std::uint64_t version, Time time) {
    const auto& request = waiting.request;
    Commit commit;
    auto& meta = commit.meta;
    meta.stream_kind = static_cast<std::uint8_t>(waiting.target.stream.kind);
    meta.stream_key = waiting.target.stream.key;
    meta.routing_key = waiting.target.routing_key;
    meta.first_version = version + 1;
    meta.time = time;
    meta.command_id = request.id;
    meta.fingerprint = request.fingerprint;
    meta.correlation = request.correlation;
    meta.causation = request.causation;
    meta.actor = request.actor;
    meta.traceparent = request.traceparent;
    const Time stated = request.occurred_at;
    const Time occurred_at = stated.unix_us != 0 ? stated : decider_of(waiting.target.stream.kind)->occurred_at(request.command, time);
    commit.events.reserve(events.size());
    for (auto& event : events) commit.events.push_back({std::move(event), occurred_at});
    return commit;
}

bool is_other_request(Fingerprint a, Fingerprint b) { return !a.is_nil() && !b.is_nil() && a != b; }

}  // namespace

void Shard::decide(Waiting&& waiting, const std::optional<RememberedCommand>& remembered) {
    if (waiting.answered) return;
    if (waiting.expires <= now_.steady) {
        return answer_unavailable(waiting, {FaultCode::timed_out, "the deadline passed before the command's turn came"});
    }
    if (remembered) return replay(std::move(waiting), *remembered);
    InFlight* first = pipeline_.find(waiting.request.id);
    if (first != nullptr && !GRANARY_MUTANT(twins_in_flight)) {
        GRANARY_MARK(twin_in_flight);
        first->duplicates.push_back(std::move(waiting));
        return;
    }
    const StreamId& stream = waiting.target.stream;
    auto& aggregate = aggregates_.at(stream);
    const auto id = part_of(waiting.request.command);
    auto* part = id ? &aggregates_.part_at(stream.key, *id) : nullptr;
    const std::uint64_t version = aggregate.newest.version;
    const bool is_stale = waiting.request.expected_version && *waiting.request.expected_version != version;
    if (is_stale && !GRANARY_MUTANT(if_match_ignored)) {
        return refuse_behind(std::move(waiting), {RefusalCode::stale_version, "", "the version is " + std::to_string(version) + " now; read it again"}, version);
    }
    const Time earliest = std::max(newest_time(), waiting.request.not_before);
    const Time time = GRANARY_MUTANT(wall_clock_believed) ? now_.wall : std::max(now_.wall, earliest);
    auto events = decider_of(stream.kind)->decide(aggregate.newest.state, part != nullptr ? part->newest : Part{}, waiting.request.command, time);
    if (GRANARY_MUTANT(refused_on_old_state)) {
        auto before = decider_of(stream.kind)->decide(aggregate.counting().state, part != nullptr ? part->counting() : Part{}, waiting.request.command, time);
        if (!before) return refuse_behind(std::move(waiting), std::move(before.error()), version);
    }
    if (!events) return refuse_behind(std::move(waiting), std::move(events.error()), version);
    if (events->empty()) {
        CommandAnswer unchanged;
        unchanged.outcome = CommandOutcome::unchanged;
        unchanged.version = version;
        return answer_behind(std::move(waiting), std::move(unchanged));
    }
    if (const auto fitted = fit_to_level(*events); !fitted) return answer_unavailable(waiting, fitted.error());
    Commit commit = commit_of(waiting, std::move(*events), version, time);
    commit_behind(std::move(waiting), aggregate, part, std::move(commit));
}

namespace {

std::uint32_t level_to_write(std::uint32_t allowed) { return GRANARY_MUTANT(level_ignored) ? newest_format_level : allowed; }

}  // namespace

// State is folded from what readers will find, which at an older level may be less than what was decided.
Status Shard::fit_to_level(std::vector<Event>& events) const {
    for (auto& event : events) {
        if (level_of(key_of(event)) <= level_to_write(level())) continue;
        GRANARY_MARK(written_at_old_level);
        auto read = as_read_at(event, level());
        if (!read) return std::unexpected(std::move(read.error()));
        event = std::move(*read);
    }
    return {};
}

void Shard::commit_behind(Waiting&& waiting, Aggregates::Aggregate& aggregate, Aggregates::PartEntry* part, Commit&& commit) {
    const std::string body = encode_commit(commit, level_to_write(level()));
    if (body.size() > limits::commit_bytes_max || commit.events.size() > limits::events_per_commit_max) {
        return refuse_behind(std::move(waiting), {RefusalCode::limit_exceeded, "", "what this would store is too large for one commit"}, commit.meta.first_version - 1);
    }
    InFlight entry;
    entry.token = next_token_++;
    entry.record = SharedBytes(chain::make_record(newest_head(), body));
    entry.hash = sha256(entry.record.view());
    aggregates_.speculate(aggregate, part, commit);
    entry.aggregate = &aggregate;
    entry.part = part;
    entry.commit = std::move(commit);
    entry.waiting = std::move(waiting);
    output_->appends.push_back({options_.partition, entry.commit.meta.routing_key, entry.record, entry.token});
    pipeline_.push(std::move(entry));
}

void Shard::refuse_behind(Waiting&& waiting, Refusal&& refusal, std::uint64_t version) {
    CommandAnswer refused;
    refused.outcome = CommandOutcome::refused;
    refused.refusal = std::move(refusal);
    refused.version = version;
    answer_behind(std::move(waiting), std::move(refused));
}

// Another may have claimed and told its clients since, and this owner not have heard of it: its state is the newest only if the log
// holds nothing else up to where it ends now.
Result<Offset> Shard::end_at_decision() {
    if (options_.owners == nullptr || believes_its_memory()) return Offset{0};
    if (!end_) end_ = options_.log.end(options_.partition);
    return *end_;
}

// The answer was decided on everything before it, so it holds only once all of that counts.
void Shard::answer_behind(Waiting&& waiting, CommandAnswer&& behind) {
    const auto upto = end_at_decision();
    if (!upto) return answer_unavailable(waiting, upto.error());
    Follower follower{std::move(waiting), std::move(behind), *upto};
    if (pipeline_.empty() || GRANARY_MUTANT(refused_too_early)) return follow(std::move(follower), head_.offset, reader_->next());
    GRANARY_MARK(answered_behind_a_commit);
    pipeline_.back().followers.push_back(std::move(follower));
}

// `behind`: the last record that it was decided on. In front of `known` the log has been looked at.
void Shard::follow(Follower&& follower, Offset behind, Offset known) {
    follower.answer.position = {options_.partition, behind};
    if (follower.upto <= known) return answer(follower.waiting, std::move(follower.answer));
    GRANARY_MARK(answer_held_for_the_end);
    held_.push_back(std::move(follower));
}

// A command that was accepted before: its answer is its commit, read from the log. It counts, whatever is in flight.
void Shard::replay(Waiting&& waiting, const RememberedCommand& remembered) {
    const Position position{options_.partition, remembered.offset};
    const auto page = options_.log.read(options_.partition, remembered.offset, 1);
    if (!page && page.error().retryable()) return answer_unavailable(waiting, page.error());
    std::optional<Commit> commit;
    if (page && !page->records.empty() && hash_start_of(sha256(page->records.front().bytes.view())) == remembered.hash_start) {
        auto entry = decode_body(chain::body_of(page->records.front().bytes.view()));
        if (entry && std::holds_alternative<Commit>(*entry)) commit = std::move(std::get<Commit>(*entry));
    }
    if (!commit || commit->meta.command_id != waiting.request.id) {
        const Fault damage{FaultCode::halted, "the record at position " + text_of(position) + " is not the one that was accepted there"};
        answer_unavailable(waiting, damage);
        return halt(damage);
    }
    CommandAnswer replayed;
    replayed.position = position;
    replayed.version = commit->last_version();
    if (is_other_request(waiting.request.fingerprint, commit->meta.fingerprint) && !GRANARY_MUTANT(other_body_replayed)) {
        GRANARY_MARK(key_reused);
        replayed.outcome = CommandOutcome::refused;
        replayed.refusal = {RefusalCode::key_reused, "", "this key was used before, for another request; use a fresh key"};
    } else {
        replayed.outcome = CommandOutcome::replayed;
        replayed.commit = std::move(commit);
    }
    answer(waiting, std::move(replayed));
}

Digest Shard::newest_head() { return pipeline_.empty() ? head_.hash : pipeline_.back().hash; }

Time Shard::newest_time() { return pipeline_.empty() ? last_time_ : pipeline_.back().commit.meta.time; }

}  // namespace granary::command_side
