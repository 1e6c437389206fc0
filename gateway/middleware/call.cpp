// Every answer leaves through Call::answer.
#include "gateway/middleware/call.hpp"
#include "core/mutants.hpp"

#include "gateway/middleware/access_recorder.hpp"

#include <utility>

namespace granary::gateway {

bool Call::may_see(CustomerId owner, Permission all) const {
    if (principal == nullptr) return false;
    if (principal->permissions.has(all)) return true;
    return !owner.is_nil() && (owner == principal->customer || GRANARY_MUTANT(foreign_readable));
}

const std::string& Call::trace_id() {
    if (!trace) trace = new_trace(services().random.bits());
    return trace->trace_id;
}

std::string Call::actor() const { return principal != nullptr ? text_of(principal->id) : std::string(route->operation); }

void Call::answer(http::Response response) {
    if (!audited) return send(std::move(response));
    const int status = response.status;
    const auto held = std::make_shared<http::Response>(std::move(response));
    record(status, [this, held] { send(std::move(*held)); }, "this answer could not be given: who gets it must be recorded first, and could not be");
}

void Call::act_once_recorded(std::function<void(const CallPtr&)> act) {
    if (!audited) return act(shared_from_this());
    const auto go_on = [this, act = std::move(act)] {
        audited = true;
        act(shared_from_this());
    };
    record(202, go_on, "nothing was done: who does this must be recorded first, and could not be");
}

void Call::record(int status, std::function<void()> then, const char* if_not) {
    audited = false;
    access::AccessT access;
    access.operation = route->operation;
    access.target = access_target(*this, status);
    access.status = static_cast<std::uint16_t>(status);
    access.at = services().clock.now();
    access.trace_id = trace_id();
    edge->accesses->record(*principal, std::move(access), [call = shared_from_this(), then = std::move(then), if_not](bool recorded) {
        if (recorded) return then();
        call->fail(Problem{.code = ProblemCode::unavailable, .detail = if_not, .retry_after = seconds(1)});
    });
}

void Call::send(http::Response response) {
    if (rate && edge->rate_limiter.is_on()) edge->rate_limiter.write(*rate, response.headers);
    if (trace) response.headers.add("traceparent", traceparent_of(*trace, services().random.bits()));
    const int status = response.status;
    responder(std::move(response));
    if (services().on_answered) {
        const AnsweredRequest done{route != nullptr ? route->operation : "none", name_of(request.method), status, Duration{services().clock.monotonic().us - started.us}};
        services().on_answered(done);
    }
}

void Call::fail(const Problem& problem) {
    const std::string id = trace_id();
    answer(problem_response(problem, request.path(), id));
}

std::optional<JsonDocument> parse_body(const CallPtr& call) {
    const bool is_left_out = call->route->body == BodyKind::optional_json && call->request.body.empty();
    auto document = JsonDocument::parse(is_left_out ? std::string_view("{}") : std::string_view(call->request.body));
    if (document) return std::move(*document);
    Problem problem{.code = document.error().duplicate ? ProblemCode::duplicate_field : ProblemCode::malformed_json, .detail = document.error().detail};
    if (document.error().duplicate) problem.errors.push_back({document.error().pointer, document.error().detail});
    call->fail(problem);
    return std::nullopt;
}

http::Response json_response(int status, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.add("content-type", "application/json");
    response.body = std::move(body);
    return response;
}

}  // namespace granary::gateway
