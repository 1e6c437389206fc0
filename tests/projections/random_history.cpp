// The low bits choose what happens, the high ones to whom.
#include "tests/projections/random_history.hpp"

#include <array>
#include <utility>

namespace granary::testing {
namespace {

constexpr std::array<std::string_view, 3> skus{"APPLE", "PEAR", "QUINCE"};
constexpr std::array<std::string_view, 2> warehouses{"LDN", "YRK"};

struct Who {
    OrderId order;
    CustomerId customer;
    PaymentId payment;
    ShipmentId shipment;
    RefundId refund;
    std::string_view sku;
    std::string_view warehouse;
    std::int64_t quantity;

    explicit Who(std::uint64_t n)
        : order(order_id(n % 5)),
          customer(n % 3 == 0 ? CustomerId{} : customer_id(n % 3)),
          payment(payment_id(n % 5 * 2 + n % 2)),
          shipment(shipment_id(n % 5)),
          refund(refund_id(n % 4)),
          sku(skus[n % skus.size()]),
          warehouse(warehouses[n % warehouses.size()]),
          quantity(static_cast<std::int64_t>(n % 7 + 1)) {}
};

template <class Shaped>
Shaped of_order(const Who& who) {
    Shaped event;
    event.order_id = who.order;
    return event;
}

template <class Shaped>
Shaped of_payment(const Who& who) {
    auto event = of_order<Shaped>(who);
    event.payment_id = who.payment;
    if constexpr (requires { event.reason = "no"; }) event.reason = "because";
    if constexpr (requires { event.refund_id = who.refund; }) event.refund_id = who.refund;
    if constexpr (requires { event.amount = pounds(0); }) event.amount = pounds(who.quantity * 100);
    return event;
}

template <class Shaped>
Shaped of_shipment(const Who& who) {
    auto event = of_order<Shaped>(who);
    event.shipment_id = who.shipment;
    if constexpr (requires { event.reason = "no"; }) event.reason = "because";
    if constexpr (requires { event.tracking_number = "T"; }) event.tracking_number = "T-1";
    if constexpr (requires { event.warehouse = WarehouseCode(); }) {
        event.warehouse = warehouse(who.warehouse);
        event.country = CountryCode::from_stored("GB");
    }
    return event;
}

template <class Shaped>
Shaped of_stock(const Who& who) {
    Shaped event;
    event.sku = sku(who.sku);
    event.warehouse = warehouse(who.warehouse);
    if constexpr (requires { event.quantity = 1; }) event.quantity = who.quantity;
    if constexpr (requires { event.delta = 1; }) event.delta = -who.quantity;
    if constexpr (requires { event.reason = "no"; }) event.reason = "count";
    return event;
}

void order_event(History& history, std::uint16_t what, const Who& who) {
    const auto target = order_stream(who.order);
    const auto put = [&](orders::Event event) {
        std::vector<Event> events;
        events.emplace_back(std::move(event));
        history.append(target, std::move(events), Time{noon.unix_us + who.quantity * hours(20).us});
    };
    switch (what % 9) {
        case 0: return put(of_order<orders::OrderPackedT>(who));
        case 1: return put(of_order<orders::OrderShippedT>(who));
        case 2: return put(of_order<orders::OrderDeliveredT>(who));
        case 3: return put(cancelled(who.order, "changed my mind"));
        case 4: {
            auto failed = of_order<orders::OrderFailedT>(who);
            failed.reason = "out_of_stock";
            return put(std::move(failed));
        }
        case 5: return put(paid(who.order, who.payment, pounds(500)));
        default: return put(placed(who.order, who.customer, {{who.sku, who.quantity, 12500}, {"APPLE", 1, 333}}));
    }
}

void payment_event(History& history, std::uint16_t what, const Who& who) {
    const auto put = [&](payments::Event event) {
        std::vector<Event> events;
        events.emplace_back(std::move(event));
        history.append(payment_stream(who.payment, who.order), std::move(events));
    };
    switch (what % 9) {
        case 0: return put(of_payment<payments::PaymentAuthorizedT>(who));
        case 1: return put(of_payment<payments::CaptureRequestedT>(who));
        case 2: return put(of_payment<payments::PaymentCapturedT>(who));
        case 3: return put(of_payment<payments::RefundRequestedT>(who));
        case 4: return put(of_payment<payments::PaymentRefundedT>(who));
        case 5: return put(of_payment<payments::RefundFailedT>(who));
        case 6: return put(of_payment<payments::VoidRequestedT>(who));
        default: return put(payment_started(who.payment, who.order, pounds(500)));
    }
}

void shipment_event(History& history, std::uint16_t what, const Who& who) {
    const auto put = [&](delivery::Event event) {
        std::vector<Event> events;
        events.emplace_back(std::move(event));
        history.append(shipment_stream(who.shipment, who.order), std::move(events));
    };
    switch (what % 4) {
        case 0: return put(of_shipment<delivery::ShipmentBookedT>(who));
        case 1: return put(of_shipment<delivery::ShipmentProgressedT>(who));
        case 2: return put(of_shipment<delivery::ShipmentFailedT>(who));
        default: return put(of_shipment<delivery::ShipmentCreatedT>(who));
    }
}

void stock_event(History& history, std::uint16_t what, const Who& who) {
    const auto put = [&](inventory::Event event) {
        std::vector<Event> events;
        events.emplace_back(std::move(event));
        history.append(stock_stream(sku(who.sku), warehouse(who.warehouse)), std::move(events));
    };
    switch (what % 5) {
        case 0: return put(of_stock<inventory::StockReservedT>(who));
        case 1: return put(of_stock<inventory::ReservationCommittedT>(who));
        case 2: return put(of_stock<inventory::ReservationReleasedT>(who));
        case 3: return put(of_stock<inventory::StockAdjustedT>(who));
        default: return put(of_stock<inventory::StockReceivedT>(who));
    }
}

void import_event(History& history, const Who& who) {
    invoices::InvoiceImportedT imported;
    imported.source = "shop";
    imported.number = std::to_string(who.order.value.lo);
    imported.customer = std::to_string(who.quantity);
    auto line = std::make_unique<invoices::InvoiceLineT>();
    line->stock_code = sku(who.sku);
    line->quantity = who.quantity;
    line->unit_price = price(who.quantity * 100);
    line->at = noon;
    imported.lines.push_back(std::move(line));
    const auto target = invoice_stream(imported.source, imported.number);
    std::vector<Event> events;
    events.emplace_back(invoices::Event(std::move(imported)));
    history.append(target, std::move(events), noon);
}

void other_event(History& history, std::uint16_t what, const Who& who) {
    std::vector<Event> events;
    switch (what % 7) {
        case 0: {
            catalog::ProductRetiredT retired;
            retired.sku = sku(who.sku);
            events.emplace_back(catalog::Event(std::move(retired)));
            history.append(product_stream(sku(who.sku)), std::move(events));
            return;
        }
        case 1: {
            customers::CustomerRegisteredT registered;
            registered.customer_id = customer_id(static_cast<std::uint64_t>(who.quantity % 3));
            registered.country = CountryCode::from_stored("GB");
            registered.profile = std::make_unique<wire::SealedT>();
            registered.profile->box = {1, 2, 3};
            events.emplace_back(customers::Event(std::move(registered)));
            history.append(customer_stream(customer_id(static_cast<std::uint64_t>(who.quantity % 3))), std::move(events));
            return;
        }
        case 2: {
            order_fulfilment::AnswerRecordedT answer;
            answer.order_id = who.order;
            answer.accepted = who.quantity % 2 == 0;
            answer.sku = sku(who.sku);
            answer.step = order_fulfilment::Step::reserve;
            answer.refusal = 6;
            events.emplace_back(order_fulfilment::Event(std::move(answer)));
            history.append(order_fulfilment_stream(who.order), std::move(events));
            return;
        }
        case 3: history.append_void(history.partition_of_order(who.order)); return;
        case 4: history.append_claim(history.partition_of_order(who.order)); return;
        case 5: return import_event(history, who);
        default:
            events.emplace_back(catalog::Event(product(who.sku, "Name", who.quantity * 100)));
            history.append(product_stream(sku(who.sku)), std::move(events));
    }
}

}  // namespace

void append_random(History& history, const std::vector<std::uint16_t>& choices) {
    for (const std::uint16_t choice : choices) {
        const Who who(choice >> 6);
        const auto what = static_cast<std::uint16_t>(choice >> 3);
        switch (choice % 8) {
            case 0:
            case 1:
            case 2: order_event(history, what, who); break;
            case 3:
            case 4: payment_event(history, what, who); break;
            case 5: shipment_event(history, what, who); break;
            case 6: stock_event(history, what, who); break;
            default: other_event(history, what, who); break;
        }
    }
}

}  // namespace granary::testing
