// Pricing an order's lines, and its way from status to status.
#include "command-side/domain/orders.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/limits.hpp"
#include "core/mutants.hpp"

namespace granary::orders {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

Objection check_method(PaymentMethod method, std::string_view pointer) {
    if (method > PaymentMethod::none && method <= PaymentMethod::MAX) return {};
    return Refusal{RefusalCode::invalid, std::string(pointer), "is no payment method that is known here"};
}

// `/lines/3/quantity`
std::string line_pointer(std::size_t index, std::string_view field) { return "/lines/" + std::to_string(index) + std::string(field); }

// Everything that can be wrong with one line, its pointers relative to the line.
Objection check_line(const OrderLineT& line, Currency currency) {
    if (auto wrong = domain::first_of(domain::check_sku(line.sku, "/sku"), domain::check_quantity(line.quantity, limits::quantity_max, "/quantity"),
                                      domain::check_price(line.unit_price, "/unit_price"))) {
        return wrong;
    }
    if (line.unit_price.currency != currency) {
        return Refusal{RefusalCode::currency_mismatch, "/unit_price", "must be in " + text_of(currency) + " like the order"};
    }
    return domain::check_text(line.name, limits::product_name_bytes_max, "/name");
}

Objection check_lines(const PlaceOrderT& c) {
    if (c.lines.empty()) return Refusal{RefusalCode::invalid, "/lines", "must have at least one line"};
    if (c.lines.size() > limits::order_lines_max) {
        return Refusal{RefusalCode::limit_exceeded, "/lines", "must have at most " + std::to_string(limits::order_lines_max) + " lines"};
    }
    for (std::size_t i = 0; i < c.lines.size(); ++i) {
        if (auto wrong = check_line(*c.lines[i], Currency{c.currency})) {
            wrong->pointer = line_pointer(i, wrong->pointer);
            return wrong;
        }
    }
    return {};
}

Objection check_occurred(Time occurred_at, Time now) {
    if (occurred_at <= now + limits::clock_skew_max) return {};
    return Refusal{RefusalCode::invalid, "/occurred_at", "must not be in the future"};
}

Objection check_currency(std::uint32_t code) {
    if (parse_currency(text_of(Currency{code})) == Currency{code}) return {};
    return Refusal{RefusalCode::invalid, "/currency", "is no currency that is known here"};
}

Objection check_fields(const PlaceOrderT& c, Time now) {
    if (auto wrong = domain::first_of(domain::check_id(c.order_id.value, "/order_id"), check_currency(c.currency))) return wrong;
    if (auto wrong = check_lines(c)) return wrong;
    if (auto wrong = domain::first_of(domain::check_warehouse(c.warehouse, "/warehouse"), domain::check_country(c.country, "/country"),
                                      domain::check_sealed(c.ship_to, "/ship_to"), domain::check_sealed(c.note, "/note"),
                                      check_method(c.payment_method, "/payment_method"))) {
        return wrong;
    }
    if (!c.payment_token.empty()) {
        if (auto wrong = domain::check_token(c.payment_token, "/payment_token")) return wrong;
    }
    return domain::first_of(domain::check_text(c.reference, limits::external_reference_bytes_max, "/reference"), check_occurred(c.occurred_at, now));
}

Objection check_fields(const SubmitPaymentT& c, Time) {
    return domain::first_of(check_method(c.payment_method, "/payment_method"), domain::check_token(c.payment_token, "/payment_token"));
}

Objection check_fields(const MarkPaidT& c, Time) {
    return domain::first_of(domain::check_id(c.payment_id.value, "/payment_id"), domain::check_money(c.amount, "/amount"));
}

Objection check_fields(const MarkPackedT&, Time) { return {}; }

Objection check_fields(const MarkShippedT& c, Time) {
    return domain::check_text(c.tracking_number, limits::external_reference_bytes_max, "/tracking_number");
}

Objection check_fields(const MarkDeliveredT&, Time) { return {}; }

Objection check_fields(const CancelOrderT& c, Time) { return domain::check_text(c.reason, limits::reason_bytes_max, "/reason"); }

Objection check_fields(const FailOrderT& c, Time) { return domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"); }

Objection check_fields(const RequestBuyerErasureT& c, Time) { return domain::check_ground(c.ground, "/ground"); }

Objection check_fields(const RecordBuyerErasedT&, Time) { return {}; }

Decision nothing() { return std::vector<Event>(); }

// Appends the lines with their amounts; answers their exact sum.
std::expected<Amount, Refusal> price_lines(const PlaceOrderT& c, std::vector<std::unique_ptr<OrderLineT>>& priced) {
    Amount sum{0, Currency{c.currency}};
    priced.reserve(c.lines.size());
    for (std::size_t i = 0; i < c.lines.size(); ++i) {
        auto line = std::make_unique<OrderLineT>(*c.lines[i]);
        const auto amount = multiply(line->unit_price, line->quantity);
        const auto total = amount ? add(sum, *amount) : std::nullopt;
        if (!total || total->ten_thousandths > limits::order_total_ten_thousandths_max) {
            return refuse(RefusalCode::limit_exceeded, line_pointer(i, ""), "makes the order's total larger than this shop can charge");
        }
        line->amount = *amount;
        sum = *total;
        priced.push_back(std::move(line));
    }
    return sum;
}

// Decides on a command whose own fields are in order.
struct Decider {
    const OrderStateT& state;

    Decision operator()(const PlaceOrderT& c) const;
    Decision operator()(const SubmitPaymentT& c) const;
    Decision operator()(const MarkPaidT& c) const;
    Decision operator()(const MarkPackedT& c) const { return advance(c.order_id, OrderStatus::packed, {}, {}); }
    Decision operator()(const MarkShippedT& c) const;
    Decision operator()(const MarkDeliveredT& c) const { return advance(c.order_id, OrderStatus::delivered, {}, {}); }
    Decision operator()(const CancelOrderT& c) const;
    Decision operator()(const FailOrderT& c) const;
    Decision operator()(const RequestBuyerErasureT& c) const;
    Decision operator()(const RecordBuyerErasedT& c) const;

    Decision not_allowed(std::string_view verb) const;
    // Emits the steps from PAID up to `to` that are missing; nothing when it is reached already.
    Decision advance(OrderId order, OrderStatus to, ShipmentId shipment, const std::string& tracking) const;
};

Decision Decider::not_allowed(std::string_view verb) const {
    return refuse(RefusalCode::illegal_transition, "", "an order that is " + std::string(EnumNameOrderStatus(state.status)) + " can't be " + std::string(verb));
}

Decision Decider::operator()(const PlaceOrderT& c) const {
    OrderPlacedT event;
    const auto sum = price_lines(c, event.lines);
    if (!sum) return std::unexpected(sum.error());
    if (state.status != OrderStatus::none) return refuse(RefusalCode::already_exists, "/order_id", "there is an order under this id");
    event.order_id = c.order_id;
    event.customer = c.customer;
    event.total = round_to_minor(*sum);
    if (GRANARY_MUTANT(total_cut_off)) event.total.minor = sum->ten_thousandths / 100;
    event.warehouse = c.warehouse;
    event.country = c.country;
    event.ship_to = domain::copy_of(c.ship_to);
    event.note = domain::copy_of(c.note);
    event.payment_method = c.payment_method;
    event.payment_token = c.payment_token;
    event.reference = c.reference;
    std::vector<Event> events;
    events.push_back(std::move(event));
    return events;
}

Decision Decider::operator()(const SubmitPaymentT& c) const {
    if (state.status != OrderStatus::created) return not_allowed("paid for");
    if (state.payment_submissions >= limits::payment_submissions_max) {
        return refuse(RefusalCode::limit_exceeded, "/payment_token", "too many attempts to pay this order; place a new one");
    }
    PaymentSubmittedT event;
    event.order_id = c.order_id;
    event.payment_method = c.payment_method;
    event.payment_token = c.payment_token;
    return std::vector<Event>{std::move(event)};
}

Decision Decider::operator()(const MarkPaidT& c) const {
    const bool ended_unpaid = state.status == OrderStatus::failed || state.status == OrderStatus::cancelled;
    const bool takes_late = ended_unpaid && GRANARY_MUTANT(cancelled_order_paid);
    if (ended_unpaid && !takes_late) return not_allowed("marked as paid");
    if (state.status != OrderStatus::created && !takes_late) return state.payment_id == c.payment_id ? nothing() : not_allowed("paid a second time");
    if (c.amount.currency != state.total.currency) {
        return refuse(RefusalCode::currency_mismatch, "/amount", "must be in " + text_of(state.total.currency) + " like the order");
    }
    if (c.amount != state.total) return refuse(RefusalCode::invalid, "/amount", "must be the order's total");
    OrderPaidT event;
    event.order_id = c.order_id;
    event.payment_id = c.payment_id;
    event.amount = c.amount;
    return std::vector<Event>{std::move(event)};
}

Decision Decider::operator()(const MarkShippedT& c) const {
    const bool shipped = state.status >= OrderStatus::shipped && state.status != OrderStatus::failed && state.status != OrderStatus::cancelled;
    const bool other = !c.shipment_id.is_nil() && !state.shipment_id.is_nil() && c.shipment_id != state.shipment_id;
    if (shipped && other) return not_allowed("shipped with a second shipment");
    return advance(c.order_id, OrderStatus::shipped, c.shipment_id, c.tracking_number);
}

Decision Decider::advance(OrderId order, OrderStatus to, ShipmentId shipment, const std::string& tracking) const {
    switch (state.status) {
        case OrderStatus::paid:
        case OrderStatus::packed:
        case OrderStatus::shipped:
        case OrderStatus::delivered: break;
        case OrderStatus::returned:
        case OrderStatus::refunded: return nothing();
        case OrderStatus::none:
        case OrderStatus::created:
        case OrderStatus::failed:
        case OrderStatus::cancelled: return not_allowed("marked as " + std::string(EnumNameOrderStatus(to)));
    }
    const auto missing = [&](OrderStatus step) { return state.status < step && step <= to; };
    std::vector<Event> events;
    if (missing(OrderStatus::packed)) {
        OrderPackedT event;
        event.order_id = order;
        events.push_back(std::move(event));
    }
    if (missing(OrderStatus::shipped)) {
        OrderShippedT event;
        event.order_id = order;
        event.shipment_id = shipment;
        event.tracking_number = tracking;
        events.push_back(std::move(event));
    }
    if (missing(OrderStatus::delivered)) {
        OrderDeliveredT event;
        event.order_id = order;
        events.push_back(std::move(event));
    }
    return events;
}

Decision Decider::operator()(const CancelOrderT& c) const {
    if (state.status == OrderStatus::cancelled || (state.status == OrderStatus::created && GRANARY_MUTANT(cancellation_forgotten))) return nothing();
    if (state.status != OrderStatus::created && state.status != OrderStatus::paid) return not_allowed("cancelled");
    OrderCancelledT event;
    event.order_id = c.order_id;
    event.reason = c.reason;
    event.was = state.status;
    return std::vector<Event>{std::move(event)};
}

Decision Decider::operator()(const FailOrderT& c) const {
    if (state.status == OrderStatus::failed) return nothing();
    if (state.status != OrderStatus::created) return not_allowed("marked as failed");
    OrderFailedT event;
    event.order_id = c.order_id;
    event.reason = c.reason;
    return std::vector<Event>{std::move(event)};
}

Decision Decider::operator()(const RequestBuyerErasureT& c) const {
    if (!state.customer.is_nil()) return refuse(RefusalCode::illegal_transition, "", "this order belongs to a customer, whose own erasure covers it; ask for that of " + text_of(state.customer));
    if (!domain::is_news(state.erasure, state.despite_orders, c.despite_orders)) return nothing();
    BuyerErasureRequestedT event;
    event.order_id = c.order_id;
    event.ground = c.ground;
    event.despite_orders = c.despite_orders;
    return std::vector<Event>{std::move(event)};
}

Decision Decider::operator()(const RecordBuyerErasedT& c) const {
    if (state.erasure == wire::ErasureStatus::erased) return nothing();
    if (state.erasure == wire::ErasureStatus::none) return refuse(RefusalCode::illegal_transition, "", "nobody has asked for the buyer of this order to be erased");
    BuyerErasedT event;
    event.order_id = c.order_id;
    event.orders_under_way = c.orders_under_way;
    return std::vector<Event>{std::move(event)};
}

struct Folder {
    OrderStateT& state;

    void operator()(const OrderPlacedT& e) const {
        state.order_id = e.order_id;
        state.status = OrderStatus::created;
        state.customer = e.customer;
        state.total = e.total;
        state.payment_submissions = e.payment_token.empty() ? 0 : 1;
    }
    void operator()(const PaymentSubmittedT&) const { ++state.payment_submissions; }
    void operator()(const OrderPaidT& e) const {
        state.status = OrderStatus::paid;
        state.payment_id = e.payment_id;
    }
    void operator()(const OrderPackedT&) const { state.status = OrderStatus::packed; }
    void operator()(const OrderShippedT& e) const {
        state.status = OrderStatus::shipped;
        state.shipment_id = e.shipment_id;
    }
    void operator()(const OrderDeliveredT&) const { state.status = OrderStatus::delivered; }
    void operator()(const OrderCancelledT&) const { state.status = OrderStatus::cancelled; }
    void operator()(const OrderFailedT&) const { state.status = OrderStatus::failed; }
    void operator()(const BuyerErasureRequestedT& e) const {
        state.erasure = wire::ErasureStatus::requested;
        state.despite_orders = e.despite_orders;
    }
    void operator()(const BuyerErasedT&) const { state.erasure = wire::ErasureStatus::erased; }
};

}  // namespace

std::expected<std::vector<Event>, Refusal> decide(const OrderStateT& state, const Command& command, Time now) {
    if (auto wrong = std::visit([&](const auto& c) { return check_fields(c, now); }, command)) return std::unexpected(std::move(*wrong));
    if (state.status == OrderStatus::none && !std::holds_alternative<PlaceOrderT>(command)) {
        return refuse(RefusalCode::not_found, "/order_id", "there is no such order");
    }
    return std::visit(Decider{state}, command);
}

void evolve(OrderStateT& state, const Event& event) { std::visit(Folder{state}, event); }

Time occurred_at(const Command& command, Time now) {
    const auto* place = std::get_if<PlaceOrderT>(&command);
    return place != nullptr && place->occurred_at.unix_us != 0 ? std::min(place->occurred_at, now) : now;
}

}  // namespace granary::orders
