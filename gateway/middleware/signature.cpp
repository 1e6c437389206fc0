// The time is signed along with the body, so an old callback can't be sent again under a new time.
#include "gateway/middleware/signature.hpp"

#include <optional>

#include "core/digest.hpp"
#include "core/http1.hpp"
#include "core/limits.hpp"

namespace granary::gateway {
namespace {

std::string signature_of(std::string_view stamp, std::string_view body, std::string_view secret) {
    std::string signed_text;
    signed_text.reserve(stamp.size() + 1 + body.size());
    signed_text.append(stamp).append(1, '.').append(body);
    return hex_of(hmac_sha256(secret, signed_text));
}

// The next `name=value` of a comma-separated list.
std::string_view take_part(std::string_view& rest) {
    const auto comma = rest.find(',');
    const auto part = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    return part;
}

bool is_within_window(std::uint64_t stamp, Time now) {
    if (stamp > static_cast<std::uint64_t>(INT64_MAX) / 1'000'000) return false;
    const Time signed_at{static_cast<std::int64_t>(stamp) * 1'000'000};
    return signed_at >= now - limits::callback_window && signed_at <= now + limits::callback_window;
}

}  // namespace

SignatureVerdict check_signature(std::string_view header, std::string_view body, std::string_view secret, Time now) {
    if (header.empty()) return SignatureVerdict::missing;
    auto rest = header;
    const auto stamp_part = take_part(rest);
    if (!stamp_part.starts_with("t=") || rest.empty()) return SignatureVerdict::malformed;
    const auto stamp = stamp_part.substr(2);
    const auto seconds_signed = http1::parse_length(stamp);
    if (!seconds_signed) return SignatureVerdict::malformed;
    const std::string expected = signature_of(stamp, body, secret);
    bool matches = false;
    while (!rest.empty()) {
        const auto part = take_part(rest);
        if (part.starts_with("v1=") && equal_secrets(part.substr(3), expected)) matches = true;
    }
    if (!matches) return SignatureVerdict::wrong;
    return is_within_window(*seconds_signed, now) ? SignatureVerdict::good : SignatureVerdict::outside_window;
}

std::string_view name_of(SignatureVerdict verdict) {
    switch (verdict) {
        case SignatureVerdict::good: return "the signature is good";
        case SignatureVerdict::missing: return "the Granary-Signature header is missing";
        case SignatureVerdict::malformed: return "the Granary-Signature header must be t=<unix seconds>,v1=<hex>";
        case SignatureVerdict::outside_window: return "the time of the signature is more than five minutes away from ours";
        case SignatureVerdict::wrong: return "the signature does not match the body";
    }
    return "unknown";
}

std::string sign_callback(std::string_view body, std::string_view secret, Time now) {
    const std::string stamp = std::to_string(now.unix_us / 1'000'000);
    return "t=" + stamp + ",v1=" + signature_of(stamp, body, secret);
}

}  // namespace granary::gateway
