// Inner errors become problems here and nowhere else.
#include "gateway/middleware/problem.hpp"

#include <algorithm>
#include <utility>

#include "core/json_writer.hpp"

namespace granary::gateway {
namespace {

void write_errors(JsonWriter& json, const std::vector<FieldError>& errors) {
    json.key("errors").begin_array();
    for (const auto& error : errors) json.begin_object().member("pointer", error.pointer).member("detail", error.detail).end_object();
    json.end_array();
}

std::string problem_body(const ProblemInfo& info, int status, const Problem& problem, std::string_view instance, std::string_view trace_id) {
    JsonWriter json;
    json.begin_object().member("type", "/problems/" + std::string(info.name)).member("title", info.title).member("status", std::int64_t{status});
    json.member("detail", problem.detail.empty() ? info.remedy : std::string_view(problem.detail));
    if (!instance.empty()) json.member("instance", instance);
    json.member("code", info.name);
    if (!trace_id.empty()) json.member("trace_id", trace_id);
    if (!problem.errors.empty()) write_errors(json, problem.errors);
    json.end_object();
    return json.take();
}

constexpr Duration view_retry_after = seconds(1);

bool wants_retry_after(int status) { return status == 503 || status == 429; }

std::string retry_seconds(Duration wait) { return std::to_string(std::max<std::int64_t>(1, (wait.us + 999'999) / 1'000'000)); }

}  // namespace

http::Response problem_response(const Problem& problem, std::string_view instance, std::string_view trace_id) {
    const ProblemInfo& info = info_of(problem.code);
    http::Response response;
    response.status = info.status;
    response.headers.add("content-type", "application/problem+json");
    response.headers.add("cache-control", "no-store");
    if (info.status == 401) response.headers.add("www-authenticate", "Bearer realm=\"granary\"");
    if (wants_retry_after(info.status)) response.headers.add("retry-after", retry_seconds(problem.retry_after));
    for (const auto& header : problem.headers) response.headers.add(header.name, header.value);
    response.body = problem_body(info, info.status, problem, instance, trace_id);
    return response;
}

http::Response server_problem(int status, std::string_view code, std::string_view detail) {
    Problem problem;
    problem.code = parse_problem_code(code).value_or(ProblemCode::internal);
    problem.detail = detail;
    auto response = problem_response(problem, {}, {});
    response.status = status;
    return response;
}

ProblemCode code_for(RefusalCode code) {
    switch (code) {
        case RefusalCode::none: return ProblemCode::internal;
        case RefusalCode::invalid: return ProblemCode::invalid;
        case RefusalCode::not_found: return ProblemCode::not_found;
        case RefusalCode::already_exists: return ProblemCode::already_exists;
        case RefusalCode::illegal_transition: return ProblemCode::illegal_transition;
        case RefusalCode::stale_version: return ProblemCode::stale_version;
        case RefusalCode::out_of_stock: return ProblemCode::out_of_stock;
        case RefusalCode::too_many_reservations: return ProblemCode::too_many_reservations;
        case RefusalCode::reservation_closed: return ProblemCode::reservation_closed;
        case RefusalCode::product_retired: return ProblemCode::product_retired;
        case RefusalCode::currency_mismatch: return ProblemCode::currency_mismatch;
        case RefusalCode::amount_exceeded: return ProblemCode::amount_exceeded;
        case RefusalCode::payment_declined: return ProblemCode::payment_declined;
        case RefusalCode::key_reused: return ProblemCode::key_reused;
        case RefusalCode::limit_exceeded: return ProblemCode::limit_exceeded;
        case RefusalCode::customer_erased: return ProblemCode::customer_erased;
    }
    return ProblemCode::internal;
}

ProblemCode code_for(FaultCode code) {
    switch (code) {
        case FaultCode::invalid_argument: return ProblemCode::internal;
        case FaultCode::not_found: return ProblemCode::not_found;
        case FaultCode::corrupt: return ProblemCode::internal;
        case FaultCode::halted: return ProblemCode::halted;
        case FaultCode::unavailable: return ProblemCode::unavailable;
        case FaultCode::timed_out: return ProblemCode::outcome_unknown;
        case FaultCode::disk_full: return ProblemCode::disk_full;
        case FaultCode::io_error: return ProblemCode::internal;
        case FaultCode::conflict: return ProblemCode::conflict;
        case FaultCode::unsupported: return ProblemCode::not_supported;
    }
    return ProblemCode::internal;
}

Problem problem_for(const Refusal& refusal) {
    Problem problem;
    problem.code = code_for(refusal.code);
    problem.detail = refusal.detail;
    if (!refusal.pointer.empty()) problem.errors.push_back({refusal.pointer, refusal.detail});
    return problem;
}

Problem problem_for(const Fault& fault) {
    Problem problem;
    problem.code = code_for(fault.code);
    return problem;
}

Problem problem_for_view(const Fault& fault) {
    if (fault.code != FaultCode::unavailable) return problem_for(fault);
    return {.code = ProblemCode::pending, .detail = fault.message, .retry_after = view_retry_after};
}

std::optional<Problem> problem_for(const ports::CommandAnswer& answer) {
    std::optional<Problem> problem;
    switch (answer.outcome) {
        case ports::CommandOutcome::accepted:
        case ports::CommandOutcome::replayed:
        case ports::CommandOutcome::unchanged: return std::nullopt;
        case ports::CommandOutcome::refused: problem = problem_for(answer.refusal); break;
        case ports::CommandOutcome::unavailable:
            problem = Problem{.code = ProblemCode::unavailable};
            if (answer.fault.code == FaultCode::disk_full || answer.fault.code == FaultCode::halted) problem->code = code_for(answer.fault.code);
            break;
        case ports::CommandOutcome::unknown: problem = Problem{.code = ProblemCode::outcome_unknown}; break;
    }
    if (problem) problem->retry_after = answer.retry_after;
    return problem;
}

}  // namespace granary::gateway
