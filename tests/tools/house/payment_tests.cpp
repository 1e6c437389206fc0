// The payment provider port over HTTP against the house: every test token, idempotency, tombstones and lost answers.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/tools/house/house_fixture.hpp"

using namespace granary;
using namespace granary::tests;
using ports::ProviderStatus;

namespace {

struct Provider : World {
    std::unique_ptr<house::PaymentHouse> house = payment_house();
    std::unique_ptr<ports::PaymentProvider> port = provider(*house);
};

void check_status(const Paid& answer, ProviderStatus status) {
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().message));
    CHECK(answer->status == status);
}

void check_declined(const Paid& answer, const std::string& reason) {
    check_status(answer, ProviderStatus::declined);
    CHECK(answer->reason == reason);
}

void check_fault(const Paid& answer, FaultCode code) {
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == code);
}

}  // namespace

TEST_CASE("a payment is authorized, captured and refunded, and the book says so") {
    Provider p;
    const Paid authorized = authorize(*p.port, payment(1), "tok_accept");
    check_status(authorized, ProviderStatus::authorized);
    CHECK(authorized->amount == Money{1999, currency("GBP")});
    CHECK_FALSE(authorized->reference.empty());
    check_status(find(*p.port, payment(1)), ProviderStatus::authorized);
    check_status(capture(*p.port, payment(1)), ProviderStatus::captured);
    check_status(find(*p.port, payment(1)), ProviderStatus::captured);
    check_status(refund(*p.port, payment(1), refund_id(1), 500), ProviderStatus::refunded);
    const Paid found = find_refund(*p.port, payment(1), refund_id(1));
    check_status(found, ProviderStatus::refunded);
    CHECK(found->amount.minor == 500);
    const auto book = p.get(p.house->url() + "/book").body;
    CHECK(book.find(R"("refunded":{"amount":500,"currency":"GBP"})") != std::string::npos);
    CHECK(book.find(R"("next_cursor":null)") != std::string::npos);
}

TEST_CASE("what was never heard of is an unknown key") {
    Provider p;
    check_status(find(*p.port, payment(1)), ProviderStatus::unknown_key);
    check_status(capture(*p.port, payment(1)), ProviderStatus::unknown_key);
    check_status(refund(*p.port, payment(1), refund_id(1), 5), ProviderStatus::unknown_key);
    check_status(find_refund(*p.port, payment(1), refund_id(1)), ProviderStatus::unknown_key);
}

TEST_CASE("tokens that decline say why, with a suffix or without") {
    Provider p;
    check_declined(authorize(*p.port, payment(1), "tok_decline"), "card_declined");
    check_declined(authorize(*p.port, payment(2), "tok_decline:17"), "card_declined");
    check_declined(authorize(*p.port, payment(3), "tok_of_nobody"), "invalid_token");
    check_declined(find(*p.port, payment(1)), "card_declined");
    check_status(authorize(*p.port, payment(4), "tok_accept:1"), ProviderStatus::authorized);
}

TEST_CASE("a repeated request gives the first answer and has no second effect") {
    Provider p;
    const Paid first = authorize(*p.port, payment(1), "tok_accept");
    const Paid again = authorize(*p.port, payment(1), "tok_accept");
    REQUIRE(first.has_value());
    check_status(again, ProviderStatus::authorized);
    CHECK(again->reference == first->reference);
    check_status(capture(*p.port, payment(1)), ProviderStatus::captured);
    check_status(capture(*p.port, payment(1)), ProviderStatus::captured);
    for (int i = 0; i < 3; ++i) check_status(refund(*p.port, payment(1), refund_id(1), 1500), ProviderStatus::refunded);
    check_declined(refund(*p.port, payment(1), refund_id(2), 500), "exceeds_captured");
    check_declined(refund(*p.port, payment(1), refund_id(2), 500), "exceeds_captured");
    check_declined(find_refund(*p.port, payment(1), refund_id(2)), "exceeds_captured");
}

TEST_CASE("a key that is used for something else is no success") {
    Provider p;
    check_status(authorize(*p.port, payment(1), "tok_accept", 100), ProviderStatus::authorized);
    check_fault(authorize(*p.port, payment(1), "tok_accept", 200), FaultCode::timed_out);
    check_declined(capture(*p.port, payment(1), 99), "wrong_amount");
    check_status(find(*p.port, payment(1)), ProviderStatus::authorized);
    check_status(capture(*p.port, payment(1), 100), ProviderStatus::captured);
    check_status(refund(*p.port, payment(1), refund_id(1), 10), ProviderStatus::refunded);
    check_fault(refund(*p.port, payment(1), refund_id(1), 11), FaultCode::timed_out);
}

TEST_CASE("a void frees the money, and one that comes first refuses the authorization that comes late") {
    Provider p;
    check_status(authorize(*p.port, payment(1), "tok_accept"), ProviderStatus::authorized);
    check_status(cancel(*p.port, payment(1)), ProviderStatus::voided);
    check_status(cancel(*p.port, payment(1)), ProviderStatus::voided);
    check_status(capture(*p.port, payment(1)), ProviderStatus::voided);
    check_status(authorize(*p.port, payment(1), "tok_accept"), ProviderStatus::voided);
    check_status(cancel(*p.port, payment(2)), ProviderStatus::voided);
    check_status(authorize(*p.port, payment(2), "tok_accept"), ProviderStatus::voided);
    check_status(find(*p.port, payment(2)), ProviderStatus::voided);
}

TEST_CASE("a void of a captured payment does nothing and says captured; of a declined one, declined") {
    Provider p;
    REQUIRE(authorize(*p.port, payment(1), "tok_accept").has_value());
    REQUIRE(capture(*p.port, payment(1)).has_value());
    check_status(cancel(*p.port, payment(1)), ProviderStatus::captured);
    check_status(find(*p.port, payment(1)), ProviderStatus::captured);
    REQUIRE(authorize(*p.port, payment(2), "tok_decline").has_value());
    check_status(cancel(*p.port, payment(2)), ProviderStatus::declined);
}

TEST_CASE("a refund of what was not captured is declined and remembered") {
    Provider p;
    REQUIRE(authorize(*p.port, payment(1), "tok_accept").has_value());
    check_declined(refund(*p.port, payment(1), refund_id(1), 5), "not_captured");
    REQUIRE(capture(*p.port, payment(1)).has_value());
    check_declined(refund(*p.port, payment(1), refund_id(1), 5), "not_captured");
}

TEST_CASE("an answer that got lost is an unknown outcome, and asking tells the truth") {
    Provider p;
    check_fault(authorize(*p.port, payment(1), "tok_lost_answer"), FaultCode::timed_out);
    check_status(find(*p.port, payment(1)), ProviderStatus::authorized);
    check_status(capture(*p.port, payment(1)), ProviderStatus::captured);
}

TEST_CASE("a request that is never answered is an unknown outcome, and did nothing") {
    Provider p;
    const auto hasty = p.provider(*p.house, milliseconds(50));
    check_fault(authorize(*hasty, payment(1), "tok_timeout"), FaultCode::timed_out);
    check_status(find(*p.port, payment(1)), ProviderStatus::unknown_key);
}

TEST_CASE("a flaky provider fails twice and then accepts") {
    Provider p;
    for (int i = 0; i < 2; ++i) {
        check_fault(authorize(*p.port, payment(1), "tok_flaky"), FaultCode::timed_out);
        check_status(find(*p.port, payment(1)), ProviderStatus::unknown_key);
    }
    check_status(authorize(*p.port, payment(1), "tok_flaky"), ProviderStatus::authorized);
}

TEST_CASE("a capture can be refused, and the authorization can still be voided") {
    Provider p;
    check_status(authorize(*p.port, payment(1), "tok_capture_declined"), ProviderStatus::authorized);
    check_declined(capture(*p.port, payment(1)), "capture_declined");
    check_status(cancel(*p.port, payment(1)), ProviderStatus::voided);
}

TEST_CASE("a slow answer comes all the same") {
    Provider p;
    check_status(authorize(*p.port, payment(1), "tok_slow"), ProviderStatus::authorized);
}

TEST_CASE("a late decision is unknown until it is made, then told by callback and by asking") {
    Provider p;
    check_fault(authorize(*p.port, payment(1), "tok_late"), FaultCode::timed_out);
    check_fault(authorize(*p.port, payment(2), "tok_decline_late"), FaultCode::timed_out);
    const auto callbacks = p.receiver.wait_for(2);
    std::set<std::string> types;
    for (const auto& callback : callbacks) types.insert(callback.type);
    CHECK(types == std::set<std::string>{"payment.authorized", "payment.declined"});
    check_status(find(*p.port, payment(1)), ProviderStatus::authorized);
    check_declined(find(*p.port, payment(2)), "card_declined");
}

TEST_CASE("a provider that is not there did certainly nothing") {
    World world;
    std::string url;
    {
        const auto house = world.payment_house();
        url = house->url();
    }
    const auto port = house_payments::make_payment_provider(*world.client, {.base_url = url, .deadline = seconds(20)});
    check_fault(authorize(*port, payment(1), "tok_accept"), FaultCode::unavailable);
}

TEST_CASE("a book that can't be written makes the outcome unknown, and nothing of it is told or kept") {
    Provider p;
    p.store.fail_writes(1);
    check_fault(authorize(*p.port, payment(1), "tok_accept"), FaultCode::timed_out);
    check_status(find(*p.port, payment(1)), ProviderStatus::unknown_key);
    check_status(authorize(*p.port, payment(1), "tok_accept"), ProviderStatus::authorized);
    p.receiver.wait_for(1);
    CHECK(p.receiver.accepted().size() == 1);
}

TEST_CASE("a body that is not understood is refused without effect") {
    Provider p;
    for (const std::string body : {"", "{}", "[]", R"({"payment_id":"pay_1"})", R"({"payment_id":1,"token":"tok_accept"})"}) {
        const auto reply = send_and_wait(*p.client, {.method = "POST", .url = p.house->url() + "/authorizations", .headers = {}, .body = body});
        REQUIRE(reply.has_value());
        CHECK(reply->status == 400);
    }
    CHECK(p.get(p.house->url() + "/book").body.starts_with(R"({"data":[])"));
    CHECK(p.get(p.house->url() + "/health").status == 200);
}
