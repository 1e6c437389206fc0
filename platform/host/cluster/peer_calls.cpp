// HMAC-SHA256 over plain HTTP.
#include "platform/host/cluster/peer_calls.hpp"

#include <charconv>
#include <utility>

#include "core/digest.hpp"
#include "core/limits.hpp"

namespace granary {
namespace {

std::string mac_of_call(std::string_view secret, std::string_view target, std::string_view seconds_text, std::string_view body) {
    std::string text("granary peer call 1\n");
    text.append(target).append("\n").append(seconds_text).append("\n").append(hex_of(sha256(body)));
    return hex_of(hmac_sha256(secret, text));
}

}  // namespace

std::string sign_peer_call(std::string_view secret, std::string_view target, std::string_view body, Time now) {
    const std::string seconds_text = std::to_string(now.unix_us / 1'000'000);
    return "t=" + seconds_text + ",v1=" + mac_of_call(secret, target, seconds_text, body);
}

PeerSignature check_peer_signature(std::string_view signature, std::string_view secret, std::string_view target, std::string_view body, Time now) {
    const auto comma = signature.find(",v1=");
    if (!signature.starts_with("t=") || comma == std::string_view::npos) return PeerSignature::bad;
    const std::string_view seconds_text = signature.substr(2, comma - 2);
    std::int64_t at = 0;
    const auto parsed = std::from_chars(seconds_text.data(), seconds_text.data() + seconds_text.size(), at);
    if (parsed.ec != std::errc() || parsed.ptr != seconds_text.data() + seconds_text.size() || at < 0) return PeerSignature::bad;
    if (!equal_secrets(signature.substr(comma + 4), mac_of_call(secret, target, seconds_text, body))) return PeerSignature::bad;
    const std::int64_t now_seconds = now.unix_us / 1'000'000;
    const std::int64_t window = limits::peer_clock_window.us / 1'000'000;
    return at > now_seconds + window || at < now_seconds - window ? PeerSignature::untimely : PeerSignature::good;
}

std::string sign_peer_reply(std::string_view secret, std::string_view call_signature, std::string_view body) {
    std::string text("granary peer reply 1\n");
    text.append(call_signature).append("\n").append(hex_of(sha256(body)));
    return hex_of(hmac_sha256(secret, text));
}

void PeerCalls::post(const std::string& url, std::string_view target, std::string body, Sent sent, Duration deadline,
                     std::function<void(Result<std::string>)> done) {
    std::string signature = sign_peer_call(secret_, target, body, clock_.now());
    ports::HttpCall call;
    call.method = "POST";
    call.url = url + std::string(target);
    call.headers = {{"Content-Type", "application/octet-stream"}, {std::string(peer_signature_header), signature}};
    // What tells the client that it may send it twice.
    if (sent == Sent::once_or_twice) call.headers.push_back({"Idempotency-Key", signature});
    call.body = std::move(body);
    call.deadline = deadline;
    client_.send(std::move(call), [secret = secret_, signature = std::move(signature), done = std::move(done)](Result<ports::HttpReply> reply) {
        if (!reply) {
            // Of the port's faults only these two say that nothing was sent.
            const bool unsent = reply.error().code == FaultCode::unavailable || reply.error().code == FaultCode::invalid_argument;
            return done(fault(unsent ? FaultCode::unavailable : FaultCode::timed_out, "another node: " + reply.error().message));
        }
        // A node refuses what is not signed as it wants it before it does anything.
        if (reply->status == 401) return done(fault(FaultCode::unavailable, "another node does not accept this one's signature: compare secrets and clocks"));
        const std::string* mac = reply->header(peer_signature_header);
        const bool good = reply->status == 200 && mac != nullptr && equal_secrets(*mac, sign_peer_reply(secret, signature, reply->body));
        if (!good) return done(fault(FaultCode::timed_out, "another node answered " + std::to_string(reply->status) + ", or without its signature"));
        done(std::move(reply->body));
    });
}

}  // namespace granary
