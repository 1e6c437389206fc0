// One signed call.
#include "platform/host/cluster/let_go_call.hpp"

#include <utility>

#include "core/limits.hpp"
#include "platform/host/cluster/command_wire.hpp"

namespace granary {

void ask_to_let_go(PeerCalls& peers, const ports::LogIdentity& log, Time now, Partition partition, const std::string& url,
                   std::function<void(ports::LetGoAnswer)> done) {
    forwarding::LetGoCallT call;
    call.log_hi = log.id.hi;
    call.log_lo = log.id.lo;
    call.partition = partition.number;
    call.clock = now;
    peers.post(url, let_go_target, encode(call), PeerCalls::Sent::once_or_twice, limits::let_go_deadline, [done = std::move(done)](const Result<std::string>& body) {
        if (!body) return done({});
        const auto reply = decode_let_go_reply(*body);
        if (!reply) return done({});
        done({reply->gone ? ports::LetGo::gone : ports::LetGo::kept, reply->clock});
    });
}

}  // namespace granary
