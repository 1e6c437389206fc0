// Orders and their money: what each order's events come to, held against the books of the provider and the carrier.
#include <algorithm>
#include <map>
#include <set>

#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

struct Paying {
    OrderId order;
    Money amount;
    bool authorized = false, captured = false, closed = false;  // closed: declined, voided or failed
    std::int64_t refunded = 0;
    struct Refund {
        std::int64_t minor = 0;
        enum class State { asked, paid, failed } state = State::asked;
    };
    std::map<RefundId, Refund> refunds;
    Position last;

    std::int64_t given_or_promised() const {
        std::int64_t sum = 0;
        for (const auto& [id, refund] : refunds) sum += refund.state == Refund::State::failed ? 0 : refund.minor;
        return sum;
    }
};

struct Ordered {
    Money total;
    std::int64_t exact = 0;  // ten-thousandths, of the lines
    orders::OrderStatus status = orders::OrderStatus::none;
    PaymentId paid_by;
    Money paid;
    bool parked = false;
};

struct Accounts {
    std::map<ReservationId, OrderId> reservations;
    std::set<OrderId> given_back;  // goods that had been sold went back to stock
    std::map<OrderId, Ordered> orders;
    std::map<PaymentId, Paying> payments;
    std::map<ShipmentId, delivery::ShipmentStatus> reached;  // by the carrier's word
};

class Reader {
  public:
    Reader(Accounts& accounts, Findings& findings) : accounts_(accounts), findings_(findings) {}

    void take(const HistoryEntry& entry) {
        at_ = &entry;
        for (const auto& item : entry.commit.events) {
            if (const auto* order = std::get_if<orders::Event>(&item.event)) std::visit([this](const auto& e) { note(e); }, *order);
            else if (const auto* payment = std::get_if<payments::Event>(&item.event)) std::visit([this](const auto& e) { note(e); }, *payment);
            else if (const auto* stock = std::get_if<inventory::Event>(&item.event)) note(*stock);
            else if (const auto* shipment = std::get_if<delivery::Event>(&item.event)) note(*shipment);
            else if (const auto* saga = std::get_if<order_fulfilment::Event>(&item.event)) std::visit([this](const auto& e) { note(e); }, *saga);
        }
    }

  private:
    void wrong(const std::string& what) { findings_.push_back(at_->commit.meta.stream_key + " at " + text_of(at_->position) + ": " + what); }

    void note(const inventory::Event& event) {
        if (const auto* reserved = std::get_if<inventory::StockReservedT>(&event)) accounts_.reservations[reserved->reservation_id] = reserved->order_id;
        const auto* released = std::get_if<inventory::ReservationReleasedT>(&event);
        if (released != nullptr && released->was_committed) accounts_.given_back.insert(accounts_.reservations[released->reservation_id]);
    }
    void note(const delivery::Event& event) {
        const auto* progress = std::get_if<delivery::ShipmentProgressedT>(&event);
        if (progress == nullptr) return;
        auto& reached = accounts_.reached[progress->shipment_id];
        if (progress->status <= reached) wrong("a parcel goes back");
        reached = std::max(reached, progress->status);
    }
    void note(const orders::OrderPlacedT& e) {
        auto& order = accounts_.orders[e.order_id];
        if (order.status != orders::OrderStatus::none) wrong("placed twice");
        order.status = orders::OrderStatus::created;
        order.total = e.total;
        for (const auto& line : e.lines) order.exact += line->unit_price.ten_thousandths * line->quantity;
        // Pounds have a hundred pence of a hundred ten-thousandths each; half a penny goes up.
        if ((order.exact + 50) / 100 != e.total.minor) wrong("the total is not the sum of the lines, rounded once");
    }
    void note(const orders::PaymentSubmittedT& e) { move(e.order_id, {orders::OrderStatus::created}, orders::OrderStatus::created); }
    void note(const orders::OrderPaidT& e) {
        move(e.order_id, {orders::OrderStatus::created}, orders::OrderStatus::paid);
        auto& order = accounts_.orders[e.order_id];
        order.paid_by = e.payment_id;
        if (e.amount != order.total) wrong("paid with another amount than the total");
        const auto payment = accounts_.payments.find(e.payment_id);
        if (payment == accounts_.payments.end() || !payment->second.captured) wrong("paid by a payment that was not captured");
    }
    void note(const orders::OrderPackedT& e) { move(e.order_id, {orders::OrderStatus::paid}, orders::OrderStatus::packed); }
    void note(const orders::OrderShippedT& e) { move(e.order_id, {orders::OrderStatus::packed}, orders::OrderStatus::shipped); }
    void note(const orders::OrderDeliveredT& e) { move(e.order_id, {orders::OrderStatus::shipped}, orders::OrderStatus::delivered); }
    void note(const orders::OrderCancelledT& e) { move(e.order_id, {orders::OrderStatus::created, orders::OrderStatus::paid}, orders::OrderStatus::cancelled); }
    void note(const orders::BuyerErasureRequestedT&) {}
    void note(const orders::BuyerErasedT&) {}
    void note(const orders::OrderFailedT& e) { move(e.order_id, {orders::OrderStatus::created}, orders::OrderStatus::failed); }
    void move(OrderId id, std::initializer_list<orders::OrderStatus> from, orders::OrderStatus to) {
        auto& order = accounts_.orders[id];
        if (std::ranges::find(from, order.status) == from.end()) wrong(std::string("goes from ") + orders::EnumNameOrderStatus(order.status) + " to " + orders::EnumNameOrderStatus(to));
        order.status = to;
    }

    Paying& of(PaymentId id) {
        auto& payment = accounts_.payments[id];
        payment.last = at_->position;
        return payment;
    }
    void note(const payments::PaymentStartedT& e) {
        auto& payment = of(e.payment_id);
        if (!payment.order.is_nil()) wrong("started twice");
        payment.order = e.order_id;
        payment.amount = e.amount;
        if (e.amount != accounts_.orders[e.order_id].total) wrong("asks for another amount than the order's total");
    }
    void note(const payments::PaymentAuthorizedT& e) {
        auto& payment = of(e.payment_id);
        if (payment.closed || payment.authorized || e.amount != payment.amount) wrong("authorized when it was closed, or twice, or another amount");
        payment.authorized = true;
    }
    void note(const payments::PaymentDeclinedT& e) { of(e.payment_id).closed = true; }
    void note(const payments::CaptureRequestedT&) {}
    void note(const payments::PaymentCapturedT& e) {
        auto& payment = of(e.payment_id);
        if (payment.captured || !payment.authorized || payment.closed || e.amount != payment.amount) wrong("captured twice, or what was not authorized, or another amount");
        payment.captured = true;
    }
    void note(const payments::CaptureFailedT&) {}
    void note(const payments::VoidRequestedT&) {}
    void note(const payments::PaymentVoidedT& e) {
        auto& payment = of(e.payment_id);
        if (payment.captured) wrong("voided after it was captured");
        payment.closed = true;
    }
    void note(const payments::PaymentFailedT& e) { of(e.payment_id).closed = true; }
    void note(const payments::RefundRequestedT& e) {
        auto& payment = of(e.payment_id);
        if (!payment.refunds.emplace(e.refund_id, Paying::Refund{e.amount.minor}).second) wrong("the same refund is asked for twice");
        if (!payment.captured || payment.given_or_promised() > payment.amount.minor) wrong("more is to be refunded than was captured");
    }
    void note(const payments::PaymentRefundedT& e) {
        auto& payment = of(e.payment_id);
        auto& refund = payment.refunds[e.refund_id];
        if (refund.state != Paying::Refund::State::asked || refund.minor != e.amount.minor) wrong("a refund that is not open is paid, or another amount");
        refund.state = Paying::Refund::State::paid;
        payment.refunded += e.amount.minor;
        if (!payment.captured || payment.refunded > payment.amount.minor) wrong("more is refunded than was captured");
    }
    void note(const payments::RefundFailedT& e) {
        auto& refund = of(e.payment_id).refunds[e.refund_id];
        if (refund.state != Paying::Refund::State::asked) wrong("a refund that is not open fails");
        refund.state = Paying::Refund::State::failed;
    }

    void note(const order_fulfilment::AnswerRecordedT&) {}
    void note(const order_fulfilment::TimerFiredT&) {}
    void note(const order_fulfilment::InstanceParkedT& e) { accounts_.orders[e.order_id].parked = true; }
    void note(const order_fulfilment::InstanceRetriedT& e) { accounts_.orders[e.order_id].parked = false; }
    void note(const order_fulfilment::StepSkippedT& e) { accounts_.orders[e.order_id].parked = false; }
    void note(const order_fulfilment::CompensationRequestedT& e) { accounts_.orders[e.order_id].parked = false; }

    Accounts& accounts_;
    Findings& findings_;
    const HistoryEntry* at_ = nullptr;
};

Accounts accounts_of(const History& history, Findings& findings) {
    Accounts accounts;
    Reader reader(accounts, findings);
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) reader.take(entry);
    }
    return accounts;
}

void check_payment(PaymentId id, const Paying& ours, const Houses& houses, Findings& findings) {
    const auto found = houses.payments().find(id);
    const std::string name = "payment " + text_of(id) + " ";
    if (found == houses.payments().end() || found->second.status == house::PaymentStatus::unheard) {
        if (ours.authorized || ours.captured) findings.push_back(name + "is secured here and unknown to the provider");
        return;
    }
    const auto& theirs = found->second;
    const bool captured = theirs.status == house::PaymentStatus::captured;
    if (captured != ours.captured) findings.push_back(name + (captured ? "was captured by the provider only" : "was captured here only"));
    if (theirs.refunded_minor() != ours.refunded) findings.push_back(name + "was refunded " + std::to_string(ours.refunded) + " here and " + std::to_string(theirs.refunded_minor()) + " by the provider");
    if (theirs.status == house::PaymentStatus::authorized || theirs.status == house::PaymentStatus::pending) findings.push_back(name + "is an authorization that is left over");
    if (!ours.captured && !ours.closed) findings.push_back(name + "has not ended");
    for (const auto& [id_of_refund, refund] : ours.refunds) {
        if (refund.state == Paying::Refund::State::asked) findings.push_back(name + "has a refund that has not ended");
    }
}

}  // namespace

void check_money(const History& history, const Houses& houses, Findings& findings) {
    const Accounts accounts = accounts_of(history, findings);
    std::map<OrderId, int> captures;
    for (const auto& [id, payment] : accounts.payments) {
        check_payment(id, payment, houses, findings);
        if (payment.captured && ++captures[payment.order] > 1) findings.push_back("order " + text_of(payment.order) + " was paid for twice");
    }
    for (const auto& [id, theirs] : houses.payments()) {
        const bool holds = theirs.status == house::PaymentStatus::authorized || theirs.status == house::PaymentStatus::captured;
        if (holds && !accounts.payments.contains(id)) findings.push_back("payment " + text_of(id) + " is known to the provider only");
    }
}

void check_orders(const History& history, const Houses& houses, Findings& findings) {
    Findings told_elsewhere;
    const Accounts accounts = accounts_of(history, told_elsewhere);
    for (const auto& [id, order] : accounts.orders) {
        std::int64_t kept = 0;
        for (const auto& [payment_id, payment] : accounts.payments) {
            if (payment.order == id && payment.captured) kept += payment.amount.minor - payment.refunded;
        }
        const std::string name = "order " + text_of(id) + " ";
        if (order.parked) findings.push_back(name + "is parked");
        switch (order.status) {
            case orders::OrderStatus::created:
            case orders::OrderStatus::paid: findings.push_back(name + "has not ended"); break;
            case orders::OrderStatus::packed:
            case orders::OrderStatus::shipped:
                if (kept != 0) findings.push_back(name + "stays on its way, and its money was kept");
                break;
            case orders::OrderStatus::failed:
            case orders::OrderStatus::cancelled:
                if (kept != 0) findings.push_back(name + "did not happen, and " + std::to_string(kept) + " of its money was kept");
                break;
            case orders::OrderStatus::none:
            case orders::OrderStatus::delivered:
            case orders::OrderStatus::returned:
            case orders::OrderStatus::refunded: break;
        }
    }
    for (const auto& [id, shipment] : houses.shipments()) {
        const bool ended = shipment.status == house::ParcelStatus::delivered || shipment.status == house::ParcelStatus::cancelled || shipment.status == house::ParcelStatus::refused;
        if (!ended) findings.push_back("parcel " + text_of(id) + " is still on its way");
        if (shipment.status == house::ParcelStatus::delivered && accounts.given_back.contains(shipment.order)) {
            findings.push_back("parcel " + text_of(id) + " was delivered, and its goods are in stock again");
        }
    }
}

std::vector<OrderId> parked_instances(const History& history) {
    Findings nobody_minds;
    std::vector<OrderId> parked;
    for (const auto& [id, order] : accounts_of(history, nobody_minds).orders) {
        if (order.parked) parked.push_back(id);
    }
    return parked;
}

}  // namespace granary::simulation
