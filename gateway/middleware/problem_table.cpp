// The table of all problems that this API answers with.
#include <algorithm>
#include <array>

#include "core/check.hpp"
#include "gateway/middleware/problem.hpp"

namespace granary::gateway {
namespace {

using enum ProblemCode;

constexpr std::array table = {
    ProblemInfo{malformed_json, "malformed_json", 400, "The body is not JSON", "Send well-formed UTF-8 JSON, nested at most 32 deep."},
    ProblemInfo{duplicate_field, "duplicate_field", 400, "A field occurs twice", "Name each field of an object once."},
    ProblemInfo{invalid_body, "invalid_body", 400, "The body does not have the expected shape", "Compare the fields named in `errors` with the request's schema in /openapi.json."},
    ProblemInfo{unknown_parameter, "unknown_parameter", 400, "Unknown query parameter", "Use only the parameters that /openapi.json lists for this operation."},
    ProblemInfo{invalid_parameter, "invalid_parameter", 400, "A path or query parameter is malformed", "Correct the parameter named in `detail`."},
    ProblemInfo{invalid_header, "invalid_header", 400, "A header field is malformed", "Correct the header field named in `detail`."},
    ProblemInfo{idempotency_key_required, "idempotency_key_required", 400, "Idempotency-Key is missing", "Send an Idempotency-Key header, a fresh one for each new intention and the same one for a retry."},
    ProblemInfo{unauthenticated, "unauthenticated", 401, "No valid API key", "Send `Authorization: Bearer <key>` with a key that has not been revoked."},
    ProblemInfo{bad_signature, "bad_signature", 401, "The signature does not hold", "Sign `timestamp.body` with the shared secret and the current time."},
    ProblemInfo{forbidden, "forbidden", 403, "Not allowed with this key", "Use a key whose role and scopes include the permission named in `detail`."},
    ProblemInfo{not_found, "not_found", 404, "No such thing", "Check the path and the id; what belongs to somebody else is not shown either."},
    ProblemInfo{method_not_allowed, "method_not_allowed", 405, "This method is not offered here", "Use one of the methods in the Allow header."},
    ProblemInfo{not_acceptable, "not_acceptable", 406, "Only JSON is offered", "Accept application/json."},
    ProblemInfo{unsupported_media_type, "unsupported_media_type", 415, "The body's media type is not understood", "Send the media type named in `detail`."},
    ProblemInfo{already_exists, "already_exists", 409, "It exists already", "Read it, and update it if it has to change."},
    ProblemInfo{illegal_transition, "illegal_transition", 409, "Its state does not allow this", "Read its current state; some changes can be tried again later, some never."},
    ProblemInfo{out_of_stock, "out_of_stock", 409, "Not enough stock", "Ask for less, or wait for stock."},
    ProblemInfo{reservation_closed, "reservation_closed", 409, "The reservation is closed", "Make a new reservation."},
    ProblemInfo{customer_erased, "customer_erased", 409, "The customer's data was erased", "Nothing more is taken about this person, from the moment on at which the erasure is asked for; who buys again does so as a new customer."},
    ProblemInfo{conflict, "conflict", 409, "Somebody else changed it first", "Read it again and repeat the request."},
    ProblemInfo{key_in_flight, "key_in_flight", 409, "A request with this Idempotency-Key is under way", "Repeat the same request a little later to get its answer."},
    ProblemInfo{stale_version, "stale_version", 412, "It changed since you read it", "Read it again and send its new ETag in If-Match."},
    ProblemInfo{precondition_required, "precondition_required", 428, "If-Match is missing", "Read the resource and send its ETag in If-Match (or If-None-Match: * to create it)."},
    ProblemInfo{invalid, "invalid", 422, "A value is out of its range", "Correct the fields named in `errors`."},
    ProblemInfo{unknown_product, "unknown_product", 422, "There is no such product", "Use SKUs from GET /v1/products."},
    ProblemInfo{product_retired, "product_retired", 422, "The product is not sold any more", "Leave it out of the order."},
    ProblemInfo{currency_mismatch, "currency_mismatch", 422, "Currencies differ", "Use one currency for all amounts of an order."},
    ProblemInfo{amount_exceeded, "amount_exceeded", 422, "The amount is more than there is", "Read the payment and ask for at most what is left."},
    ProblemInfo{payment_declined, "payment_declined", 422, "The payment was declined", "Try another means of payment."},
    ProblemInfo{key_reused, "key_reused", 422, "The Idempotency-Key belongs to another request", "Use a fresh key for another body."},
    ProblemInfo{limit_exceeded, "limit_exceeded", 422, "A limit is exceeded", "Stay within the limit named in `detail`."},
    ProblemInfo{card_number, "card_number", 422, "This looks like a card number", "Send the payment provider's token; card numbers must not come here."},
    ProblemInfo{rate_limited, "rate_limited", 429, "Too many requests", "Wait as long as Retry-After says."},
    ProblemInfo{too_many_reservations, "too_many_reservations", 503, "Too many open reservations", "Wait as long as Retry-After says and repeat the request."},
    ProblemInfo{unavailable, "unavailable", 503, "Not now", "Nothing was done; wait as long as Retry-After says and repeat the request."},
    ProblemInfo{outcome_unknown, "outcome_unknown", 503, "The outcome is not known yet", "Repeat the request under the same Idempotency-Key: it is applied at most once."},
    ProblemInfo{pending, "pending", 503, "The view has not got that far", "Wait as long as Retry-After says and ask again with the same Granary-Min-Position."},
    ProblemInfo{disk_full, "disk_full", 503, "No room for new records", "Nothing was done; repeat the request later. An operator has to free disk space."},
    ProblemInfo{halted, "halted", 503, "This part of the log is halted", "An operator has to look at it; other parts go on."},
    ProblemInfo{not_ready, "not_ready", 503, "Not ready to serve", "Wait; `detail` says what is missing."},
    ProblemInfo{internal, "internal", 500, "Something is wrong on our side", "Report the trace_id; a retry under the same Idempotency-Key is safe."},
    ProblemInfo{not_supported, "not_supported", 501, "This server does not do that", "Ask a server that has this role."},
    ProblemInfo{body_too_large, "body_too_large", 413, "The body is too large", "Send at most 64 KiB, 1 MiB for an order."},
    ProblemInfo{target_too_long, "target_too_long", 414, "The request target is too long", "Send at most 8 KiB of path and query."},
    ProblemInfo{header_too_large, "header_too_large", 431, "The header is too large", "Send at most 16 KiB of header."},
    ProblemInfo{too_many_headers, "too_many_headers", 431, "Too many header fields", "Send at most 100 header fields."},
    ProblemInfo{bare_line_feed, "bare_line_feed", 400, "A line ends without CR LF", "End each header line with CR LF."},
    ProblemInfo{bad_request_line, "bad_request_line", 400, "The request line is malformed", "Send METHOD, target and version with one space between."},
    ProblemInfo{unknown_method, "unknown_method", 501, "The method is not implemented", "Use a method that the Allow header of the resource names."},
    ProblemInfo{unsupported_version, "unsupported_version", 505, "The HTTP version is not spoken here", "Use HTTP/1.1."},
    ProblemInfo{bad_target, "bad_target", 400, "The request target is malformed", "Percent-encode the path and the query as RFC 3986 says."},
    ProblemInfo{folded_field, "folded_field", 400, "A header line is folded", "Send each header field on one line."},
    ProblemInfo{bad_field, "bad_field", 400, "A header line is malformed", "Send `name: value` with printable characters."},
    ProblemInfo{repeated_field, "repeated_field", 400, "A header field is repeated", "Send this header field once."},
    ProblemInfo{no_host, "no_host", 400, "Host is missing", "Send a Host header field."},
    ProblemInfo{bad_host, "bad_host", 400, "Host is malformed", "Send `host` or `host:port` as Host."},
    ProblemInfo{unknown_expectation, "unknown_expectation", 417, "The expectation can't be met", "Expect only 100-continue."},
    ProblemInfo{bad_framing, "bad_framing", 400, "The end of the body is ambiguous", "Send a single plain Content-Length, or a single chunked Transfer-Encoding."},
    ProblemInfo{unknown_transfer_coding, "unknown_transfer_coding", 501, "The transfer coding is not understood", "Send the body plain or chunked."},
    ProblemInfo{header_timeout, "header_timeout", 408, "The header did not arrive in time", "Send the header at once."},
    ProblemInfo{body_timeout, "body_timeout", 408, "The body did not arrive in time", "Send the body at once."},
    ProblemInfo{deadline, "deadline", 503, "The answer did not come in time", "Repeat the request; with the same Idempotency-Key it is applied at most once."},
    ProblemInfo{too_many_connections, "too_many_connections", 503, "Too many connections", "Use fewer connections, or come back later."},
};

consteval bool is_in_order() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].code) != i) return false;
    return true;
}
static_assert(is_in_order() && table.size() == static_cast<std::size_t>(too_many_connections) + 1, "one row per code, in the order of ProblemCode");

}  // namespace

std::span<const ProblemInfo> problem_table() { return table; }

const ProblemInfo& info_of(ProblemCode code) {
    const auto index = static_cast<std::size_t>(code);
    GRANARY_CHECK(index < table.size());
    return table[index];
}

std::optional<ProblemCode> parse_problem_code(std::string_view name) {
    const auto* const found = std::ranges::find(table, name, &ProblemInfo::name);
    if (found == table.end()) return std::nullopt;
    return found->code;
}

}  // namespace granary::gateway
