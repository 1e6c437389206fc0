// Checks who asks, then what, before anything is done.
#include "platform/host/cluster/peer_desk.hpp"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "platform/host/cluster/command_wire.hpp"
#include "platform/host/cluster/peer_calls.hpp"

namespace granary {
namespace {

static_assert(limits::claim_clock_skew_max < limits::peer_clock_window, "or an untimely call could make a node let go");

using forwarding::Outcome;

// The answers of one batch, until the last one is there.
struct Gathering {
    forwarding::ReplyBatchT batch;
    std::atomic<std::size_t> missing;
    std::function<void(int, std::string)> send;

    explicit Gathering(std::size_t count, std::function<void(int, std::string)> the_send) : missing(count), send(std::move(the_send)) {
        for (std::size_t i = 0; i < count; ++i) batch.replies.push_back(std::make_unique<forwarding::CommandReplyT>());
    }
    void put(std::size_t index, const ports::CommandAnswer& answer) {
        *batch.replies[index] = reply_of(answer);
        if (missing.fetch_sub(1) == 1) send(200, encode(batch));
    }
};

}  // namespace

void PeerDesk::handle(std::string_view target, std::string_view signature, std::string_view body, std::function<void(PeerReply)> done) {
    // A candidate whose clock is off has to hear that it is, or it would take this node for dead and claim. Its call can do no
    // harm, and nor can one that somebody repeats: take_let_go says no to the time in it.
    const PeerSignature known = check_peer_signature(signature, options_.secret, target, body, options_.clock.now());
    if (known == PeerSignature::bad || (known == PeerSignature::untimely && target != let_go_target)) return done({401, {}, {}});
    const Send send = [this, signature = std::string(signature), done = std::move(done)](int status, std::string reply) {
        std::string reply_signature = status == 200 ? sign_peer_reply(options_.secret, signature, reply) : std::string();
        done({status, std::move(reply_signature), std::move(reply)});
    };
    if (target == commands_target) return take_commands(body, send);
    if (target == let_go_target) return take_let_go(body, send);
    send(404, {});
}

void PeerDesk::take_commands(std::string_view body, const Send& send) {
    const auto wire = decode_command_batch(body);
    if (!wire || wire->calls.empty() || wire->calls.size() > limits::forward_batch_commands_max || wire->partition >= options_.log.partitions) return send(400, {});
    if (!is_of_this_log(wire->log_hi, wire->log_lo)) return send(409, {});
    const Partition partition{wire->partition};
    if (options_.held.hold(partition) == Hold::away) {
        forwarding::ReplyBatchT elsewhere;
        for (std::size_t i = 0; i < wire->calls.size(); ++i) {
            elsewhere.replies.push_back(std::make_unique<forwarding::CommandReplyT>());
            elsewhere.replies.back()->outcome = Outcome::elsewhere;
        }
        if (const auto owner = options_.owners.find(partition)) elsewhere.owner_url = owner->url;
        return send(200, encode(elsewhere));
    }
    const auto gathering = std::make_shared<Gathering>(wire->calls.size(), send);
    for (std::size_t i = 0; i < wire->calls.size(); ++i) {
        auto request = request_of(*wire->calls[i]);
        if (!request) {
            gathering->put(i, unavailable_answer(request.error().code, request.error().message));
            continue;
        }
        options_.local.submit(std::move(*request), [gathering, i](const ports::CommandAnswer& answer) { gathering->put(i, answer); });
    }
}

void PeerDesk::take_let_go(std::string_view body, const Send& send) {
    const auto wire = decode_let_go_call(body);
    if (!wire || wire->partition >= options_.log.partitions) return send(400, {});
    if (!is_of_this_log(wire->log_hi, wire->log_lo)) return send(409, {});
    const Time now = options_.clock.now();
    const auto say = [send, now](ports::LetGo outcome) {
        forwarding::LetGoReplyT reply;
        reply.gone = outcome == ports::LetGo::gone;
        reply.clock = now;
        send(200, encode(reply));
    };
    const Duration ahead = wire->clock - now;
    // A candidate whose clock is off will not claim: the partition is better off where it is.
    if (ahead > limits::claim_clock_skew_max || ahead < Duration{-limits::claim_clock_skew_max.us}) return say(ports::LetGo::kept);
    options_.let_go({wire->partition}, say);
}

}  // namespace granary
