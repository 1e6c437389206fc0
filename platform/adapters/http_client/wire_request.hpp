// Turns a call into the bytes of a request and the place to send them to.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"
#include "platform/ports/http_client.hpp"

namespace granary::http_client {

struct WireRequest {
    std::string host;  // a name, or an address without brackets
    std::uint16_t port = 80;
    std::string bytes;         // header and body
    bool head_only = false;    // HEAD: the reply has no body, whatever its length says
    bool resend_safe = false;  // idempotent by its method or by an Idempotency-Key
};

// invalid_argument for a URL that is not `http://host[:port][/path]`, a method that is no token, or a field that would
// break the framing or is the client's to write.
Result<WireRequest> wire_request_of(const ports::HttpCall& call);

}  // namespace granary::http_client
