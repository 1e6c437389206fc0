// The way of a request: route, who, may they, how often, what media, which parameters, key, freshness, handler.
#include "gateway/gateway.hpp"

#include <memory>
#include <ranges>
#include <utility>
#include <vector>

#include "core/http1.hpp"
#include "core/mutants.hpp"
#include "gateway/middleware/call.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/openapi/document.hpp"
#include "gateway/routes/route_table.hpp"

namespace granary::gateway {
namespace {

constexpr std::string_view bearer = "bearer ";

void answer_without_route(const CallPtr& call, Router::Match&& match) {
    if (match.allow.empty()) return call->fail(ProblemCode::not_found, "there is nothing under this path");
    if (call->request.method != http::Method::options) return call->fail(Problem{.code = ProblemCode::method_not_allowed, .headers = {{"allow", std::move(match.allow)}}});
    http::Response response;
    response.status = 204;
    response.headers.add("allow", std::move(match.allow));
    call->answer(std::move(response));
}

// False when the call has been failed.
bool authenticate(Call& call) {
    const std::string* header = call.request.headers.find("authorization");
    if (header == nullptr) {
        call.fail(ProblemCode::unauthenticated);
        return false;
    }
    if (header->size() > bearer.size() && http1::equal_ignoring_case(std::string_view(*header).substr(0, bearer.size()), bearer)) {
        call.principal = call.services().api_keys.find(std::string_view(*header).substr(bearer.size()));
    }
    if (call.principal == nullptr) call.fail(ProblemCode::unauthenticated, GRANARY_MUTANT(key_in_error) ? *header + " is not one of ours" : "the key is not one of ours, or was revoked");
    return call.principal != nullptr;
}

bool authorize(Call& call) {
    const Permission permission = call.route->policy.permission;
    const bool passed_over = permission == Permission::stock_write && GRANARY_MUTANT(permission_not_asked);
    if (call.principal->permissions.has(permission) || passed_over) return true;
    call.fail(ProblemCode::forbidden, "this key lacks the permission " + std::string(name_of(permission)));
    return false;
}

bool is_within_rate(Call& call) {
    auto& limiter = call.edge->rate_limiter;
    if (!limiter.is_on()) return true;
    call.rate = limiter.take(call.principal->id, call.services().clock.monotonic());
    if (!call.rate->allowed) call.fail(Problem{.code = ProblemCode::rate_limited, .retry_after = call.rate->retry_after});
    return call.rate->allowed;
}

std::string_view media_type(std::string_view field) {
    field = field.substr(0, field.find(';'));
    while (field.starts_with(' ')) field.remove_prefix(1);
    while (field.ends_with(' ')) field.remove_suffix(1);
    return field;
}

bool has_expected_media(Call& call) {
    if (call.route->body == BodyKind::none || (call.route->body == BodyKind::optional_json && call.request.body.empty())) return true;
    const std::string_view wanted = call.route->body == BodyKind::merge_patch ? "application/merge-patch+json" : "application/json";
    const std::string* type = call.request.headers.find("content-type");
    if (type != nullptr && http1::equal_ignoring_case(media_type(*type), wanted)) return true;
    call.fail(Problem{.code = ProblemCode::unsupported_media_type, .detail = "the body must be " + std::string(wanted), .headers = {{"accept", std::string(wanted)}}});
    return false;
}

// Weights are not looked at, but for the zero that refuses.
bool accepts_json(std::string_view list) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto part = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
        const auto type = media_type(part);
        const bool refused = part.contains(";q=0") && !part.contains(";q=0.");
        for (const std::string_view ours : {"*/*", "application/*", "application/json", "application/problem+json", "text/*", "text/plain"})
            if (!refused && http1::equal_ignoring_case(type, ours)) return true;
    }
    return false;
}

bool is_acceptable(Call& call) {
    const std::string* accept = call.request.headers.find("accept");
    if (accept == nullptr || accept->empty() || accepts_json(*accept)) return true;
    call.fail(ProblemCode::not_acceptable);
    return false;
}

bool is_listed(std::string_view names, std::string_view name) {
    while (!names.empty()) {
        const auto comma = names.find(',');
        if (names.substr(0, comma) == name) return true;
        names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
    }
    return false;
}

bool has_known_parameters(Call& call) {
    const auto& query = call.request.query;
    for (std::size_t i = 0; i < query.size(); ++i) {
        if (!is_listed(call.route->parameters, query[i].name)) {
            call.fail(ProblemCode::unknown_parameter, "`" + query[i].name + "` is no parameter of this operation");
            return false;
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (query[j].name != query[i].name) continue;
            call.fail(ProblemCode::invalid_parameter, "`" + query[i].name + "` is given more than once");
            return false;
        }
    }
    return true;
}

bool has_idempotency_key(Call& call) {
    if (call.route->idempotency == Key::not_used) return true;
    const std::string* header = call.request.headers.find("idempotency-key");
    if (header == nullptr) {
        call.fail(ProblemCode::idempotency_key_required);
        return false;
    }
    auto key = parse_idempotency_key(*header);
    if (!key) call.fail(ProblemCode::invalid_header, key.error());
    else call.idempotency_key = std::move(*key);
    return key.has_value();
}

// A key of a customer shows its own things and no others.
bool is_audited(const Call& call) {
    switch (call.route->audit) {
        case Audit::unrecorded:
        case Audit::by_event: return false;
        case Audit::of_others: return call.principal->customer.is_nil();
        case Audit::always: return true;
    }
    return true;
}

void take_trace(Call& call) {
    if (const std::string* header = call.request.headers.find("traceparent")) call.trace = parse_traceparent(*header);
}

void handle(const std::shared_ptr<Edge>& edge, http::Request&& request, http::Responder responder) {
    const auto call = std::make_shared<Call>();
    call->edge = edge;
    call->request = std::move(request);
    call->responder = std::move(responder);
    call->started = edge->services.clock.monotonic();
    take_trace(*call);
    auto match = call->request.target == "*" ? Router::Match{nullptr, edge->router.all_methods()} : edge->router.find(call->request.method, call->request.segments);
    call->route = match.route;
    if (call->route == nullptr) return answer_without_route(call, std::move(match));
    const bool for_anyone = call->route->policy.permission == Permission::anyone;
    if (!for_anyone && !(authenticate(*call) && authorize(*call) && is_within_rate(*call))) return;
    // What is refused before this was not looked at by anybody.
    call->audited = is_audited(*call);
    if (!has_expected_media(*call) || !is_acceptable(*call) || !has_known_parameters(*call) || !has_idempotency_key(*call)) return;
    after_min_position(call, call->route->handler);
}

Status read_secret(ports::KeyStore& keys, std::string_view name, ports::SecretKey& into) {
    auto key = keys.secret(name);
    if (!key) return std::unexpected(key.error());
    into = *key;
    return {};
}

}  // namespace

Result<Gateway> make_gateway(const GatewayServices& services, GatewayOptions options) {
    const auto routes = routes_of(options.surface);
    auto edge = std::make_shared<Edge>(services, std::move(options), routes);
    const std::pair<std::string_view, ports::SecretKey*> secrets[] = {
        {"command-ids", &edge->command_key}, {"cursors", &edge->cursor_key}, {"callbacks", &edge->callback_key}};
    for (const auto& [name, into] : secrets)
        if (auto read = read_secret(services.keys, name, *into); !read) return std::unexpected(read.error());
    static const std::string document = openapi_document(route_table());
    edge->openapi = document;
    Gateway gateway;
    gateway.handler = [edge](http::Request&& request, http::Responder responder) { handle(edge, std::move(request), std::move(responder)); };
    gateway.body_limit = [edge](http::Method method, std::string_view path) { return edge->router.body_limit(method, path); };
    gateway.problem = server_problem;
    return gateway;
}

}  // namespace granary::gateway
