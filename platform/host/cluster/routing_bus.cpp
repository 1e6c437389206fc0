// Lanes of batches to the owners, one redirect, and honest answers when the way fails.
#include "platform/host/cluster/routing_bus.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/routing.hpp"
#include "platform/host/cluster/command_wire.hpp"

namespace granary {

using forwarding::Outcome;
using ports::CommandAnswer;

void RoutingBus::submit(ports::CommandRequest request, std::function<void(CommandAnswer)> done) {
    const Partition partition = partition_of(target_of(request.command).routing_key, options_.log.partitions);
    if (options_.local != nullptr && options_.held.hold(partition) != Hold::away) return options_.local->submit(std::move(request), std::move(done));
    if (under_way_.fetch_add(1) >= limits::forward_waiting_max) {
        under_way_.fetch_sub(1);
        return done(unavailable_answer(FaultCode::unavailable, "too many commands are on their way to other nodes"));
    }
    Pending pending;
    pending.call = call_of(request);
    pending.bytes = pending.call.payload.size();
    pending.expires = options_.clock.monotonic() + request.deadline;
    pending.request = std::move(request);
    pending.done = std::move(done);
    forward(partition, std::move(pending));
}

void RoutingBus::fail(Pending& pending, CommandAnswer answer) {
    failed_.fetch_add(1);
    under_way_.fetch_sub(1);
    pending.done(std::move(answer));
}

// Whether it is closed is asked under the lane's lock: a command that came in behind close() would wait for ever.
void RoutingBus::forward(Partition partition, Pending&& pending) {
    Lane& lane = lanes_[partition.number];
    std::unique_lock lock(lane.mutex);
    if (closed_) {
        lock.unlock();
        return fail(pending, unavailable_answer(FaultCode::unavailable, "this node is shutting down"));
    }
    lane.waiting.push_back(std::move(pending));
    lock.unlock();
    pump(partition);
}

void RoutingBus::pump(Partition partition) {
    Lane& lane = lanes_[partition.number];
    while (true) {
        std::vector<Pending> batch;
        {
            const std::scoped_lock lock(lane.mutex);
            if (lane.waiting.empty() || lane.in_flight >= limits::forward_batches_in_flight_max || closed_) return;
            batch = take_batch(lane);
            ++lane.in_flight;
        }
        send(partition, std::move(batch));
    }
}

std::vector<RoutingBus::Pending> RoutingBus::take_batch(Lane& lane) {
    std::vector<Pending> batch;
    std::size_t bytes = 0;
    while (!lane.waiting.empty() && batch.size() < limits::forward_batch_commands_max && bytes < limits::forward_batch_bytes_max) {
        if (!batch.empty() && lane.waiting.front().url != batch.front().url) break;
        bytes += lane.waiting.front().bytes;
        batch.push_back(std::move(lane.waiting.front()));
        lane.waiting.pop_front();
    }
    return batch;
}

namespace {

bool is_trusted(const std::optional<ports::Owner>& owner, const std::optional<Offset>& disproved) { return owner && (!disproved || *disproved < owner->claimed_at); }

}  // namespace

std::vector<std::string> RoutingBus::other_nodes() const {
    auto urls = options_.other_nodes ? options_.other_nodes() : std::vector<std::string>();
    std::erase(urls, options_.url);
    return urls;
}

// The owner as this node knows it. What it knows is lost with the power, and a claim is read but once; so where that is wrong the others are asked
// in turn, until the owner is among them or claims anew.
std::string RoutingBus::target_of_batch(Partition partition, const std::vector<Pending>& batch) {
    if (!batch.front().url.empty()) return batch.front().url;
    const auto owner = options_.owners.find(partition);
    const std::string known = owner && owner->url != options_.url ? owner->url : std::string();
    Lane& lane = lanes_[partition.number];
    const std::scoped_lock lock(lane.mutex);
    if (!known.empty() && is_trusted(owner, lane.disproved)) return known;
    const auto others = other_nodes();
    return others.empty() ? known : others[lane.guess % others.size()];
}

// Who was asked is not the owner and names nobody (`is_heard`), or does not answer.
void RoutingBus::doubt(Partition partition, bool is_heard) {
    const auto owner = options_.owners.find(partition);
    Lane& lane = lanes_[partition.number];
    const std::scoped_lock lock(lane.mutex);
    const bool is_known = owner && !owner->url.empty() && owner->url != options_.url;
    if (!is_known || !is_trusted(owner, lane.disproved)) ++lane.guess;
    else if (is_heard) lane.disproved = owner->claimed_at;
}

void RoutingBus::send(Partition partition, std::vector<Pending>&& batch) {
    const Duration now = options_.clock.monotonic();
    const std::string url = target_of_batch(partition, batch);
    auto shared = std::make_shared<std::vector<Pending>>();
    forwarding::CommandBatchT wire;
    wire.log_hi = options_.log.id.hi;
    wire.log_lo = options_.log.id.lo;
    wire.partition = partition.number;
    Duration longest;
    for (auto& pending : batch) {
        if (url.empty()) {
            fail(pending, unavailable_answer(FaultCode::unavailable, "no node is known to own this partition now"));
        } else if (pending.expires <= now) {
            fail(pending, unavailable_answer(FaultCode::timed_out, "the deadline passed before the command could be sent to its owner"));
        } else {
            longest = std::max(longest, pending.expires - now);
            pending.call.deadline_us = (pending.expires - now).us;
            wire.calls.push_back(std::make_unique<forwarding::CommandCallT>(pending.call));
            shared->push_back(std::move(pending));
        }
    }
    const auto settled = [this, partition, url, shared](const Result<std::string>& reply) {
        settle(partition, url, *shared, reply);
        {
            Lane& lane = lanes_[partition.number];
            const std::scoped_lock lock(lane.mutex);
            --lane.in_flight;
        }
        pump(partition);
    };
    if (shared->empty()) {
        Lane& lane = lanes_[partition.number];
        const std::scoped_lock lock(lane.mutex);
        --lane.in_flight;
        return;
    }
    forwarded_.fetch_add(shared->size());
    batches_.fetch_add(1);
    // Sent once: were it sent again by itself, "elsewhere" or "not now" would tell of the second time only.
    options_.peers.post(url, commands_target, encode(wire), PeerCalls::Sent::once, longest + limits::forward_margin, settled);
}

void RoutingBus::settle(Partition partition, const std::string& url, std::span<Pending> batch, const Result<std::string>& reply) {
    if (!reply) {
        doubt(partition, false);
        const bool unsent = reply.error().code == FaultCode::unavailable;
        for (auto& pending : batch) {
            fail(pending, unsent ? unavailable_answer(FaultCode::unavailable, reply.error().message) : unknown_answer(reply.error().message));
        }
        return;
    }
    const auto replies = decode_reply_batch(*reply);
    if (!replies || replies->replies.size() != batch.size()) {
        for (auto& pending : batch) fail(pending, unknown_answer("another node's answer can't be read; ask again under the same id"));
        return;
    }
    const bool is_elsewhere = std::ranges::any_of(replies->replies, [](const auto& one) { return one->outcome == Outcome::elsewhere; });
    if (is_elsewhere && !names_another(batch.front(), url, replies->owner_url)) doubt(partition, true);
    for (std::size_t i = 0; i < batch.size(); ++i) settle_one(partition, url, batch[i], *replies->replies[i], replies->owner_url);
}

void RoutingBus::settle_one(Partition partition, const std::string& url, Pending& pending, const forwarding::CommandReplyT& reply, const std::string& owner_url) {
    if (reply.outcome == Outcome::elsewhere) return redirect(partition, url, pending, owner_url);
    auto answer = answer_of(reply);
    if (!answer) return fail(pending, unknown_answer(answer.error().message));
    under_way_.fetch_sub(1);
    pending.done(std::move(*answer));
}

// One that is worth a try: a command goes on once.
bool RoutingBus::names_another(const Pending& pending, const std::string& asked, const std::string& owner_url) const {
    return pending.url.empty() && !owner_url.empty() && owner_url != asked && owner_url != options_.url;
}

// Certainly nothing was done there. One more try at whom it names; then the client comes again.
void RoutingBus::redirect(Partition partition, const std::string& asked, Pending& pending, const std::string& owner_url) {
    if (options_.local != nullptr && options_.held.hold(partition) != Hold::away) {
        under_way_.fetch_sub(1);
        return options_.local->submit(std::move(pending.request), std::move(pending.done));
    }
    if (!names_another(pending, asked, owner_url)) {
        return fail(pending, unavailable_answer(FaultCode::unavailable, "this partition is being handed over"));
    }
    redirected_.fetch_add(1);
    pending.url = owner_url;
    forward(partition, std::move(pending));
}

void RoutingBus::close() {
    closed_ = true;
    for (auto& lane : lanes_) {
        std::deque<Pending> waiting;
        {
            const std::scoped_lock lock(lane.mutex);
            waiting.swap(lane.waiting);
        }
        for (auto& pending : waiting) fail(pending, unavailable_answer(FaultCode::unavailable, "this node is shutting down"));
    }
}

RoutingCounts RoutingBus::counts() const { return {forwarded_.load(), batches_.load(), redirected_.load(), failed_.load()}; }

}  // namespace granary
