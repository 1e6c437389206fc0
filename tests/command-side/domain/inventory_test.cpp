// Stock is never sold twice, whatever comes in whatever order.
#include "command-side/domain/inventory.hpp"

#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::inventory;

namespace {

using Stocks = scenario::Scenario<Stock, Event, Command>;
const OrderId order{{5, 6}};
const ReservationId first{{1, 1}};
const Time soon = scenario::now + minutes(15);

template <class Message>
Message at_home() {
    Message m;
    m.sku = Sku::from_stored("APPLE-1");
    m.warehouse = WarehouseCode::from_stored("main");
    return m;
}
ReceiveStockT receive(std::int64_t quantity) {
    auto c = at_home<ReceiveStockT>();
    c.quantity = quantity;
    return c;
}
StockReceivedT received(std::int64_t quantity) {
    auto e = at_home<StockReceivedT>();
    e.quantity = quantity;
    return e;
}
AdjustStockT adjust(std::int64_t delta) {
    auto c = at_home<AdjustStockT>();
    c.delta = delta;
    c.reason = "count";
    c.kind = AdjustmentKind::count;
    return c;
}
StockAdjustedT adjusted(std::int64_t delta) {
    auto e = at_home<StockAdjustedT>();
    e.delta = delta;
    e.reason = "count";
    e.kind = AdjustmentKind::count;
    return e;
}
ReserveStockT reserve(std::int64_t quantity) {
    auto c = at_home<ReserveStockT>();
    c.reservation_id = first;
    c.order_id = order;
    c.quantity = quantity;
    c.expires_at = soon;
    return c;
}
StockReservedT reserved(std::int64_t quantity) {
    auto e = at_home<StockReservedT>();
    e.reservation_id = first;
    e.order_id = order;
    e.quantity = quantity;
    e.expires_at = soon;
    return e;
}
CommitReservationT commit() {
    auto c = at_home<CommitReservationT>();
    c.reservation_id = first;
    c.order_id = order;
    return c;
}
ReservationCommittedT committed(std::int64_t quantity) {
    auto e = at_home<ReservationCommittedT>();
    e.reservation_id = first;
    e.quantity = quantity;
    return e;
}
ReleaseReservationT release() {
    auto c = at_home<ReleaseReservationT>();
    c.reservation_id = first;
    c.order_id = order;
    c.reason = "order failed";
    return c;
}
ReservationReleasedT released(std::int64_t quantity, bool was_committed) {
    auto e = at_home<ReservationReleasedT>();
    e.reservation_id = first;
    e.quantity = quantity;
    e.reason = "order failed";
    e.was_committed = was_committed;
    return e;
}
ReleaseRecordedT recorded() {
    auto e = at_home<ReleaseRecordedT>();
    e.reservation_id = first;
    e.reason = "order failed";
    return e;
}

void check_counters(const Stocks& scenario, std::int64_t on_hand, std::int64_t reserved_now, std::int64_t sold) {
    CHECK(scenario.state().counters.on_hand == on_hand);
    CHECK(scenario.state().counters.reserved == reserved_now);
    CHECK(scenario.state().counters.sold == sold);
}

}  // namespace

TEST_CASE("receive: right event, limits of the field and of the house") {
    Stocks().when(receive(10)).then({received(10)});
    Stocks().when(receive(0)).refused(RefusalCode::invalid, "/quantity");
    Stocks().when(receive(-1)).refused(RefusalCode::invalid, "/quantity");
    Stocks().when(receive(limits::quantity_max + 1)).refused(RefusalCode::limit_exceeded, "/quantity");
    Stocks full;
    full.given({received(limits::stock_quantity_max)}).when(receive(1)).refused(RefusalCode::limit_exceeded, "/quantity");
    auto c = receive(1);
    c.warehouse = {};
    Stocks().when(c).refused(RefusalCode::invalid, "/warehouse");
    c.sku = {};
    Stocks().when(c).refused(RefusalCode::invalid, "/sku");
    c = receive(1);
    c.reference.assign(limits::external_reference_bytes_max + 1, 'x');
    Stocks().when(c).refused(RefusalCode::limit_exceeded, "/reference");
}

TEST_CASE("adjust: either way, never below what is reserved") {
    Stocks scenario;
    scenario.given({received(10), reserved(4)}).when(adjust(-6)).then({adjusted(-6)}).when(adjust(-1)).refused(RefusalCode::out_of_stock, "/delta");
    check_counters(scenario, 4, 4, 0);
    scenario.when(adjust(3)).then({adjusted(3)});
    Stocks().when(adjust(5)).refused(RefusalCode::not_found, "/sku");
    Stocks().when(adjust(0)).refused(RefusalCode::invalid, "/delta");
    Stocks().when(adjust(-limits::quantity_max - 1)).refused(RefusalCode::limit_exceeded, "/delta");
    Stocks().given({received(limits::stock_quantity_max)}).when(adjust(1)).refused(RefusalCode::limit_exceeded, "/delta");
    auto c = adjust(1);
    c.kind = static_cast<AdjustmentKind>(99);
    Stocks().when(c).refused(RefusalCode::invalid, "/kind");
    c.reason.clear();
    Stocks().when(c).refused(RefusalCode::invalid, "/reason");
}

TEST_CASE("reserve: up to the last piece, and the same again is nothing") {
    Stocks scenario;
    scenario.given({received(10)}).when(reserve(10)).then({reserved(10)}).when(reserve(10)).nothing_happens();
    check_counters(scenario, 10, 10, 0);
    CHECK(scenario.state().counters.open_reservations == 1);
    CHECK(scenario.state().reservation->status == ReservationStatus::open);
    Stocks().given({received(10)}).when(reserve(11)).refused(RefusalCode::out_of_stock, "/quantity");
    Stocks().when(reserve(1)).refused(RefusalCode::out_of_stock, "/quantity");
}

TEST_CASE("reserve refuses by precedence: fields, the reservation's own past, expiry, stock, too many") {
    auto c = reserve(5);
    c.expires_at = scenario::now;
    Stocks().given({received(10)}).when(c).refused(RefusalCode::invalid, "/expires_at");
    Stocks().given({received(10), reserved(5)}).when(c).nothing_happens();
    c.quantity = 6;
    Stocks().given({received(10), reserved(5)}).when(c).refused(RefusalCode::already_exists, "/reservation_id");
    Stocks().given({received(10), recorded()}).when(c).refused(RefusalCode::reservation_closed, "/reservation_id");
    c.quantity = 0;
    Stocks().given({received(10), recorded()}).when(c).refused(RefusalCode::invalid, "/quantity");
    c.reservation_id = {};
    Stocks().when(c).refused(RefusalCode::invalid, "/reservation_id");

    Stock full;
    full.counters.exists = true;
    full.counters.on_hand = 1'000'000;
    full.counters.reserved = limits::open_reservations_max;
    full.counters.open_reservations = limits::open_reservations_max;
    CHECK(decide(full, reserve(1), scenario::now).error().code == RefusalCode::too_many_reservations);
    CHECK(decide(full, reserve(1'000'000), scenario::now).error().code == RefusalCode::out_of_stock);
    full.counters.open_reservations -= 1;
    CHECK(decide(full, reserve(1), scenario::now).has_value());
}

TEST_CASE("commit: sells what was reserved, once, even after its time has passed") {
    Stocks scenario;
    scenario.given({received(10), reserved(4)}).at(soon + hours(1)).when(commit()).then({committed(4)}).when(commit()).nothing_happens();
    check_counters(scenario, 6, 0, 4);
    CHECK(scenario.state().counters.open_reservations == 0);
    CHECK(scenario.state().reservation->status == ReservationStatus::committed);
    scenario.when(reserve(4)).refused(RefusalCode::reservation_closed, "/reservation_id");
    Stocks().given({received(10)}).when(commit()).refused(RefusalCode::not_found, "/reservation_id");
    Stocks().given({recorded()}).when(commit()).refused(RefusalCode::reservation_closed, "/reservation_id");
}

TEST_CASE("release of an open reservation frees the goods and forgets it") {
    Stocks scenario;
    scenario.given({received(10), reserved(4)}).when(release()).then({released(4, false)});
    check_counters(scenario, 10, 0, 0);
    CHECK(scenario.state().counters.open_reservations == 0);
    CHECK_FALSE(scenario.state().reservation.has_value());
}

TEST_CASE("release of a committed reservation gives the goods back and forgets it") {
    Stocks scenario;
    scenario.given({received(10), reserved(4), committed(4)}).when(release()).then({released(4, true)});
    check_counters(scenario, 10, 0, 0);
    CHECK_FALSE(scenario.state().reservation.has_value());
}

TEST_CASE("a release that overtakes its reserve is remembered and refuses it") {
    Stocks scenario;
    scenario.given({received(10)}).when(release()).then({recorded()}).when(release()).nothing_happens();
    CHECK(scenario.state().reservation->status == ReservationStatus::released_early);
    scenario.when(reserve(4)).refused(RefusalCode::reservation_closed, "/reservation_id");
    check_counters(scenario, 10, 0, 0);
    CHECK_FALSE(Stocks().when(release()).state().counters.exists);
}

namespace {

// As people reserve: for no order.
template <class Message>
Message by_hand(Message message) {
    message.order_id = {};
    return message;
}
ExpireReservationT expire() {
    auto c = at_home<ExpireReservationT>();
    c.reservation_id = first;
    return c;
}
ReservationReleasedT expired(std::int64_t quantity) {
    auto e = released(quantity, false);
    e.reason = "expired";
    return e;
}

}  // namespace

TEST_CASE("an order's reservation is not committed, freed or given back by hand, nor by another order") {
    const std::vector<std::vector<Event>> pasts{{received(10), reserved(4)}, {received(10), reserved(4), committed(4)}};
    for (const auto& past : pasts) {
        auto other = release();
        other.order_id = {{9, 9}};
        Stocks().given(past).when(other).refused(RefusalCode::not_found, "/reservation_id");
        Stocks().given(past).when(by_hand(release())).refused(RefusalCode::not_found, "/reservation_id");
        Stocks().given(past).when(by_hand(commit())).refused(RefusalCode::not_found, "/reservation_id");
    }
    Stocks().given({received(10), by_hand(reserved(4))}).when(release()).refused(RefusalCode::not_found, "/reservation_id");
    Stocks().given({received(10), by_hand(reserved(4))}).when(by_hand(release())).then({released(4, false)});
    // Nobody fills the stock's state with releases of reservations that nobody made.
    Stocks().given({received(10)}).when(by_hand(release())).refused(RefusalCode::not_found, "/reservation_id");
}

TEST_CASE("a reservation made by hand ends with its time: it can't be committed any more, and expiring frees it once") {
    Stocks scenario;
    scenario.given({received(10), by_hand(reserved(4))}).at(soon - seconds(1)).when(expire()).nothing_happens();
    scenario.at(soon).when(by_hand(commit())).refused(RefusalCode::reservation_closed, "/reservation_id");
    scenario.when(expire()).then({expired(4)}).when(expire()).nothing_happens();
    check_counters(scenario, 10, 0, 0);
    CHECK(scenario.state().counters.open_reservations == 0);
    Stocks().given({received(10), by_hand(reserved(4))}).at(soon - seconds(1)).when(by_hand(commit())).then({committed(4)});
    Stocks().given({received(10), by_hand(reserved(4)), committed(4)}).at(soon).when(expire()).nothing_happens();
    Stocks().when(expire()).nothing_happens();
}

TEST_CASE("an order's reservation is not expired, however late it is: that is its saga's matter") {
    Stocks scenario;
    scenario.given({received(10), reserved(4)}).at(soon + hours(24)).when(expire()).nothing_happens();
    check_counters(scenario, 10, 4, 0);
}

TEST_CASE("reservations are found by the commands and events that name them") {
    CHECK(reservation_of(Command(reserve(1))) == first);
    CHECK(reservation_of(Command(commit())) == first);
    CHECK(reservation_of(Command(release())) == first);
    CHECK(reservation_of(Command(receive(1))) == std::nullopt);
    CHECK(reservation_of(Command(adjust(1))) == std::nullopt);
    CHECK(reservation_of(Event(recorded())) == first);
    CHECK(reservation_of(Event(received(1))) == std::nullopt);
}

TEST_CASE("events that can't have happened are told apart before they are folded") {
    const auto why = [](const Stocks& scenario, const Event& event) {
        const char* reason = contradiction(scenario.state(), event);
        return std::string(reason == nullptr ? "" : reason);
    };
    Stocks stocked;
    stocked.given({received(10)});
    CHECK(why(stocked, reserved(10)).empty());
    CHECK(why(stocked, reserved(11)) == "leaves less stock than is reserved");
    CHECK(why(stocked, adjusted(-11)) == "leaves less stock than is reserved");
    CHECK(why(stocked, received(-1)) == "moves an impossible quantity");
    CHECK(why(stocked, adjusted(INT64_MIN)) == "moves an impossible quantity");
    CHECK(why(stocked, committed(1)) == "commits a reservation that there is not");
    CHECK(why(stocked, released(1, false)) == "takes more goods back than were sold or reserved");
    CHECK(why(stocked, released(1, true)) == "takes more goods back than were sold or reserved");
    stocked.given({reserved(4)});
    CHECK(why(stocked, committed(4)).empty());
    CHECK(why(stocked, committed(5)) == "takes more goods back than were sold or reserved");
    CHECK(why(stocked, adjusted(-7)) == "leaves less stock than is reserved");
    auto other = reserved(1);
    other.reservation_id = {{2, 2}};
    CHECK(why(stocked, other) == "is about another reservation than the one it names");
}
