// How an order is placed and priced, and by which ways its status may go.
#include "command-side/domain/orders.hpp"

#include <limits>

#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::orders;

namespace {

using Orders = scenario::Scenario<OrderStateT, Event, Command>;
const OrderId order{{5, 6}};
const PaymentId payment{{7, 7}};
const ShipmentId shipment{{8, 8}};
constexpr Currency gbp = currency("GBP");

std::unique_ptr<OrderLineT> line(const char* sku, std::int64_t quantity, std::int64_t price, std::int64_t amount = 0) {
    auto l = std::make_unique<OrderLineT>();
    l->sku = Sku::from_stored(sku);
    l->quantity = quantity;
    l->unit_price = {price, gbp};
    if (amount != 0) l->amount = {amount, gbp};
    return l;
}
PlaceOrderT place() {
    PlaceOrderT c;
    c.order_id = order;
    c.currency = gbp.code;
    c.warehouse = WarehouseCode::from_stored("main");
    c.country = CountryCode::from_stored("GB");
    c.payment_token = "tok_visa";
    c.reference = "536365";
    c.lines.push_back(line("85123A", 6, 25'500));
    c.lines.push_back(line("71053", 3, 33'333));
    return c;
}
OrderPlacedT placed() {
    OrderPlacedT e;
    e.order_id = order;
    e.lines.push_back(line("85123A", 6, 25'500, 153'000));
    e.lines.push_back(line("71053", 3, 33'333, 99'999));
    e.total = {2530, gbp};  // 25.2999 rounded once
    e.warehouse = WarehouseCode::from_stored("main");
    e.country = CountryCode::from_stored("GB");
    e.payment_token = "tok_visa";
    e.reference = "536365";
    return e;
}
template <class Message>
Message about() {
    Message m;
    m.order_id = order;
    return m;
}
template <class Message>
Message with_reason(std::string reason) {
    auto m = about<Message>();
    m.reason = std::move(reason);
    return m;
}
MarkPaidT pay(std::int64_t minor = 2530, Currency in = gbp, PaymentId by = payment) {
    auto c = about<MarkPaidT>();
    c.payment_id = by;
    c.amount = {minor, in};
    return c;
}
OrderPaidT paid() {
    auto e = about<OrderPaidT>();
    e.payment_id = payment;
    e.amount = {2530, gbp};
    return e;
}
MarkShippedT ship(ShipmentId id = shipment) {
    auto c = about<MarkShippedT>();
    c.shipment_id = id;
    c.tracking_number = "TRK-1";
    return c;
}
OrderShippedT shipped() {
    auto e = about<OrderShippedT>();
    e.shipment_id = shipment;
    e.tracking_number = "TRK-1";
    return e;
}
const auto packed = about<OrderPackedT>;
const auto delivered = about<OrderDeliveredT>;
SubmitPaymentT submit(std::string token = "tok_again") {
    auto c = about<SubmitPaymentT>();
    c.payment_token = std::move(token);
    return c;
}
OrderCancelledT cancelled(OrderStatus was) {
    auto e = with_reason<OrderCancelledT>("changed my mind");
    e.was = was;
    return e;
}

}  // namespace

TEST_CASE("place an order: amounts are exact, and the total is rounded once") {
    Orders().when(place()).then({placed()});
    CHECK(Orders().when(place()).state().payment_submissions == 1);
    auto later = place();
    later.payment_token.clear();
    CHECK(Orders().when(later).state().payment_submissions == 0);
}

TEST_CASE("three lines that would each round down are rounded up together") {
    auto c = place();
    c.lines.clear();
    for (int i = 0; i < 3; ++i) c.lines.push_back(line("X", 1, 49));  // 3 x 0.0049 = 0.0147
    CHECK(Orders().when(c).state().total == Money{1, gbp});
    c.lines.push_back(line("X", 1, 3));  // 0.0150
    CHECK(Orders().when(c).state().total == Money{2, gbp});
}

TEST_CASE("free lines are allowed, negative prices are not") {
    auto c = place();
    c.lines[0]->unit_price.ten_thousandths = 0;
    CHECK(Orders().when(c).state().total == Money{1000, gbp});
    c.lines[1]->unit_price.ten_thousandths = 0;
    CHECK(Orders().when(c).state().total == Money{0, gbp});
    c.lines[1]->unit_price.ten_thousandths = -1;
    Orders().when(c).refused(RefusalCode::invalid, "/lines/1/unit_price");
}

TEST_CASE("an order has 1 to order_lines_max lines") {
    auto c = place();
    c.lines.clear();
    Orders().when(c).refused(RefusalCode::invalid, "/lines");
    for (std::size_t i = 0; i < limits::order_lines_max; ++i) c.lines.push_back(line("X", 1, 10'000));
    CHECK(Orders().when(c).state().total.minor == static_cast<std::int64_t>(limits::order_lines_max) * 100);
    c.lines.push_back(line("X", 1, 10'000));
    Orders().when(c).refused(RefusalCode::limit_exceeded, "/lines");
}

TEST_CASE("each field of a line is checked, and the pointer names it") {
    const auto refused_with = [](auto change, RefusalCode code, const char* pointer) {
        auto c = place();
        change(*c.lines[1]);
        Orders().when(c).refused(code, pointer);
    };
    refused_with([](auto& l) { l.sku = {}; }, RefusalCode::invalid, "/lines/1/sku");
    refused_with([](auto& l) { l.quantity = 0; }, RefusalCode::invalid, "/lines/1/quantity");
    refused_with([](auto& l) { l.quantity = -5; }, RefusalCode::invalid, "/lines/1/quantity");
    refused_with([](auto& l) { l.quantity = limits::quantity_max + 1; }, RefusalCode::limit_exceeded, "/lines/1/quantity");
    refused_with([](auto& l) { l.unit_price.ten_thousandths = limits::price_ten_thousandths_max + 1; }, RefusalCode::limit_exceeded, "/lines/1/unit_price");
    refused_with([](auto& l) { l.unit_price.currency = currency("QQQ"); }, RefusalCode::invalid, "/lines/1/unit_price");
    refused_with([](auto& l) { l.unit_price.currency = currency("EUR"); }, RefusalCode::currency_mismatch, "/lines/1/unit_price");
    refused_with([](auto& l) { l.name.assign(limits::product_name_bytes_max + 1, 'n'); }, RefusalCode::limit_exceeded, "/lines/1/name");
}

TEST_CASE("a total beyond the limit is refused at the line that reaches it, and nothing overflows") {
    auto c = place();
    c.lines.clear();
    c.lines.push_back(line("X", 10'000, limits::price_ten_thousandths_max));
    CHECK(Orders().when(c).state().total.minor == limits::order_total_ten_thousandths_max / 100);
    c.lines.push_back(line("X", 1, 1));
    Orders().when(c).refused(RefusalCode::limit_exceeded, "/lines/1");
    c.lines[1] = line("X", limits::quantity_max, limits::price_ten_thousandths_max);
    Orders().when(c).refused(RefusalCode::limit_exceeded, "/lines/1");
}

TEST_CASE("place refuses by precedence: later faults stand behind earlier ones, existence comes last") {
    auto c = place();
    c.occurred_at = scenario::now + hours(1);
    Orders().given({placed()}).when(c).refused(RefusalCode::invalid, "/occurred_at");
    c.reference.assign(limits::external_reference_bytes_max + 1, 'r');
    Orders().when(c).refused(RefusalCode::limit_exceeded, "/reference");
    c.payment_token = "4242 4242 4242 4242";
    Orders().when(c).refused(RefusalCode::invalid, "/payment_token");
    c.payment_method = static_cast<PaymentMethod>(9);
    Orders().when(c).refused(RefusalCode::invalid, "/payment_method");
    c.note = std::make_unique<wire::SealedT>();
    c.note->box.assign(10, 1);
    Orders().when(c).refused(RefusalCode::invalid, "/note");
    c.ship_to = std::make_unique<wire::SealedT>();
    c.ship_to->person = PersonId{{1, 1}};
    c.ship_to->box.assign(limits::sealed_bytes_max + 1, 1);
    Orders().when(c).refused(RefusalCode::limit_exceeded, "/ship_to");
    c.country = CountryCode::from_stored("uk");
    Orders().when(c).refused(RefusalCode::invalid, "/country");
    c.warehouse = WarehouseCode::from_stored("no/slash");
    Orders().when(c).refused(RefusalCode::invalid, "/warehouse");
    c.lines[1]->quantity = 0;
    Orders().when(c).refused(RefusalCode::invalid, "/lines/1/quantity");
    c.lines[0]->unit_price.ten_thousandths = -1;
    Orders().when(c).refused(RefusalCode::invalid, "/lines/0/unit_price");
    c.currency = 7;
    Orders().when(c).refused(RefusalCode::invalid, "/currency");
    Orders().given({placed()}).when(place()).refused(RefusalCode::already_exists, "/order_id");
}

TEST_CASE("what is no order is not found, by any command but place") {
    Orders().when(submit()).refused(RefusalCode::not_found, "/order_id");
    Orders().when(pay()).refused(RefusalCode::not_found, "/order_id");
    Orders().when(about<MarkPackedT>()).refused(RefusalCode::not_found, "/order_id");
    Orders().when(ship()).refused(RefusalCode::not_found, "/order_id");
    Orders().when(about<MarkDeliveredT>()).refused(RefusalCode::not_found, "/order_id");
    Orders().when(with_reason<CancelOrderT>("")).refused(RefusalCode::not_found, "/order_id");
    Orders().when(with_reason<FailOrderT>("x")).refused(RefusalCode::not_found, "/order_id");
}

TEST_CASE("submit a payment: in CREATED only, with a token that is no card number, so many times") {
    auto submitted = about<PaymentSubmittedT>();
    submitted.payment_token = "tok_again";
    Orders().given({placed()}).when(submit()).then({submitted});
    Orders().given({placed()}).when(submit("")).refused(RefusalCode::invalid, "/payment_token");
    Orders().given({placed()}).when(submit("4111111111111111")).refused(RefusalCode::invalid, "/payment_token");
    Orders().given({placed()}).when(submit(std::string(limits::payment_token_bytes_max + 1, 't'))).refused(RefusalCode::limit_exceeded, "/payment_token");
    Orders().given({placed(), paid()}).when(submit()).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed(), cancelled(OrderStatus::created)}).when(submit()).refused(RefusalCode::illegal_transition, "");
    Orders many;
    many.given({placed()});
    for (std::size_t i = 1; i < limits::payment_submissions_max; ++i) many.after({submit()});
    many.when(submit()).refused(RefusalCode::limit_exceeded, "/payment_token");
}

TEST_CASE("mark paid: the whole total, once, by one payment") {
    Orders().given({placed()}).when(pay()).then({paid()}).when(pay()).nothing_happens().when(pay(2530, gbp, PaymentId{{9, 9}})).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed()}).when(pay(2529)).refused(RefusalCode::invalid, "/amount");
    Orders().given({placed()}).when(pay(2531)).refused(RefusalCode::invalid, "/amount");
    Orders().given({placed()}).when(pay(2530, currency("EUR"))).refused(RefusalCode::currency_mismatch, "/amount");
    Orders().given({placed()}).when(pay(2530, gbp, PaymentId{})).refused(RefusalCode::invalid, "/payment_id");
    Orders().given({placed(), with_reason<OrderFailedT>("x")}).when(pay()).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed(), cancelled(OrderStatus::created)}).when(pay(1)).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed(), paid(), packed()}).when(pay()).nothing_happens();
}

TEST_CASE("packed, shipped, delivered: one after the other, and again is nothing") {
    Orders().given({placed(), paid()})
        .when(about<MarkPackedT>()).then({packed()})
        .when(about<MarkPackedT>()).nothing_happens()
        .when(ship()).then({shipped()})
        .when(ship()).nothing_happens()
        .when(ship(ShipmentId{})).nothing_happens()
        .when(ship(ShipmentId{{1, 2}})).refused(RefusalCode::illegal_transition, "")
        .when(about<MarkPackedT>()).nothing_happens()
        .when(about<MarkDeliveredT>()).then({delivered()})
        .when(about<MarkDeliveredT>()).nothing_happens()
        .when(ship()).nothing_happens();
}

TEST_CASE("a carrier that skips steps makes up for them, from PAID on") {
    Orders().given({placed(), paid()}).when(ship()).then({packed(), shipped()});
    Orders().given({placed(), paid()}).when(about<MarkDeliveredT>()).then({packed(), about<OrderShippedT>(), delivered()});
    Orders().given({placed(), paid(), packed()}).when(about<MarkDeliveredT>()).then({about<OrderShippedT>(), delivered()});
    for (const Command& command : {Command(about<MarkPackedT>()), Command(ship()), Command(about<MarkDeliveredT>())}) {
        Orders().given({placed()}).when(command).refused(RefusalCode::illegal_transition, "");
        Orders().given({placed(), with_reason<OrderFailedT>("x")}).when(command).refused(RefusalCode::illegal_transition, "");
        Orders().given({placed(), paid(), cancelled(OrderStatus::paid)}).when(command).refused(RefusalCode::illegal_transition, "");
    }
    auto c = ship();
    c.tracking_number.assign(limits::external_reference_bytes_max + 1, 't');
    Orders().given({placed()}).when(c).refused(RefusalCode::limit_exceeded, "/tracking_number");
}

TEST_CASE("cancel: while CREATED or PAID; twice is nothing; later it is too late") {
    const auto cancel = with_reason<CancelOrderT>("changed my mind");
    Orders().given({placed()}).when(cancel).then({cancelled(OrderStatus::created)}).when(cancel).nothing_happens();
    Orders().given({placed(), paid()}).when(cancel).then({cancelled(OrderStatus::paid)});
    Orders().given({placed(), paid(), packed()}).when(cancel).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed(), paid(), packed(), shipped()}).when(cancel).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed(), paid(), packed(), shipped(), delivered()}).when(cancel).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed(), with_reason<OrderFailedT>("x")}).when(cancel).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed()}).when(with_reason<CancelOrderT>(std::string(limits::reason_bytes_max + 1, 'r'))).refused(RefusalCode::limit_exceeded, "/reason");
}

TEST_CASE("fail: only while CREATED; twice is nothing") {
    const auto fail = with_reason<FailOrderT>("out_of_stock");
    Orders().given({placed()}).when(fail).then({with_reason<OrderFailedT>("out_of_stock")}).when(fail).nothing_happens();
    Orders().given({placed(), paid()}).when(fail).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed(), cancelled(OrderStatus::created)}).when(fail).refused(RefusalCode::illegal_transition, "");
    Orders().given({placed()}).when(with_reason<FailOrderT>("")).refused(RefusalCode::invalid, "/reason");
}

TEST_CASE("an order happened when its caller says, but never after now") {
    auto c = place();
    CHECK(occurred_at(c, scenario::now) == scenario::now);
    c.occurred_at = scenario::now - hours(24);
    CHECK(occurred_at(c, scenario::now) == scenario::now - hours(24));
    c.occurred_at = scenario::now + minutes(1);
    CHECK(occurred_at(c, scenario::now) == scenario::now);
    CHECK(Orders().when(c).decision().has_value());
    CHECK(occurred_at(pay(), scenario::now) == scenario::now);
}

TEST_CASE("the buyer of an order without a customer can be erased, whatever the order's status") {
    auto request = about<RequestBuyerErasureT>();
    request.ground = wire::ErasureGround::objected;
    auto requested = about<BuyerErasureRequestedT>();
    requested.ground = wire::ErasureGround::objected;
    auto hastened = about<BuyerErasureRequestedT>();
    hastened.despite_orders = true;
    auto insist = about<RequestBuyerErasureT>();
    insist.despite_orders = true;
    auto record = about<RecordBuyerErasedT>();
    record.orders_under_way = 1;
    auto erased = about<BuyerErasedT>();
    erased.orders_under_way = 1;
    Orders scenario;
    scenario.given({placed()}).when(record).refused(RefusalCode::illegal_transition, "");
    scenario.when(request).then({requested}).when(request).nothing_happens().when(insist).then({hastened}).when(insist).nothing_happens();
    scenario.given({paid()}).when(record).then({erased}).when(record).nothing_happens().when(insist).nothing_happens();
    CHECK(scenario.state().status == OrderStatus::paid);
    request.ground = static_cast<wire::ErasureGround>(9);
    scenario.when(request).refused(RefusalCode::invalid, "/ground");
}

TEST_CASE("the buyer of a customer's order is erased with the customer") {
    auto of_customer = placed();
    of_customer.customer = {{1, 2}};
    Orders().given({of_customer}).when(about<RequestBuyerErasureT>()).refused(RefusalCode::illegal_transition, "");
}
