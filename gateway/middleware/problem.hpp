// Problem answers (RFC 9457): every way in which this API says no, in one table, and the one mapping from inner errors to it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/refusal.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "gateway/http/message.hpp"
#include "platform/ports/command_bus.hpp"

namespace granary::gateway {

// Each has a row in the table of problem_table(), and a section in docs/problems.md.
enum class ProblemCode : std::uint8_t {
    // 400: can't be understood
    malformed_json, duplicate_field, invalid_body, unknown_parameter, invalid_parameter, invalid_header, idempotency_key_required,
    // who, and may they
    unauthenticated, bad_signature, forbidden,
    // where
    not_found, method_not_allowed, not_acceptable, unsupported_media_type,
    // understood, but not now or not so
    already_exists, illegal_transition, out_of_stock, reservation_closed, customer_erased, conflict, key_in_flight, stale_version,
    precondition_required, invalid, unknown_product, product_retired, currency_mismatch, amount_exceeded, payment_declined, key_reused,
    limit_exceeded, card_number,
    // come back later
    rate_limited, too_many_reservations, unavailable, outcome_unknown, pending, disk_full, halted, not_ready,
    // ours
    internal, not_supported,
    // the HTTP server's own answers
    body_too_large, target_too_long, header_too_large, too_many_headers, bare_line_feed, bad_request_line, unknown_method,
    unsupported_version, bad_target, folded_field, bad_field, repeated_field, no_host, bad_host, unknown_expectation, bad_framing,
    unknown_transfer_coding, header_timeout, body_timeout, deadline, too_many_connections,
};

struct ProblemInfo {
    ProblemCode code;
    std::string_view name;    // the `code` member, and the last part of `type`
    int status;
    std::string_view title;
    std::string_view remedy;  // what the client can do
};

// In the order of ProblemCode.
std::span<const ProblemInfo> problem_table();
const ProblemInfo& info_of(ProblemCode code);
std::optional<ProblemCode> parse_problem_code(std::string_view name);

struct FieldError {
    std::string pointer;
    std::string detail;
};

struct Problem {
    ProblemCode code = ProblemCode::internal;
    std::string detail;                // no personal data, no secrets; empty = the table's remedy
    std::vector<FieldError> errors;    // fields at fault
    Duration retry_after;              // 503 and 429 always carry one: at least a second
    std::vector<http::Header> headers; // such as Allow
};

// `type`, `title`, `status`, `detail`, `instance`, `code`, `trace_id`, `errors`. Instance is the request's path.
http::Response problem_response(const Problem& problem, std::string_view instance, std::string_view trace_id);
// For ServerOptions::problem: the answers that the HTTP server gives by itself, in the same shape.
http::Response server_problem(int status, std::string_view code, std::string_view detail);

// The one mapping from inner errors (tests/gateway/middleware/middleware_tests.cpp walks all of it).
ProblemCode code_for(RefusalCode code);
ProblemCode code_for(FaultCode code);
Problem problem_for(const Refusal& refusal);
// The detail of a fault stays inside: it may name files or hosts.
Problem problem_for(const Fault& fault);
// Of a query: a view that is not there yet, or not far enough, is `pending`, with what it says of itself.
Problem problem_for_view(const Fault& fault);
// nullopt for accepted, replayed and unchanged.
std::optional<Problem> problem_for(const ports::CommandAnswer& answer);

}  // namespace granary::gateway
