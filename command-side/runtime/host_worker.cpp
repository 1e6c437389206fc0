// The loop of one command thread.
#include "command-side/runtime/host_worker.hpp"

#include <pthread.h>
#include <algorithm>
#include <utility>

#include "core/check.hpp"

namespace granary::command_side {

namespace {

// Appends handed over at once: small enough that a log with a bounded queue can take part of a burst.
constexpr std::size_t appends_per_call_max = 4096;

std::size_t share_of(std::uint32_t partitions, std::uint32_t index, std::uint32_t count) { return partitions / count + (index < partitions % count ? 1 : 0); }

}  // namespace

HostWorker::HostWorker(HostShared& shared, std::uint32_t index, std::uint32_t count)
    : shared_(&shared), index_(index), count_(count), mailbox_(limits::shard_queue_max), grown_(share_of(shared.log.identity().partitions, index, count)) {
    const std::uint32_t partitions = shared.log.identity().partitions;
    for (std::uint32_t number = index; number < partitions; number += count) {
        shards_.push_back(std::make_unique<Shard>(
            ShardOptions{{number}, shared.log, shared.store, shared.node, shared.url, shared.aggregates_max, shared.hold_all, shared.owners, shared.bounds,
                         shared.raise_format}));
        status_.push_back(shards_.back()->status());
    }
    GRANARY_CHECK(shards_.size() == grown_.size());
    inputs_.resize(shards_.size());
    touched_.resize(shards_.size(), true);
}

HostWorker::~HostWorker() { GRANARY_CHECK(!thread_.joinable()); }

void HostWorker::start() {
    thread_ = std::thread([this] { run(); });
}

bool HostWorker::submit(Partition partition, ports::CommandRequest& request, CommandReply& reply) {
    Message message(Submission{partition, std::move(request), std::move(reply)});
    if (mailbox_.try_push(std::move(message))) return true;
    auto& back = std::get<Submission>(message);  // not taken: the caller keeps it
    request = std::move(back.request);
    reply = std::move(back.reply);
    return false;
}

void HostWorker::deliver(std::vector<ports::LogDelivery>&& deliveries) { mailbox_.push_reply(Deliveries{std::move(deliveries)}); }

// Seen at the next turn: whoever has something in flight learns of it by its own delivery first.
void HostWorker::note_growth(Partition partition) {
    grown_[place_of(partition)].store(true, std::memory_order_relaxed);
    any_grown_.store(true, std::memory_order_release);
}

void HostWorker::claim(Partition partition, bool claim_or_release) {
    wishes_.fetch_add(1);
    mailbox_.push_reply(Ownership{partition, claim_or_release});
}

void HostWorker::let_go(Partition partition, LetGoReply reply) {
    LetGoRequest request{partition, reply};
    // A host that has ended holds nothing; one that is drowning says so by silence.
    if (!mailbox_.try_push(std::move(request))) reply(stopping_ ? ports::LetGo::gone : ports::LetGo::unreachable);
}

std::vector<PartitionStatus> HostWorker::status() const {
    const std::scoped_lock lock(status_mutex_);
    return status_;
}

void HostWorker::begin_stop(Duration deadline) {
    stop_at_us_.store(deadline.us);
    stopping_.store(true);
    mailbox_.wake();
}

Status HostWorker::join() {
    if (thread_.joinable()) thread_.join();
    return ended_;
}

void HostWorker::run() {
    pthread_setname_np(pthread_self(), "shards");
    while (!turn(output_.again ? Duration{} : limits::shard_tick)) {}
}

bool HostWorker::turn(Duration patience) {
    mailbox_.drain(messages_, patience);
    output_.again = false;
    for (auto& message : messages_) take(std::move(message));
    take_growth();
    const Instant at = now();
    const bool tick = at.steady >= next_tick_;
    if (tick) next_tick_ = at.steady + limits::shard_tick;
    watch_disk(at.steady);
    step_all(at, tick);
    append_all();
    give_answers();
    ask_owners();
    answer_let_go(false);
    if (tick || all_owned_ != all_as_wanted()) publish();
    if (wishes_taken_ > 0) {
        wishes_.fetch_sub(std::exchange(wishes_taken_, 0));
        shared_->owned_changed();
    }
    const bool last = stopping_ && ((messages_.empty() && idle()) || at.steady.us >= stop_at_us_);
    if (last) finish(at);
    return last;
}

bool HostWorker::idle() const {
    return !output_.again && std::ranges::all_of(shards_, [](const auto& shard) { return shard->idle(); });
}

ShardInput& HostWorker::input_of(Partition partition) {
    const std::size_t place = place_of(partition);
    touched_[place] = true;
    return inputs_[place];
}

void HostWorker::take(Message&& message) {
    if (auto* submission = std::get_if<Submission>(&message)) {
        const std::uint64_t reply = next_reply_++;
        replies_.emplace(reply, std::move(submission->reply));
        input_of(submission->partition).commands.push_back({std::move(submission->request), reply});
    } else if (auto* deliveries = std::get_if<Deliveries>(&message)) {
        for (auto& delivery : deliveries->list) input_of(delivery.partition).deliveries.push_back(std::move(delivery));
    } else if (const auto* wish = std::get_if<Ownership>(&message)) {
        ++wishes_taken_;
        // The last word counts.
        auto& input = input_of(wish->partition);
        input.claim = wish->claim;
        input.release = !wish->claim;
    } else if (auto* request = std::get_if<LetGoRequest>(&message)) {
        let_go_.push_back(std::move(*request));
    } else {
        const auto& heard = std::get<LetGoHeard>(message);
        input_of(heard.partition).let_go = heard.answer;
    }
}

void HostWorker::ask_owners() {
    for (auto& ask : std::exchange(output_.asks, {})) {
        auto heard = [this, gate = shared_->gate, partition = ask.partition](ports::LetGoAnswer answer) {
            const std::scoped_lock lock(gate->mutex);
            if (gate->open) mailbox_.push_reply(LetGoHeard{partition, answer});
        };
        if (shared_->ask_to_let_go) shared_->ask_to_let_go(ask.partition, std::move(ask.url), std::move(heard));
        else heard({});
    }
}

void HostWorker::answer_let_go(bool all) {
    std::erase_if(let_go_, [&](const LetGoRequest& request) {
        const Shard& shard = *shards_[place_of(request.partition)];
        const bool held = shard.state() != PartitionState::standby && shard.state() != PartitionState::halted && !all;
        if (held && !shard.wanted()) return false;
        request.reply(held ? ports::LetGo::kept : ports::LetGo::gone);
        return true;
    });
}

void HostWorker::note_hold(const Shard& shard, Partition partition) {
    if (shared_->held == nullptr) return;
    switch (shard.state()) {
        case PartitionState::starting:
        case PartitionState::claiming: return shared_->held->set(partition, Hold::taking);
        case PartitionState::owned: return shared_->held->set(partition, shard.releasing() ? Hold::taking : Hold::owned);
        case PartitionState::standby:
        case PartitionState::halted: return shared_->held->set(partition, Hold::away);
    }
}

bool HostWorker::all_as_wanted() const {
    return std::ranges::all_of(shards_, [](const auto& shard) { return (shard->state() == PartitionState::owned) == shard->wanted(); });
}

void HostWorker::take_growth() {
    if (!any_grown_.exchange(false, std::memory_order_acquire)) return;
    for (std::size_t place = 0; place < grown_.size(); ++place) {
        if (grown_[place].exchange(false, std::memory_order_relaxed)) inputs_[place].grown = true;
    }
}

void HostWorker::step_all(Instant at, bool tick) {
    bool again = false;
    for (std::size_t place = 0; place < shards_.size(); ++place) {
        if (!tick && !touched_[place]) continue;
        output_.again = false;
        shards_[place]->step(at, std::exchange(inputs_[place], {}), output_);
        note_hold(*shards_[place], {index_ + static_cast<std::uint32_t>(place) * count_});
        touched_[place] = output_.again;
        again = again || output_.again;
    }
    output_.again = again;
}

void HostWorker::append_all() {
    std::vector<std::pair<Partition, std::uint64_t>> tokens;
    for (std::size_t from = 0; from < output_.appends.size(); from += appends_per_call_max) {
        const std::size_t to = std::min(from + appends_per_call_max, output_.appends.size());
        std::vector<ports::LogAppend> part;
        part.reserve(to - from);
        tokens.clear();
        for (std::size_t i = from; i < to; ++i) {
            tokens.emplace_back(output_.appends[i].partition, output_.appends[i].token);
            part.push_back(std::move(output_.appends[i]));
        }
        if (const auto queued = shared_->log.append(std::move(part)); !queued) {
            // What comes behind may extend what was not taken: stored, it would look as if the record in front of it had been changed.
            for (std::size_t i = to; i < output_.appends.size(); ++i) tokens.emplace_back(output_.appends[i].partition, output_.appends[i].token);
            refuse_appends(tokens, queued.error());
            break;
        }
    }
    output_.appends.clear();
}

void HostWorker::refuse_appends(std::span<const std::pair<Partition, std::uint64_t>> tokens, const Fault& why) {
    for (const auto& [partition, token] : tokens) {
        input_of(partition).deliveries.push_back({partition, token, ports::DeliveryOutcome::refused, {}, why});
    }
    output_.again = true;
}

void HostWorker::give_answers() {
    for (auto& [reply, answer] : output_.answers) {
        const auto found = replies_.find(reply);
        GRANARY_CHECK(found != replies_.end());
        const CommandReply done = std::move(found->second);
        replies_.erase(found);
        shared_->unanswered.fetch_sub(1);
        done(std::move(answer));
    }
    output_.answers.clear();
}

void HostWorker::publish() {
    const bool owned = all_as_wanted();
    {
        const std::scoped_lock lock(status_mutex_);
        for (std::size_t place = 0; place < shards_.size(); ++place) status_[place] = shards_[place]->status();
    }
    if (all_owned_.exchange(owned) != owned) shared_->owned_changed();
}

void HostWorker::watch_disk(Duration steady) {
    if (index_ != 0 || shared_->disk == nullptr || steady < next_disk_check_) return;
    next_disk_check_ = steady + limits::disk_check_interval;
    // When the space can't be told, the log's own check still stands behind this one.
    if (const auto free = shared_->disk->free_bytes()) shared_->disk_low.store(*free < shared_->disk_free_min_bytes);
}

void HostWorker::finish(Instant at) {
    const Fault why{FaultCode::unavailable, "this node is shutting down"};
    const bool complete = idle();
    for (const auto& shard : shards_) {
        shard->abandon(why, output_);
        if (auto written = shard->checkpoint(at); !written) ended_ = std::move(written);
    }
    give_answers();
    answer_let_go(true);
    if (shared_->held != nullptr) {
        for (std::size_t place = 0; place < shards_.size(); ++place) shared_->held->set({index_ + static_cast<std::uint32_t>(place) * count_}, Hold::away);
    }
    mailbox_.close();
    // Whoever came in behind the closed door is turned away like those in front of it.
    std::vector<Message> rest;
    mailbox_.drain(rest, {});
    for (auto& message : rest) {
        if (const auto* request = std::get_if<LetGoRequest>(&message)) request->reply(ports::LetGo::gone);
        auto* submission = std::get_if<Submission>(&message);
        if (submission == nullptr) continue;
        ports::CommandAnswer answer;
        answer.outcome = ports::CommandOutcome::unavailable;
        answer.fault = why;
        answer.retry_after = limits::command_retry_after;
        shared_->unanswered.fetch_sub(1);
        submission->reply(std::move(answer));
    }
    if (ended_ && !complete) ended_ = fault(FaultCode::timed_out, "some commands could not be finished before the deadline");
    publish();
}

}  // namespace granary::command_side
