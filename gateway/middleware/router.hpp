// The shape of the route table, and the search in it. The table itself is gateway/routes/route_table.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.hpp"
#include "core/permissions.hpp"
#include "gateway/http/message.hpp"

namespace granary::gateway {

struct Call;
// Answers the call, now or later. Must not block.
using RouteHandler = void (*)(const std::shared_ptr<Call>& call);

// Who may use a route. It can't be left out: there is no default.
struct Policy {
    Permission permission;
    // Not explicit, so that a table names the permission alone.
    consteval Policy(Permission which) : permission(which) {}
    Policy() = delete;
};

// Whether an answer waits until the log says who got it (gateway/middleware/access_recorder.hpp). It can't be left out either.
enum class Audit : std::uint8_t {
    unrecorded,  // nothing about a person: goods, health, the API itself
    of_others,   // what belongs to persons: unless a customer looks at its own
    always,      // history, reports, exports, operations
    by_event,    // it changes something, and the event says who did it
};

// `optional_json`: an empty body means {}.
enum class BodyKind : std::uint8_t { none, json, optional_json, merge_patch };
enum class Key : std::uint8_t { not_used, needed };

struct Route {
    http::Method method;
    std::string_view pattern;    // `/v1/orders/{id}/cancel`
    std::string_view operation;  // the stable operationId
    Policy policy;
    Audit audit;
    RouteHandler handler;
    std::string_view summary;
    int success = 200;
    std::string_view request_schema = {};   // in gateway/openapi/request_schemas.cpp; empty without a body
    std::string_view response_schema = {};  // in answer_schemas.cpp beside it; empty for 204 and for text
    BodyKind body = BodyKind::none;
    Key idempotency = Key::not_used;
    std::string_view parameters = {};  // names of its query parameters, separated by commas
    std::size_t body_bytes_max = limits::http_body_bytes_max;
};

// Built once from a table; thread-safe afterwards.
class Router {
  public:
    explicit Router(std::span<const Route> routes);

    struct Match {
        const Route* route = nullptr;  // null when no route has this path and method
        std::string allow;             // the methods of this path when the method is not among them, or was OPTIONS
    };
    // HEAD finds the route of GET. A literal segment goes before a parameter.
    Match find(http::Method method, const std::vector<std::string>& segments) const;
    // The methods of all routes, for `OPTIONS *`.
    std::string all_methods() const;
    // Limit of the body of this request; for ServerOptions::body_limit. An unknown path gets the usual limit.
    std::size_t body_limit(http::Method method, std::string_view path) const;

  private:
    struct Compiled {
        const Route* route;
        std::vector<std::string_view> segments;  // a parameter is `{name}`
    };
    static bool matches(const Compiled& compiled, const std::vector<std::string>& segments);

    static constexpr std::size_t segments_max = 8;
    std::array<std::vector<Compiled>, segments_max + 1> by_length_;
};

}  // namespace granary::gateway
