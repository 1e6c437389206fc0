// Fuzzes the small texts that clients send in headers, paths and queries: cursors, tags, positions, times, signatures, traces.
// Input: one byte that says which, then the text. What is read and written again is read as the same.
#include <string>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "core/http1.hpp"
#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/money.hpp"
#include "core/names.hpp"
#include "core/position.hpp"
#include "core/time.hpp"
#include "gateway/http/target.hpp"
#include "gateway/middleware/idempotency.hpp"
#include "gateway/middleware/paging.hpp"
#include "gateway/middleware/preconditions.hpp"
#include "gateway/middleware/signature.hpp"
#include "gateway/middleware/tracing.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace granary;
using namespace granary::gateway;

constexpr std::string_view secret = "a secret of this log";

void read_cursor(std::string_view text) {
    const auto cursor = open_cursor(secret, "/v1/orders", text);
    // Nobody makes one without the secret, and there is one spelling of each.
    if (cursor) GRANARY_CHECK(sign_cursor(secret, "/v1/orders", *cursor) == text);
    if (text.size() > cursor_bytes_max) return;
    const auto ours = sign_cursor(secret, "/v1/orders", text);
    GRANARY_CHECK(open_cursor(secret, "/v1/orders", ours) == std::string(text));
    GRANARY_CHECK(!open_cursor(secret, "/v1/stock", ours));
}

void read_number(std::string_view text) {
    if (const auto value = parse_ten_thousandths(text)) {
        GRANARY_CHECK(parse_ten_thousandths(decimal_text_of({*value, currency("GBP")})) == value);
    }
    if (const auto position = parse_position(text)) GRANARY_CHECK(parse_position(text_of(*position)) == position);
    (void)http1::parse_length(text);
    (void)parse_currency(text);
}

void read_time(std::string_view text) {
    const auto time = parse_rfc3339(text);
    if (time) GRANARY_CHECK(parse_rfc3339(rfc3339_of(*time)) == time);
}

void read_name(std::string_view text) {
    if (const auto id = parse_id<OrderKind>(text)) GRANARY_CHECK(text_of(*id) == text);
    if (const auto sku = Sku::parse(text)) GRANARY_CHECK(sku->view() == text);
    const auto key = parse_idempotency_key(text);
    if (key) GRANARY_CHECK(!key->empty() && key->size() <= limits::idempotency_key_bytes_max);
}

void read_header(std::string_view text) {
    if (const auto version = version_of_etag(text)) GRANARY_CHECK(version_of_etag(etag_of(*version, {1})) == version);
    http::Headers headers;
    headers.add("if-match", std::string(text));
    headers.add("if-none-match", std::string(text));
    (void)update_precondition(headers, true);
    (void)is_not_modified(headers, etag_of(3, {4}));
    (void)http1::parse_field_line(text);
}

void read_trace(std::string_view text) {
    const auto trace = parse_traceparent(text);
    if (!trace) return;
    const auto ours = parse_traceparent(traceparent_of(*trace, Uuid{1, 2}));
    GRANARY_CHECK(ours && ours->trace_id == trace->trace_id);
}

void read_signature(std::string_view text) {
    const Time now{1'700'000'000'000'000};
    // Nobody signs without the secret.
    GRANARY_CHECK(check_signature(text, "a body", secret, now) != SignatureVerdict::good || text == sign_callback("a body", secret, now));
}

void read_target(std::string_view text) {
    if (const auto path = http::parse_path(text)) {
        std::string again;
        for (const auto& segment : *path) {
            GRANARY_CHECK(http1::is_utf8(segment) && segment != "." && segment != "..");
            again += "/" + percent_encoded(segment);
        }
        GRANARY_CHECK(http::parse_path(again.empty() ? "/" : again) == path);
    }
    if (const auto query = http::parse_query(text)) {
        for (const auto& parameter : *query) GRANARY_CHECK(http1::is_utf8(parameter.name) && http1::is_utf8(parameter.value));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    granary::fuzz::Input input(data, size);
    switch (input.byte() % 8) {
        case 0: read_cursor(input.rest()); break;
        case 1: read_number(input.rest()); break;
        case 2: read_time(input.rest()); break;
        case 3: read_name(input.rest()); break;
        case 4: read_header(input.rest()); break;
        case 5: read_trace(input.rest()); break;
        case 6: read_signature(input.rest()); break;
        default: read_target(input.rest()); break;
    }
    return 0;
}
