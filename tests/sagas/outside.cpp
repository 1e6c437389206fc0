// The books' rules.
#include "tests/sagas/outside.hpp"

#include <utility>

namespace granary::sagas::test {

using ports::CarrierAnswer;
using ports::CarrierStatus;
using ports::ProviderAnswer;
using ports::ProviderStatus;

ProviderAnswer ProviderBook::answer(ProviderStatus status, Money amount, std::string reason) const { return {status, "ref", std::move(reason), amount}; }

ProviderAnswer ProviderBook::authorize(PaymentId payment, Money amount, const std::string& token) {
    auto& entry = entries[payment];
    if (entry.status == ProviderStatus::unknown_key) {
        entry.amount = amount;
        entry.status = token == "tok_decline" ? ProviderStatus::declined : ProviderStatus::authorized;
    }
    if (entry.amount != amount && entry.status != ProviderStatus::voided) ++faults;
    return find(payment);
}

ProviderAnswer ProviderBook::capture(PaymentId payment, Money amount) {
    auto& entry = entries[payment];
    if (entry.status == ProviderStatus::captured || entry.status == ProviderStatus::refunded) return find(payment);
    if (entry.status != ProviderStatus::authorized || entry.amount != amount) return answer(ProviderStatus::declined, amount, "not_authorized");
    // A decline is final under its key: a repeated capture must not succeed after the first answer was recorded.
    if (std::exchange(decline_next_capture, false)) entry.capture_declined = true;
    if (entry.capture_declined) return answer(ProviderStatus::declined, amount, "capture_declined");
    entry.status = ProviderStatus::captured;
    return find(payment);
}

ProviderAnswer ProviderBook::cancel(PaymentId payment) {
    auto& entry = entries[payment];
    if (entry.status == ProviderStatus::captured || entry.status == ProviderStatus::refunded) {
        ++faults;
        return answer(ProviderStatus::declined, entry.amount, "captured");
    }
    if (entry.status != ProviderStatus::declined) entry.status = ProviderStatus::voided;
    return find(payment);
}

ProviderAnswer ProviderBook::refund(PaymentId payment, RefundId refund, Money amount) {
    auto& entry = entries[payment];
    if (const auto known = entry.refunds.find(refund); known != entry.refunds.end()) return answer(known->second, amount);
    const bool fits = entry.status == ProviderStatus::captured && entry.refunded + amount.minor <= entry.amount.minor;
    if (!fits) ++faults;
    entry.refunds[refund] = fits ? ProviderStatus::refunded : ProviderStatus::declined;
    if (fits) entry.refunded += amount.minor;
    return answer(entry.refunds[refund], amount);
}

ProviderAnswer ProviderBook::find(PaymentId payment) const {
    const auto found = entries.find(payment);
    if (found == entries.end()) return answer(ProviderStatus::unknown_key, {});
    return answer(found->second.status, found->second.amount, found->second.status == ProviderStatus::declined ? "card_declined" : "");
}

ProviderAnswer ProviderBook::find_refund(PaymentId payment, RefundId refund) const {
    const auto found = entries.find(payment);
    if (found == entries.end() || !found->second.refunds.contains(refund)) return answer(ProviderStatus::unknown_key, {});
    return answer(found->second.refunds.at(refund), found->second.amount);
}

int ProviderBook::open_authorizations() const {
    int open = 0;
    for (const auto& [id, entry] : entries) open += entry.status == ProviderStatus::authorized ? 1 : 0;
    return open;
}

std::int64_t ProviderBook::kept() const {
    std::int64_t sum = 0;
    for (const auto& [id, entry] : entries) sum += entry.status == ProviderStatus::captured ? entry.amount.minor - entry.refunded : 0;
    return sum;
}

CarrierAnswer CarrierBook::book(ShipmentId shipment) {
    auto& status = shipments[shipment];
    if (status == CarrierStatus::unknown_key) status = std::exchange(refuse_next, false) ? CarrierStatus::refused : CarrierStatus::booked;
    return find(shipment);
}

CarrierAnswer CarrierBook::cancel(ShipmentId shipment) {
    auto& status = shipments[shipment];
    const bool gone = status == CarrierStatus::in_transit || status == CarrierStatus::delivered;
    if (!gone) status = CarrierStatus::cancelled;
    return find(shipment);
}

CarrierAnswer CarrierBook::find(ShipmentId shipment) const {
    const auto found = shipments.find(shipment);
    CarrierAnswer answer;
    if (found == shipments.end()) return answer;
    answer.status = found->second;
    answer.tracking_number = "TRACK-1";
    answer.event_id = "carrier-event-" + std::to_string(static_cast<int>(found->second));
    return answer;
}

void CarrierBook::progress(ShipmentId shipment) {
    auto& status = shipments[shipment];
    if (status == CarrierStatus::booked) {
        status = CarrierStatus::packed;
    } else if (status == CarrierStatus::packed) {
        status = CarrierStatus::in_transit;
    } else if (status == CarrierStatus::in_transit) {
        status = CarrierStatus::delivered;
    }
}

}  // namespace granary::sagas::test
