// A page says what the aggregate says: whatever commands come, in whatever order, and whichever of them the deciders accept.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "command-side/domain/delivery.hpp"
#include "command-side/domain/payments.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "projections/runtime/projector.hpp"
#include "projections/runtime/view_registry.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/row.hpp"
#include "tests/projections/history.hpp"

namespace granary::testing {
namespace {

constexpr Time now{1'291'204'900'000'000};

// An order in a log, and its page as the views fold it.
class Order {
  public:
    Order() : log_({{7, 8}, 1}), history_(log_) {
        history_.append(order_stream(id), {orders::Event(placed(id, customer_id(1), {{"APPLE", 3, 25500}}))});
    }

    static inline const OrderId id = order_id(1);
    static inline const PaymentId payment = payment_id(1);
    static inline const ShipmentId shipment = shipment_id(1);

    template <class State, class Command>
    void say(State& state, const StreamTarget& stream, const Command& command) {
        const auto decided = decide(state, command, now);
        if (!decided) return;
        for (const auto& event : *decided) {
            evolve(state, event);
            history_.append(stream, {event});
        }
    }

    read_models::OrderRowT page() {
        memory::MemoryStore store;
        const auto registry = projections::ViewRegistry::open(store);
        REQUIRE(registry);
        const auto projector = projections::Projector::open(log_, store, (*registry)->generations(), {});
        REQUIRE(projector);
        REQUIRE((*projector)->catch_up());
        const auto value = store.get(*(*registry)->live_table("orders"), read_models::order_key(id));
        REQUIRE(value);
        REQUIRE(value->has_value());
        auto row = read_models::read_row<read_models::OrderRowT>(**value);
        REQUIRE(row);
        return std::move(row->row);
    }

  private:
    memory::MemoryLog log_;
    History history_;
};

template <class C>
C of_order() {
    C command;
    command.order_id = Order::id;
    if constexpr (requires { command.shipment_id; }) command.shipment_id = Order::shipment;
    if constexpr (requires { command.payment_id; }) command.payment_id = Order::payment;
    if constexpr (requires { command.amount; }) command.amount = pounds(100);
    if constexpr (requires { command.reason; }) command.reason = "because";
    if constexpr (requires { command.token; }) command.token = "tok_visa";
    if constexpr (requires { command.tracking_number; }) command.tracking_number = "HC1";
    return command;
}

template <class C>
C about_refund(int which) {
    auto command = of_order<C>();
    command.refund_id = refund_id(static_cast<std::uint64_t>(which % 3));
    if constexpr (requires { command.amount; }) command.amount = pounds(30);
    return command;
}

delivery::Command carrier_says(int what) {
    auto progress = of_order<delivery::RecordProgressT>();
    switch (what) {
        case 0: return of_order<delivery::RecordBookedT>();
        case 1: return of_order<delivery::FailShipmentT>();
        case 2: return of_order<delivery::RequestShipmentCancelT>();
        case 3: return of_order<delivery::RecordShipmentCancelledT>();
        default: progress.status = static_cast<delivery::ShipmentStatus>(what - 2); return progress;
    }
}

payments::Command provider_says(int what) {
    switch (what % 12) {
        case 0: return of_order<payments::RecordAuthorizedT>();
        case 1: return of_order<payments::RecordDeclinedT>();
        case 2: return of_order<payments::RequestCaptureT>();
        case 3: return of_order<payments::RecordCapturedT>();
        case 4: return of_order<payments::RecordCaptureFailedT>();
        case 5: return of_order<payments::RequestVoidT>();
        case 6: return of_order<payments::RecordVoidedT>();
        case 7: return of_order<payments::FailPaymentT>();
        case 8: return about_refund<payments::RecordRefundFailedT>(what);
        case 9: return about_refund<payments::RecordRefundedT>(what);
        default: return about_refund<payments::RequestRefundT>(what);
    }
}

TEST_CASE("an order's page says of its shipment what the shipment says, in whatever order the carrier reports") {
    CHECK(rc::check([] {
        const auto reports = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8));
        Order order;
        delivery::ShipmentStateT state;
        auto create = of_order<delivery::CreateShipmentT>();
        create.warehouse = warehouse("LDN");
        create.country = *CountryCode::parse("GB");
        create.pieces = 1;
        order.say(state, shipment_stream(Order::shipment, Order::id), delivery::Command(create));
        RC_ASSERT(state.status == delivery::ShipmentStatus::created);
        for (const int what : reports) order.say(state, shipment_stream(Order::shipment, Order::id), carrier_says(what));
        const auto page = order.page();
        RC_ASSERT(page.shipment != nullptr);
        RC_ASSERT(page.shipment->status == static_cast<std::uint8_t>(state.status));
        RC_ASSERT(page.shipment->tracking_number == state.tracking_number);
    }));
}

TEST_CASE("an order's page says of its payment what the payment says, in whatever order the provider reports") {
    CHECK(rc::check([] {
        auto reports = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 36));
        // The plain way comes first in half of the runs, so that they get as far as refunds.
        if (*rc::gen::arbitrary<bool>()) reports.insert(reports.begin(), {0, 2, 3});
        Order order;
        payments::PaymentStateT state;
        order.say(state, payment_stream(Order::payment, Order::id), payments::Command(of_order<payments::StartPaymentT>()));
        RC_ASSERT(state.status != payments::PaymentStatus::none);
        for (const int what : reports) order.say(state, payment_stream(Order::payment, Order::id), provider_says(what));
        const auto page = order.page();
        RC_ASSERT(page.payment != nullptr);
        RC_ASSERT(page.payment->status == static_cast<std::uint8_t>(state.status));
        RC_ASSERT(page.payment->captured.minor == state.captured.minor);
        RC_ASSERT(page.payment->refunded.minor == state.refunded.minor);
        RC_ASSERT(page.payment->open_refunds == state.open_refunds.size());
        RC_CLASSIFY(state.refund_count > 0, "reached refunds");
    }));
}

}  // namespace
}  // namespace granary::testing
