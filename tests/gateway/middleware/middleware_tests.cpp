// The small parts of the edge: keys, tags, cursors, signatures, card numbers, rates, traces, routes.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "gateway/middleware/idempotency.hpp"
#include "gateway/middleware/luhn.hpp"
#include "gateway/middleware/paging.hpp"
#include "gateway/middleware/preconditions.hpp"
#include "gateway/middleware/rate_limit.hpp"
#include "gateway/middleware/router.hpp"
#include "gateway/middleware/signature.hpp"
#include "gateway/middleware/tracing.hpp"

using namespace granary;
using namespace granary::gateway;

TEST_CASE("an Idempotency-Key is bare or quoted printable text") {
    CHECK(parse_idempotency_key("abc") == "abc");
    CHECK(parse_idempotency_key("\"abc\"") == "abc");
    CHECK(parse_idempotency_key("a b/c:1") == "a b/c:1");
    CHECK(parse_idempotency_key(std::string(255, 'k')));
    for (const std::string& bad : {std::string(), std::string("\"\""), std::string(256, 'k'), std::string("a\"b"), std::string("a\\b"), std::string("\xc3\xa9"), std::string("\" a\"")}) CHECK_FALSE(parse_idempotency_key(bad));
}

TEST_CASE("command ids depend on every part of their scope and on the secret") {
    const KeyScope scope{"key_1", "POST", "/v1/orders", "k"};
    const auto id = command_id_of("secret", scope);
    CHECK(id == command_id_of("secret", scope));
    CHECK((id.value.hi >> 12 & 0xF) == 8);
    std::set<Uuid> ids = {id.value};
    ids.insert(command_id_of("other", scope).value);
    ids.insert(command_id_of("secret", {"key_2", "POST", "/v1/orders", "k"}).value);
    ids.insert(command_id_of("secret", {"key_1", "PUT", "/v1/orders", "k"}).value);
    ids.insert(command_id_of("secret", {"key_1", "POST", "/v1/order", "sk"}).value);
    ids.insert(command_id_of("secret", {"key_1", "POST", "/v1/orders", "k2"}).value);
    CHECK(ids.size() == 6);
    CHECK(derive<OrderKind>("secret", id) == derive<OrderKind>("secret", id));
    CHECK(derive<OrderKind>("secret", id).value != derive<CustomerKind>("secret", id).value);
}

TEST_CASE("a key that is under way is noticed until it is left") {
    KeysInFlight keys;
    const CommandId id{{1, 2}};
    CHECK(keys.enter(id) == KeysInFlight::Entry::entered);
    CHECK(keys.enter(id) == KeysInFlight::Entry::under_way);
    keys.leave(id);
    CHECK(keys.enter(id) == KeysInFlight::Entry::entered);
}

namespace {

http::Headers fields(std::initializer_list<std::pair<std::string, std::string>> list) {
    http::Headers headers;
    for (const auto& [name, value] : list) headers.add(name, value);
    return headers;
}

int status_of(const std::expected<Precondition, Problem>& result) { return result ? 200 : info_of(result.error().code).status; }

}  // namespace

TEST_CASE("updates rest on a version") {
    CHECK(update_precondition(fields({{"if-match", "\"7-12\""}}), false)->version == 7);
    CHECK_FALSE(update_precondition(fields({{"if-match", "*"}}), false)->version);
    CHECK(update_precondition(fields({{"if-none-match", "*"}}), true)->version == 0);
    CHECK(status_of(update_precondition({}, true)) == 428);
    CHECK(status_of(update_precondition(fields({{"if-none-match", "*"}}), false)) == 400);
    CHECK(status_of(update_precondition(fields({{"if-match", "W/\"7-12\""}}), false)) == 412);
    CHECK(status_of(update_precondition(fields({{"if-match", "\"elsewhere\""}}), false)) == 412);
    CHECK(status_of(update_precondition(fields({{"if-match", "\"0-1\""}}), false)) == 412);
    CHECK(status_of(update_precondition(fields({{"if-match", "\"7-12\", \"8-1\""}}), false)) == 400);
    CHECK(status_of(update_precondition(fields({{"if-match", "*"}, {"if-none-match", "*"}}), true)) == 400);
    CHECK(version_of_etag(etag_of(3, {99})) == 3);
}

TEST_CASE("If-None-Match compares weakly") {
    CHECK(is_not_modified(fields({{"if-none-match", "\"1-2\""}}), "\"1-2\""));
    CHECK(is_not_modified(fields({{"if-none-match", "\"x\", W/\"1-2\""}}), "\"1-2\""));
    CHECK(is_not_modified(fields({{"if-none-match", "*"}}), "\"1-2\""));
    CHECK_FALSE(is_not_modified(fields({{"if-none-match", "\"1-3\""}}), "\"1-2\""));
    CHECK_FALSE(is_not_modified({}, "\"1-2\""));
}

TEST_CASE("a cursor belongs to its list and can't be made up") {
    const std::string raw("\x00\xff cursor", 9);
    const auto text = sign_cursor("secret", "/v1/orders", raw);
    CHECK(open_cursor("secret", "/v1/orders", text) == raw);
    CHECK_FALSE(open_cursor("secret", "/v1/orders&status=PAID", text));
    CHECK_FALSE(open_cursor("other", "/v1/orders", text));
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(open_cursor("secret", "/v1/orders", changed));
    }
    CHECK_FALSE(open_cursor("secret", "/v1/orders", ""));
}

TEST_CASE("pages take limits from 1 to 100") {
    http::Request request;
    request.target = "/v1/orders";
    CHECK(page_parameters(request, "s", "l")->limit == limits::page_size_default);
    for (const auto& [text, good] : std::initializer_list<std::pair<const char*, bool>>{{"1", true}, {"100", true}, {"0", false}, {"101", false}, {"-1", false}, {"x", false}, {"", false}}) {
        request.query = {{"limit", text}};
        CHECK(page_parameters(request, "s", "l").has_value() == good);
    }
    request.query = {{"status", "a b&c"}, {"limit", "5"}, {"cursor", "old"}};
    CHECK(next_link(request, "new") == "</v1/orders?status=a%20b%26c&limit=5&cursor=new>; rel=\"next\"");
    CHECK(list_name(request) == "/v1/orders&status=a%20b%26c");
}

TEST_CASE("signatures hold for their body, their time and a while") {
    const Time now{1'770'000'000'000'000};
    const auto header = sign_callback("body", "secret", now);
    CHECK(check_signature(header, "body", "secret", now) == SignatureVerdict::good);
    CHECK(check_signature(header, "body", "secret", now + limits::callback_window) == SignatureVerdict::good);
    CHECK(check_signature(header, "body", "secret", now + limits::callback_window + seconds(1)) == SignatureVerdict::outside_window);
    CHECK(check_signature(header, "body", "secret", now - limits::callback_window - seconds(1)) == SignatureVerdict::outside_window);
    CHECK(check_signature(header, "bodY", "secret", now) == SignatureVerdict::wrong);
    CHECK(check_signature(header, "body", "other", now) == SignatureVerdict::wrong);
    CHECK(check_signature("", "body", "secret", now) == SignatureVerdict::missing);
    CHECK(check_signature("v1=00", "body", "secret", now) == SignatureVerdict::malformed);
    CHECK(check_signature("t=abc,v1=00", "body", "secret", now) == SignatureVerdict::malformed);
    auto moved = header;
    moved[3] = moved[3] == '8' ? '9' : '8';
    CHECK(check_signature(moved, "body", "secret", now) == SignatureVerdict::wrong);
    CHECK(check_signature(header.substr(0, header.find(',')) + ",v1=00," + header.substr(header.find(',') + 1), "body", "secret", now) == SignatureVerdict::good);
}

TEST_CASE("card numbers are found however they are written, ids and other numbers are not") {
    for (const char* text : {"4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "card 4242424242424242 please", "tok_4242424242424242", "378282246310005", "6304000000000000000"}) CHECK(holds_card_number(text));
    for (const char* text : {"4242424242424241", "tok_accept", "2026-03-01T09:30:00Z", "123456789012", "42424242424242424242", "ord_0195500000007000800000000000000b", "evt_9f4242424242424242ab", ""}) CHECK_FALSE(holds_card_number(text));
    const auto found = [](std::string body) {
        const auto document = JsonDocument::parse(body);
        REQUIRE(document);
        return find_card_number(document->root());
    };
    CHECK(found(R"({"a":{"b":["x","4242424242424242"]}})").pointer == "/a/b/1");
    CHECK(found(R"({"a":4242424242424242})").pointer == "/a");
    CHECK(found(R"({"4242424242424242":1})").found);
    CHECK(found(R"({"4242424242424242":1})").pointer.empty());
    CHECK_FALSE(found(R"({"a":"fine","n":12})").found);
}

TEST_CASE("a bucket empties, refuses, and fills again") {
    RateLimiter limiter({10, 20});
    const ApiKeyId key{{1, 1}}, other{{2, 2}};
    const Duration start = seconds(1000);
    for (int i = 0; i < 20; ++i) CHECK(limiter.take(key, start).allowed);
    const auto refused = limiter.take(key, start);
    CHECK_FALSE(refused.allowed);
    CHECK(refused.retry_after == milliseconds(100));
    CHECK(limiter.take(other, start).remaining == 19);
    const auto later = limiter.take(key, {start.us + 100'000});
    CHECK(later.allowed);
    CHECK(later.remaining == 0);
    CHECK(limiter.take(key, {start.us + 3'000'000}).remaining == 19);
    http::Headers headers;
    limiter.write(refused, headers);
    CHECK(*headers.find("ratelimit-policy") == "\"default\";q=10;w=1");
    CHECK(*headers.find("ratelimit") == "\"default\";r=0;t=1");
    CHECK_FALSE(RateLimiter({0, 0}).is_on());
}

TEST_CASE("traces go on, and malformed ones are not believed") {
    const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const auto trace = parse_traceparent(good);
    REQUIRE(trace);
    const auto out = traceparent_of(*trace, {1, 2});
    CHECK(out == "00-0af7651916cd43dd8448eb211c80319c-0000000000000002-01");
    CHECK(parse_traceparent(out));
    CHECK(parse_traceparent("cc" + good.substr(2) + "-more"));
    for (const std::string& bad : std::initializer_list<std::string>{std::string(), good.substr(1), good + "-more", "ff" + good.substr(2), "00-" + std::string(32, '0') + good.substr(35), good.substr(0, 36) + std::string(16, '0') + "-01",
                            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
        CHECK_FALSE(parse_traceparent(bad));
    CHECK(new_trace({}).trace_id != std::string(32, '0'));
}

namespace {

void nothing(const std::shared_ptr<Call>&) {}
constexpr Route small_table[] = {
    {http::Method::get, "/a/{id}", "getA", Permission::catalog_read, Audit::unrecorded, nothing, ""},
    {http::Method::get, "/a/me", "getMe", Permission::catalog_read, Audit::unrecorded, nothing, ""},
    {http::Method::post, "/a", "makeA", Permission::catalog_write, Audit::by_event, nothing, "", 201, "", "", BodyKind::json, Key::needed, "", 4096},
};

}  // namespace

TEST_CASE("routes are found by method and segments, literal ones first") {
    const Router router(small_table);
    CHECK(router.find(http::Method::get, {"a", "x"}).route->operation == "getA");
    CHECK(router.find(http::Method::get, {"a", "me"}).route->operation == "getMe");
    CHECK(router.find(http::Method::head, {"a", "x/y"}).route->operation == "getA");
    CHECK(router.find(http::Method::post, {"a"}).route->operation == "makeA");
    const auto wrong = router.find(http::Method::del, {"a", "x"});
    CHECK(wrong.route == nullptr);
    CHECK(wrong.allow == "GET, HEAD, OPTIONS");
    CHECK(router.find(http::Method::get, {"a", ""}).allow.empty());
    CHECK(router.find(http::Method::get, {}).allow.empty());
    CHECK(router.find(http::Method::get, std::vector<std::string>(50, "a")).allow.empty());
    CHECK(router.body_limit(http::Method::post, "/a") == 4096);
    CHECK(router.body_limit(http::Method::post, "/b") == limits::http_body_bytes_max);
}

TEST_CASE("every refusal, fault and outcome has its status") {
    const auto status = [](auto code) { return info_of(code_for(code)).status; };
    const std::pair<RefusalCode, int> refusals[] = {
        {RefusalCode::none, 500}, {RefusalCode::invalid, 422}, {RefusalCode::not_found, 404}, {RefusalCode::already_exists, 409}, {RefusalCode::illegal_transition, 409},
        {RefusalCode::stale_version, 412}, {RefusalCode::out_of_stock, 409}, {RefusalCode::too_many_reservations, 503}, {RefusalCode::reservation_closed, 409},
        {RefusalCode::product_retired, 422}, {RefusalCode::currency_mismatch, 422}, {RefusalCode::amount_exceeded, 422}, {RefusalCode::payment_declined, 422},
        {RefusalCode::key_reused, 422}, {RefusalCode::limit_exceeded, 422}, {RefusalCode::customer_erased, 409}};
    for (const auto& [code, expected] : refusals) {
        CHECK(status(code) == expected);
        if (code != RefusalCode::none) CHECK(info_of(code_for(code)).name == name_of(code));
    }
    const std::pair<FaultCode, int> faults[] = {{FaultCode::invalid_argument, 500}, {FaultCode::not_found, 404}, {FaultCode::corrupt, 500}, {FaultCode::halted, 503}, {FaultCode::unavailable, 503},
        {FaultCode::timed_out, 503}, {FaultCode::disk_full, 503}, {FaultCode::io_error, 500}, {FaultCode::conflict, 409}, {FaultCode::unsupported, 501}};
    for (const auto& [code, expected] : faults) CHECK(status(code) == expected);
    using ports::CommandOutcome;
    for (const auto outcome : {CommandOutcome::accepted, CommandOutcome::replayed, CommandOutcome::unchanged}) CHECK_FALSE(problem_for(ports::CommandAnswer{.outcome = outcome}));
    CHECK(problem_for(ports::CommandAnswer{.outcome = CommandOutcome::unavailable})->code == ProblemCode::unavailable);
    CHECK(problem_for(ports::CommandAnswer{.outcome = CommandOutcome::unavailable, .fault = {FaultCode::disk_full, ""}})->code == ProblemCode::disk_full);
    CHECK(problem_for(ports::CommandAnswer{.outcome = CommandOutcome::unknown})->code == ProblemCode::outcome_unknown);
}

TEST_CASE("problems say all that RFC 9457 and the API want, and nothing of a fault's inside") {
    const auto response = problem_response({.code = ProblemCode::invalid, .detail = "a \"b\"", .errors = {{"/x", "y"}}}, "/v1/orders", "t1");
    CHECK(response.status == 422);
    CHECK(*response.headers.find("content-type") == "application/problem+json");
    CHECK(response.body == R"({"type":"/problems/invalid","title":"A value is out of its range","status":422,"detail":"a \"b\"","instance":"/v1/orders","code":"invalid","trace_id":"t1","errors":[{"pointer":"/x","detail":"y"}]})");
    CHECK(*problem_response({.code = ProblemCode::unavailable}, {}, {}).headers.find("retry-after") == "1");
    CHECK(*problem_response({.code = ProblemCode::rate_limited, .retry_after = milliseconds(2500)}, {}, {}).headers.find("retry-after") == "3");
    CHECK(problem_response({.code = ProblemCode::unauthenticated}, {}, {}).headers.find("www-authenticate") != nullptr);
    CHECK_FALSE(problem_response(problem_for(Fault{FaultCode::io_error, "/data/secret"}), {}, {}).body.contains("secret"));
    CHECK(server_problem(413, "body_too_large", "x").status == 413);
}

TEST_CASE("a view that is not there yet is pending, with what it says of itself; other faults of a view keep theirs inside") {
    const auto pending = problem_for_view(Fault{FaultCode::unavailable, "the view orders is being built: 4 of 9 records"});
    CHECK(pending.code == ProblemCode::pending);
    CHECK(pending.detail == "the view orders is being built: 4 of 9 records");
    CHECK(pending.retry_after >= seconds(1));
    const auto damaged = problem_for_view(Fault{FaultCode::corrupt, "a file"});
    CHECK(damaged.code == code_for(FaultCode::corrupt));
    CHECK(damaged.detail.empty());
}

TEST_CASE("docs/problems.md lists every code with its status") {
    std::ifstream file(std::string(GRANARY_SOURCE_DIR) + "/docs/problems.md");
    std::ostringstream text;
    text << file.rdbuf();
    std::set<std::string_view> names;
    for (const auto& info : problem_table()) {
        const std::string row = "| `" + std::string(info.name) + "` | " + std::to_string(info.status) + " | " + std::string(info.title) + " | " + std::string(info.remedy) + " |";
        CHECK_MESSAGE(text.str().contains(row), "add this row: " << row);
        CHECK(names.insert(info.name).second);
    }
}
