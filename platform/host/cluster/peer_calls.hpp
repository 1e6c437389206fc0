// Calls from node to node: signed with the cluster's secret both ways, so that clients can neither make nor answer them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/http_client.hpp"

namespace granary {

// The header that carries a signature, of calls and of replies.
inline constexpr std::string_view peer_signature_header = "granary-peer-signature";
inline constexpr std::string_view commands_target = "/internal/v1/commands";
inline constexpr std::string_view let_go_target = "/internal/v1/let-go";

// `t=<unix seconds>,v1=<64 hex>` over target, time and body.
std::string sign_peer_call(std::string_view secret, std::string_view target, std::string_view body, Time now);
enum class PeerSignature {
    bad,       // of somebody who does not know the secret, or of another call
    untimely,  // a peer's, outside limits::peer_clock_window: repeated by somebody, or by a clock that is off
    good,
};
PeerSignature check_peer_signature(std::string_view signature, std::string_view secret, std::string_view target, std::string_view body, Time now);
inline bool is_signed_by_peer(std::string_view signature, std::string_view secret, std::string_view target, std::string_view body, Time now) {
    return check_peer_signature(signature, secret, target, body, now) == PeerSignature::good;
}
// 64 hex over the call's signature and the reply's body: a reply fits one call only.
std::string sign_peer_reply(std::string_view secret, std::string_view call_signature, std::string_view body);

// Thread-safe. Client and clock outlive it, and every call.
class PeerCalls {
  public:
    PeerCalls(ports::HttpClient& client, const ports::Clock& clock, std::string secret) : client_(client), clock_(clock), secret_(std::move(secret)) {}

    // Whether the client may send a call again on a fresh connection when a pooled one turns out dead. Then its reply, or its
    // fault, says nothing about the first time.
    enum class Sent { once, once_or_twice };

    // Posts `body` to the node at `url`. Hands over the body of a signed reply, on a thread of the client or the caller's.
    // Faults of a call that is sent once: unavailable: the node certainly did nothing; timed_out: it may have done it or not.
    void post(const std::string& url, std::string_view target, std::string body, Sent sent, Duration deadline,
              std::function<void(Result<std::string>)> done);

  private:
    ports::HttpClient& client_;
    const ports::Clock& clock_;
    const std::string secret_;
};

}  // namespace granary
