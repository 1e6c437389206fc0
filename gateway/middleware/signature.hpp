// The signature of callbacks (docs/callbacks.md): HMAC-SHA256 over time and body, in constant time, within a window.
#pragma once

#include <string>
#include <string_view>

#include "core/time.hpp"

namespace granary::gateway {

enum class SignatureVerdict { good, missing, malformed, outside_window, wrong };

// `t=<unix seconds>,v1=<64 hex>[,v1=...]`. The body is as it was received, byte for byte.
SignatureVerdict check_signature(std::string_view header, std::string_view body, std::string_view secret, Time now);
std::string_view name_of(SignatureVerdict verdict);

// What a sender puts into the header: for providers and tests.
std::string sign_callback(std::string_view body, std::string_view secret, Time now);

}  // namespace granary::gateway
