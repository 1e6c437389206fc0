// A payment provider and a carrier as books in memory: keyed, strict, and able to say what they hold.
#pragma once

#include <map>
#include <string>

#include "platform/ports/carrier.hpp"
#include "platform/ports/payment_provider.hpp"

namespace granary::sagas::test {

// Every rule of the port; `faults` counts effects that were asked for twice with other contents, or twice in effect.
class ProviderBook {
  public:
    struct Entry {
        ports::ProviderStatus status = ports::ProviderStatus::unknown_key;
        Money amount;
        std::int64_t refunded = 0;
        bool capture_declined = false;
        std::map<RefundId, ports::ProviderStatus> refunds;
    };
    bool decline_next_capture = false;
    int faults = 0;
    std::map<PaymentId, Entry> entries;

    ports::ProviderAnswer authorize(PaymentId payment, Money amount, const std::string& token);
    ports::ProviderAnswer capture(PaymentId payment, Money amount);
    ports::ProviderAnswer cancel(PaymentId payment);
    ports::ProviderAnswer refund(PaymentId payment, RefundId refund, Money amount);
    ports::ProviderAnswer find(PaymentId payment) const;
    ports::ProviderAnswer find_refund(PaymentId payment, RefundId refund) const;
    // Money that is neither captured for good nor given back: authorizations left over.
    int open_authorizations() const;
    std::int64_t kept() const;  // captured minus refunded

  private:
    ports::ProviderAnswer answer(ports::ProviderStatus status, Money amount, std::string reason = {}) const;
};

class CarrierBook {
  public:
    bool refuse_next = false;
    std::map<ShipmentId, ports::CarrierStatus> shipments;

    ports::CarrierAnswer book(ShipmentId shipment);
    ports::CarrierAnswer cancel(ShipmentId shipment);
    ports::CarrierAnswer find(ShipmentId shipment) const;
    // One step further, unless cancelled, refused or delivered.
    void progress(ShipmentId shipment);
};

}  // namespace granary::sagas::test
