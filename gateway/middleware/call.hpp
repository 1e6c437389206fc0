// One request on its way through the gateway: what is known of it, and how it is answered.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.hpp"
#include "gateway/middleware/edge.hpp"
#include "gateway/middleware/idempotency.hpp"
#include "gateway/middleware/json_document.hpp"
#include "gateway/middleware/problem.hpp"
#include "gateway/middleware/rate_limit.hpp"
#include "gateway/middleware/router.hpp"
#include "gateway/middleware/tracing.hpp"

namespace granary::gateway {

// Made by the pipeline (gateway/gateway.cpp) and handed to the route's handler, which answers it exactly once. Used by
// one thread at a time.
struct Call : std::enable_shared_from_this<Call> {
    std::shared_ptr<Edge> edge;
    const Route* route = nullptr;
    http::Request request;
    http::Responder responder;
    std::shared_ptr<const ports::ApiKey> principal;  // null on routes for anyone
    std::string idempotency_key;                     // parsed; empty where the route does not use one
    std::optional<Trace> trace;                      // of the caller; begun by trace_id() when there is none
    std::optional<RateVerdict> rate;
    Duration started;                                // monotonic
    bool audited = false;                            // the answer waits until the log says who got it
    std::string looked_at;                           // where the path does not say it: `order=ord_...`

    const GatewayServices& services() const { return edge->services; }
    bool may(Permission permission) const { return principal != nullptr && principal->permissions.has(permission); }
    // True when the principal may see what belongs to `owner`: it is its own, or `all` lifts that bound.
    bool may_see(CustomerId owner, Permission all) const;
    // The decoded segment of the path, counted from 0: 2 is the id of `/v1/orders/{id}`.
    const std::string& segment(std::size_t index) const { return request.segments[index]; }

    const std::string& trace_id();
    // Who acts, as the log keeps it: `key_<hex>`, or the route's name for callbacks.
    std::string actor() const;

    // For what takes effect here and leaves no event of its own: `act` runs once the log says who does it and what (`looked_at` names it),
    // and a 503 says that it could not be recorded and nothing was done. What `act` answers with a refusal is recorded as well.
    void act_once_recorded(std::function<void(const std::shared_ptr<Call>&)> act);
    // The one answer, once it is recorded who gets it, where that must be; 503 when it can't be. Adds rate limit fields and the
    // trace, and counts it.
    void answer(http::Response response);
    void fail(const Problem& problem);
    void fail(ProblemCode code, std::string detail = {}) { fail(Problem{.code = code, .detail = std::move(detail)}); }

  private:
    void record(int status, std::function<void()> then, const char* if_not);
    void send(http::Response response);
};

using CallPtr = std::shared_ptr<Call>;

// The parsed body; or nullopt, and the call has been failed with the reason.
std::optional<JsonDocument> parse_body(const CallPtr& call);

http::Response json_response(int status, std::string body);

}  // namespace granary::gateway
