// The step: replies, then one page of log, then at times one batch to the store, then what is due.
#include "sagas/runtime/saga_runner.hpp"

#include <algorithm>
#include <utility>

#include "core/digest.hpp"
#include "core/limits.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"
#include "core/order_streams.hpp"

namespace granary::sagas {
namespace {

// A position that moved over other records only is written now and then: it costs a restart a few records at most.
constexpr std::int64_t position_lag_max = 4096;

}  // namespace

bool is_of_saga(const Commit& commit) { return is_of_order(static_cast<StreamKind>(commit.meta.stream_kind)); }

bool is_of_erasure(const Commit& commit) {
    const auto kind = static_cast<StreamKind>(commit.meta.stream_kind);
    return kind == StreamKind::customer || kind == StreamKind::order || kind == StreamKind::customer_erasure;
}

bool begins_instance(const Event& event) {
    const auto* order = std::get_if<orders::Event>(&event);
    return order != nullptr && std::holds_alternative<orders::OrderPlacedT>(*order);
}

CommandId derived_id(CommandId base, std::string_view label) {
    std::string seed("granary saga record ");
    const auto bytes = bytes_of(base.value);
    seed.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    seed += label;
    return {uuid_from(sha256(seed))};
}

const ActionT* open_action(const FulfilmentStateT& state, CommandId id) {
    const auto found = std::ranges::find_if(state.open, [&](const auto& action) { return action->id == id; });
    return found == state.open.end() ? nullptr : found->get();
}

SagaRunner::SagaRunner(ports::Store& store, ChainReader reader, Offset end_at_start, tables::RunnerPosition position, std::size_t cached_instances, const RunnerLimits& bounds)
    : store_(&store),
      partition_(reader.partition()),
      reader_(std::move(reader)),
      end_at_start_(end_at_start),
      position_(position),
      persisted_(position.anchor.offset),
      cache_(store, partition_, cached_instances),
      bounds_(bounds),
      busy_max_(std::max<std::size_t>(cached_instances / limits::saga_busy_share, bounds.busy_min)),
      timers_(store, partition_),
      expiry_(store, partition_),
      erasures_(store, partition_) {}

Result<SagaRunner> SagaRunner::open(ports::Log& log, ports::Store& store, Partition partition, std::size_t cached_instances, const RunnerLimits& bounds) {
    const auto row = store.get(tables::positions, tables::partition_key(partition));
    if (!row) return std::unexpected(row.error());
    std::optional<tables::RunnerPosition> position;
    if (*row) {
        position = tables::decode_position(**row);
        if (!position) return fault(FaultCode::corrupt, "the saga position of partition " + std::to_string(partition.number) + " can't be read; delete the saga tables");
    }
    const auto anchor = position && position->anchor.offset.number >= 0 ? std::optional(position->anchor) : std::nullopt;
    auto reader = ChainReader::open(log, partition, anchor, bounds.format_level);
    if (!reader) return std::unexpected(reader.error());
    const auto end = log.end(partition);
    if (!end) return std::unexpected(end.error());
    return SagaRunner(store, std::move(*reader), *end, position.value_or(tables::RunnerPosition{}), cached_instances, bounds);
}

Result<StepOutput> SagaRunner::step(Time now, std::vector<Reply> replies, std::size_t budget) {
    now_ = now;
    for (const auto& reply : replies) take(reply);
    if (auto folded = fold_page(); !folded) return std::unexpected(folded.error());
    if (must_persist()) {
        if (auto persisted = persist(); !persisted) return std::unexpected(persisted.error());
    }
    StepOutput out;
    out.more = !page_empty_;
    if (!dispatching_ && reader_.next() >= end_at_start_) {
        if (auto begun = begin_dispatching(); !begun) return std::unexpected(begun.error());
    }
    if (!dispatching_) return out;
    wake_jobs();
    if (auto admitted = admit_waiting(); !admitted) return std::unexpected(admitted.error());
    if (auto fired = fire_timers(); !fired) return std::unexpected(fired.error());
    if (auto ended = end_reservations(out, budget); !ended) return std::unexpected(ended.error());
    if (auto erased = erase_persons(out, budget); !erased) return std::unexpected(erased.error());
    if (auto sent = send_ready(out, budget); !sent) return std::unexpected(sent.error());
    out.held_back = jobs_.any_ready();
    cache_.evict();
    const auto job = jobs_.next_wake();
    const auto timer = timers_.next_due();
    // The window is looked at again long before it ends.
    const Time latest = now + minutes(1);
    out.wake = std::min({job.value_or(latest), timer.value_or(latest), expiry_.next_due().value_or(latest), erasures_.next_due().value_or(latest), latest});
    if (unwritten() > 0 || expiry_.is_dirty()) out.wake = std::min(*out.wake, unwritten_since_ + bounds_.persist_interval);
    return out;
}

Status SagaRunner::fold_page() {
    page_empty_ = false;
    if (page_.empty()) {
        auto records = reader_.read(bounds_.read_bytes);
        if (!records) return std::unexpected(records.error());
        page_ = std::move(*records);
        page_empty_ = page_.empty();
    }
    for (; page_record_ < page_.size(); ++page_record_, page_event_ = 0) {
        const auto* commit = std::get_if<Commit>(&page_[page_record_].entry);
        if (commit == nullptr) continue;
        expiry_.fold(*commit);
        if (!is_of_saga(*commit) && !is_of_erasure(*commit)) continue;
        if (auto folded = fold_commit(*commit); !folded) return folded;
    }
    page_.clear();
    page_record_ = 0;
    return {};
}

// A fault leaves everything as it was before the event, so that the next step goes on there.
Status SagaRunner::fold_commit(const Commit& commit) {
    for (; page_event_ < commit.events.size(); ++page_event_) {
        if (auto folded = fold_event(commit, page_event_); !folded) return folded;
    }
    return {};
}

Status SagaRunner::fold_event(const Commit& commit, std::size_t index) {
    const auto& event = commit.events[index].event;
    const Input input{event, event_id(commit.meta.command_id, index), commit.meta.command_id, commit.meta.time, commit.meta.correlation, commit.meta.traceparent};
    if (auto folded = erasures_.fold(input); !folded) return folded;
    const auto order = order_of(event);
    return order ? fold_order_event(input, *order) : Status();
}

Status SagaRunner::fold_order_event(const Input& input, OrderId order) {
    const auto& event = input.event;
    Result<Instance*> found = begins_instance(event) ? &cache_.create(order) : cache_.find(order);
    if (found && *found == nullptr && concerns_ended(event)) found = cache_.revive(order);
    if (!found) return std::unexpected(found.error());
    if (*found == nullptr) return {};
    auto& instance = **found;
    const bool was_parked = instance.state.parked;
    const auto timers_before = timers_of(instance.state);
    const auto reaction = react(instance.state, input);
    ++events_;
    cache_.mark_dirty(order);
    if (!has_ended(instance.state)) instance.ended_at = {};
    else if (instance.ended_at == Offset{}) instance.ended_at = page_[page_record_].position.offset;
    if (!dispatching_) return {};
    if (begins_instance(event) && must_wait()) {
        wait(order);
    } else {
        follow(instance, reaction, was_parked);
    }
    if (reaction.timers_changed) follow_timers(instance, timers_before);
    return {};
}

bool SagaRunner::must_persist() {
    const bool is_behind = unwritten() > 0 || expiry_.is_dirty();
    if (!is_behind) unwritten_since_ = now_;
    // What reads the store next must find everything: the start of dispatching and the next window of timers.
    if (!dispatching_ && reader_.next() >= end_at_start_) return true;
    if (dispatching_ && timers_.wants_refill(now_)) return true;
    if (unwritten() >= bounds_.unwritten_instances_max) return true;
    // A clock that was set back must not put it off.
    if (is_behind && (now_ >= unwritten_since_ + bounds_.persist_interval || now_ < unwritten_since_)) return true;
    return reader_.anchor().offset.number - persisted_.number > position_lag_max;
}

Status SagaRunner::flush() { return persist(); }

Status SagaRunner::persist() {
    if (!page_.empty()) return {};  // the reader is ahead of what is folded
    const auto anchor = reader_.anchor();
    const bool lags = anchor.offset.number - persisted_.number > position_lag_max;
    if (unwritten() == 0 && !expiry_.is_dirty() && !lags) return {};
    unwritten_since_ = now_;
    ports::StoreBatch batch;
    if (GRANARY_MUTANT(saga_position_first)) {
        auto early = position_;
        early.anchor = anchor;
        batch.put(tables::positions, tables::partition_key(partition_), tables::encode(early));
        if (auto written = store_->write(std::exchange(batch, {}), ports::Durability::process); !written) return written;
    }
    InstanceCache::Counts counts;
    cache_.write(batch, counts);
    auto position = position_;
    position.anchor = anchor;
    expiry_.write(batch);
    erasures_.write(batch, counts);
    position.live += static_cast<std::uint64_t>(counts.live);
    position.parked += static_cast<std::uint64_t>(counts.parked);
    batch.put(tables::positions, tables::partition_key(partition_), tables::encode(position));
    // Lost rows are folded again from the log, so no sync is waited for.
    if (auto written = store_->write(batch, ports::Durability::process); !written) return written;
    position_ = position;
    persisted_ = anchor.offset;
    cache_.clear_dirty();
    expiry_.written();
    erasures_.written();
    if (!dispatching_) cache_.evict();
    return {};
}

// What was open before the end known at the start has been answered in the log, or is asked for (again) now.
Status SagaRunner::begin_dispatching() {
    if (GRANARY_MUTANT(outbox_not_resumed)) {
        dispatching_ = true;
        return {};
    }
    if (auto filled = fill_waiting(); !filled) return filled;
    GRANARY_MARK_WHEN(resumed_after_restart, !waiting_.empty());
    dispatching_ = true;
    return {};
}

RunnerStatus SagaRunner::status() const {
    RunnerStatus status;
    status.folded = reader_.anchor().offset;
    status.next = reader_.next();
    status.events = events_;
    status.live = position_.live;
    status.parked = position_.parked;
    status.open = jobs_.size() + waiting_.size() + (dispatching_ ? erasures_.open(now_) : 0);
    status.asked = jobs_.asked();
    status.unwritten = unwritten();
    status.dispatching = dispatching_;
    return status;
}

}  // namespace granary::sagas
