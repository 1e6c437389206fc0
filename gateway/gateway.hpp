// The gateway as a whole: one handler for the HTTP server, over the services of the program.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "core/result.hpp"
#include "gateway/http/message.hpp"
#include "gateway/services.hpp"

namespace granary::gateway {

struct Gateway {
    http::Handler handler;
    // For http::ServerOptions: the limit of each route, and this API's form of the server's own refusals.
    std::function<std::size_t(http::Method, std::string_view)> body_limit;
    std::function<http::Response(int, std::string_view, std::string_view)> problem;
};

// Reads (and on first use makes) the secrets `command-ids`, `cursors` and `callbacks`. The handler never blocks but for
// reads of the store; it may be used by several servers at once. Faults are those of the key store.
Result<Gateway> make_gateway(const GatewayServices& services, GatewayOptions options);

}  // namespace granary::gateway
