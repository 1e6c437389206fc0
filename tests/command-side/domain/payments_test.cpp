// A payment hears its provider late, twice and in any order, and its book stays right.
#include "command-side/domain/payments.hpp"

#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::payments;

namespace {

using Payments = scenario::Scenario<PaymentStateT, Event, Command>;
constexpr Currency gbp = currency("GBP");
const Money whole{2530, gbp};

template <class Message>
Message about() {
    Message m;
    m.payment_id = PaymentId{{7, 7}};
    m.order_id = OrderId{{5, 6}};
    if constexpr (requires { m.amount; }) m.amount = whole;
    if constexpr (requires { m.refund_id; }) m.refund_id = RefundId{{1, 1}};
    if constexpr (requires { m.reason; }) m.reason = "because";
    if constexpr (requires { m.token; }) m.token = "tok_visa";
    return m;
}
RequestRefundT refund(std::int64_t minor, std::uint64_t id = 1) {
    auto c = about<RequestRefundT>();
    c.amount.minor = minor;
    c.refund_id = RefundId{{1, id}};
    return c;
}
template <class Message>
Message of_refund(std::uint64_t id) {
    auto m = about<Message>();
    m.refund_id = RefundId{{1, id}};
    return m;
}

const auto start = about<StartPaymentT>;
const auto authorized = about<RecordAuthorizedT>;
const auto declined = about<RecordDeclinedT>;
const auto capture = about<RequestCaptureT>;
const auto captured = about<RecordCapturedT>;
const auto capture_failed = about<RecordCaptureFailedT>;
const auto give_up = about<RequestVoidT>;
const auto voided = about<RecordVoidedT>;
const auto fail = about<FailPaymentT>;

Payments capturing() { return Payments().after({start(), authorized(), capture()}); }
Payments paid() { return capturing().after({captured()}); }

}  // namespace

TEST_CASE("start: right event; the same again is nothing; another one under the id is refused") {
    Payments().when(start()).then({about<PaymentStartedT>()}).when(start()).nothing_happens();
    auto c = start();
    c.amount.minor = 1;
    Payments().after({start()}).when(c).refused(RefusalCode::already_exists, "/payment_id");
    c = start();
    c.order_id = OrderId{{1, 1}};
    Payments().after({start()}).when(c).refused(RefusalCode::already_exists, "/payment_id");
}

TEST_CASE("start refuses by precedence, and never takes a card number") {
    auto c = start();
    c.token = "4242-4242-4242-4242";
    Payments().when(c).refused(RefusalCode::invalid, "/token");
    c.token.assign(limits::payment_token_bytes_max + 1, 't');
    Payments().when(c).refused(RefusalCode::limit_exceeded, "/token");
    c.token.clear();
    Payments().when(c).refused(RefusalCode::invalid, "/token");
    c.method = 5;
    Payments().when(c).refused(RefusalCode::invalid, "/method");
    c.amount.minor = limits::order_total_ten_thousandths_max / 100 + 1;
    Payments().when(c).refused(RefusalCode::limit_exceeded, "/amount");
    c.amount.minor = -1;
    Payments().when(c).refused(RefusalCode::invalid, "/amount");
    c.amount = {1, currency("QQQ")};
    Payments().when(c).refused(RefusalCode::invalid, "/amount");
    c.order_id = {};
    Payments().when(c).refused(RefusalCode::invalid, "/order_id");
    c.payment_id = {};
    Payments().when(c).refused(RefusalCode::invalid, "/payment_id");
}

TEST_CASE("whatever is not a payment of that order is not found, and that comes after the fields") {
    Payments().when(authorized()).refused(RefusalCode::not_found, "/payment_id");
    Payments().when(refund(5)).refused(RefusalCode::not_found, "/payment_id");
    auto c = capture();
    c.order_id = OrderId{{1, 1}};
    Payments().after({start(), authorized()}).when(c).refused(RefusalCode::not_found, "/payment_id");
    auto d = declined();
    d.reason.clear();
    Payments().when(d).refused(RefusalCode::invalid, "/reason");
}

TEST_CASE("the plain way: authorize, capture, captured, each once") {
    Payments().after({start()})
        .when(authorized()).then({about<PaymentAuthorizedT>()})
        .when(authorized()).nothing_happens()
        .when(capture()).then({about<CaptureRequestedT>()})
        .when(capture()).nothing_happens()
        .when(authorized()).nothing_happens()
        .when(captured()).then({about<PaymentCapturedT>()})
        .when(captured()).nothing_happens()
        .when(capture()).nothing_happens()
        .when(authorized()).nothing_happens();
}

TEST_CASE("answers about another amount than the payment's are refused") {
    auto more = authorized();
    more.amount.minor = 2531;
    Payments().after({start()}).when(more).refused(RefusalCode::amount_exceeded, "/amount");
    auto less = captured();
    less.amount.minor = 2529;
    capturing().when(less).refused(RefusalCode::invalid, "/amount");
    auto foreign = captured();
    foreign.amount.currency = currency("EUR");
    capturing().when(foreign).refused(RefusalCode::currency_mismatch, "/amount");
}

TEST_CASE("a decline ends the payment, once; of authorized money it contradicts the book") {
    Payments().after({start()}).when(declined()).then({about<PaymentDeclinedT>()}).when(declined()).nothing_happens().when(authorized()).refused(RefusalCode::illegal_transition, "");
    Payments().after({start(), authorized()}).when(declined()).refused(RefusalCode::illegal_transition, "");
    paid().when(declined()).refused(RefusalCode::illegal_transition, "");
    Payments().after({start(), give_up()}).when(declined()).nothing_happens();
}

TEST_CASE("only what is authorized is captured") {
    Payments().after({start()}).when(capture()).refused(RefusalCode::illegal_transition, "").when(captured()).refused(RefusalCode::illegal_transition, "");
    Payments().after({start(), declined()}).when(capture()).refused(RefusalCode::illegal_transition, "").when(captured()).refused(RefusalCode::illegal_transition, "");
    Payments().after({start(), give_up()}).when(capture()).refused(RefusalCode::illegal_transition, "");
    Payments().after({start(), give_up(), voided()}).when(captured()).refused(RefusalCode::illegal_transition, "");
}

TEST_CASE("a failed capture can be tried again; a capture that worked after all is booked") {
    capturing().when(capture_failed()).then({about<CaptureFailedT>()}).when(capture_failed()).nothing_happens().when(capture()).then({about<CaptureRequestedT>()});
    capturing().after({capture_failed()}).when(captured()).then({about<PaymentCapturedT>()});
    capturing().after({capture_failed(), give_up()}).when(captured()).then({about<PaymentCapturedT>()}).when(voided()).refused(RefusalCode::illegal_transition, "");
    paid().when(capture_failed()).nothing_happens();
    Payments().after({start()}).when(capture_failed()).refused(RefusalCode::illegal_transition, "");
}

TEST_CASE("void: whether the authorization is known or not; what comes later is covered by it") {
    Payments().after({start()})
        .when(give_up()).then({about<VoidRequestedT>()})
        .when(give_up()).nothing_happens()
        .when(authorized()).nothing_happens()
        .when(voided()).then({about<PaymentVoidedT>()})
        .when(voided()).nothing_happens()
        .when(authorized()).nothing_happens()
        .when(declined()).nothing_happens();
    Payments().after({start(), authorized()}).when(give_up()).then({about<VoidRequestedT>()});
    Payments().after({start(), authorized()}).when(voided()).then({about<PaymentVoidedT>()});
    Payments().after({start(), declined()}).when(give_up()).nothing_happens().when(voided()).nothing_happens();
}

TEST_CASE("captured money is never voided, and neither is money whose capture is under way") {
    capturing().when(give_up()).refused(RefusalCode::illegal_transition, "").when(voided()).refused(RefusalCode::illegal_transition, "");
    paid().when(give_up()).refused(RefusalCode::illegal_transition, "").when(voided()).refused(RefusalCode::illegal_transition, "");
}

TEST_CASE("a payment that came to nothing is failed once; one that holds money can't be") {
    Payments().after({start()}).when(fail()).then({about<PaymentFailedT>()}).when(fail()).nothing_happens().when(authorized()).nothing_happens().when(give_up()).nothing_happens();
    Payments().after({start(), give_up()}).when(fail()).then({about<PaymentFailedT>()});
    Payments().after({start(), declined()}).when(fail()).nothing_happens();
    Payments().after({start(), authorized()}).when(fail()).refused(RefusalCode::illegal_transition, "");
    capturing().when(fail()).refused(RefusalCode::illegal_transition, "");
    paid().when(fail()).refused(RefusalCode::illegal_transition, "");
}

TEST_CASE("refunds: whole or in parts, never more than is left") {
    auto first = about<RefundRequestedT>();
    first.amount.minor = 2000;
    auto scenario = paid();
    scenario.when(refund(2000)).then({first}).when(refund(2000)).nothing_happens();
    CHECK(scenario.state().status == PaymentStatus::refunding);
    scenario.when(refund(531, 2)).refused(RefusalCode::amount_exceeded, "/amount");
    scenario.when(refund(1999)).refused(RefusalCode::already_exists, "/refund_id");
    auto done = about<PaymentRefundedT>();
    done.amount.minor = 2000;
    scenario.when(of_refund<RecordRefundedT>(1)).then({done}).when(of_refund<RecordRefundedT>(1)).nothing_happens();
    CHECK(scenario.state().status == PaymentStatus::partially_refunded);
    CHECK(scenario.state().refunded == Money{2000, gbp});
    scenario.when(refund(531, 2)).refused(RefusalCode::amount_exceeded, "/amount");
    scenario.after({refund(530, 2), of_refund<RecordRefundedT>(2)});
    CHECK(scenario.state().status == PaymentStatus::refunded);
    scenario.when(refund(1, 3)).refused(RefusalCode::amount_exceeded, "/amount");
}

TEST_CASE("a refund that is asked for again after it was paid is not paid twice") {
    paid().after({refund(1000), of_refund<RecordRefundedT>(1)}).when(refund(1000)).nothing_happens().when(refund(999)).refused(RefusalCode::already_exists, "/refund_id");
}

TEST_CASE("a refund that failed gives its amount free again, under another id") {
    auto scenario = paid();
    scenario.after({refund(2530)}).when(of_refund<RecordRefundFailedT>(1)).then({about<RefundFailedT>()}).when(of_refund<RecordRefundFailedT>(1)).nothing_happens();
    CHECK(scenario.state().status == PaymentStatus::captured);
    scenario.when(refund(2530)).refused(RefusalCode::already_exists, "/refund_id");
    scenario.when(of_refund<RecordRefundedT>(1)).refused(RefusalCode::illegal_transition, "");
    scenario.after({refund(2530, 2), of_refund<RecordRefundedT>(2)}).when(of_refund<RecordRefundFailedT>(2)).refused(RefusalCode::illegal_transition, "");
    CHECK(scenario.state().status == PaymentStatus::refunded);
}

TEST_CASE("refund refuses by precedence: fields, payment, currency, status, refund, amount, number") {
    paid().when(refund(0)).refused(RefusalCode::invalid, "/amount");
    paid().when(refund(-5)).refused(RefusalCode::invalid, "/amount");
    paid().when(of_refund<RecordRefundedT>(9)).refused(RefusalCode::not_found, "/refund_id");
    paid().when(of_refund<RecordRefundFailedT>(9)).refused(RefusalCode::not_found, "/refund_id");
    capturing().when(refund(5)).refused(RefusalCode::illegal_transition, "");
    auto foreign = refund(5);
    foreign.amount.currency = currency("EUR");
    capturing().when(foreign).refused(RefusalCode::currency_mismatch, "/amount");
    foreign.refund_id = {};
    capturing().when(foreign).refused(RefusalCode::invalid, "/refund_id");
    auto many = paid();
    for (std::uint64_t i = 1; i <= limits::refunds_per_payment_max; ++i) many.after({refund(1, i)});
    many.when(refund(1, 9999)).refused(RefusalCode::limit_exceeded, "");
    many.when(refund(2530, 9999)).refused(RefusalCode::amount_exceeded, "/amount");
}

TEST_CASE("events that can't have happened are told apart before they are folded") {
    const auto why = [](const Payments& scenario, const Event& event) {
        const char* reason = contradiction(scenario.state(), event);
        return std::string(reason == nullptr ? "" : reason);
    };
    auto capture_of = [](std::int64_t minor) {
        auto e = about<PaymentCapturedT>();
        e.amount.minor = minor;
        return e;
    };
    auto refund_of = [](std::int64_t minor) {
        auto e = about<PaymentRefundedT>();
        e.amount.minor = minor;
        return e;
    };
    auto nothing_due = about<PaymentStartedT>();
    nothing_due.amount.minor = -1;
    CHECK(why(Payments(), nothing_due) == "starts a payment of less than nothing");
    CHECK(why(capturing(), capture_of(whole.minor)).empty());
    CHECK(why(capturing(), capture_of(whole.minor + 1)) == "captures more than the payment's amount");
    CHECK(why(capturing(), capture_of(-1)) == "captures less than was refunded");
    CHECK(why(paid(), refund_of(1)) == "ends a refund that is not open");
    CHECK(why(paid(), about<RefundFailedT>()) == "ends a refund that is not open");
    const auto refunding = paid().after({refund(100)});
    CHECK(why(refunding, refund_of(100)).empty());
    CHECK(why(refunding, refund_of(whole.minor + 1)) == "refunds more than was captured");
    CHECK(why(refunding, refund_of(-1)) == "refunds more than was captured");
}
