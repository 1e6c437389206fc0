// The payment provider and the carrier of all nodes: one book each, answering at once.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/ports/person_eraser.hpp"
#include "platform/ports/sealer.hpp"
#include "tests/sagas/outside.hpp"

namespace granary::test {

// Thread-safe.
class OutsideWorld final : public ports::PaymentProvider, public ports::Carrier, public ports::Sealer, public ports::PersonEraser {
  public:
    void authorize(PaymentId payment, OrderId, Money amount, std::string token, ports::ProviderCallback done) override {
        provide([&](auto& book) { return book.authorize(payment, amount, token); }, done);
    }
    void capture(PaymentId payment, Money amount, ports::ProviderCallback done) override {
        provide([&](auto& book) { return book.capture(payment, amount); }, done);
    }
    void cancel(PaymentId payment, ports::ProviderCallback done) override {
        provide([&](auto& book) { return book.cancel(payment); }, done);
    }
    void refund(PaymentId payment, RefundId refund, Money amount, ports::ProviderCallback done) override {
        provide([&](auto& book) { return book.refund(payment, refund, amount); }, done);
    }
    void find(PaymentId payment, ports::ProviderCallback done) override {
        provide([&](auto& book) { return book.find(payment); }, done);
    }
    void find_refund(PaymentId payment, RefundId refund, ports::ProviderCallback done) override {
        provide([&](auto& book) { return book.find_refund(payment, refund); }, done);
    }
    void book(ports::CarrierBooking booking, ports::CarrierCallback done) override {
        carry([&](auto& book) { orders_[booking.shipment] = booking.order; return book.book(booking.shipment); }, done);
    }
    void cancel(ShipmentId shipment, ports::CarrierCallback done) override {
        carry([&](auto& book) { return book.cancel(shipment); }, done);
    }
    void find(ShipmentId shipment, ports::CarrierCallback done) override {
        carry([&](auto& book) { return book.find(shipment); }, done);
    }
    void orders_under_way(CustomerId, OrderId, std::function<void(Result<std::uint32_t>)> done) override { done(0U); }
    void destroy_key(PersonId, std::function<void(Status)> done) override { done({}); }
    void keep_destroyed(PersonId, std::function<void(Status)> done) override { done({}); }
    Result<wire::SealedT> seal(PersonId, std::string_view) override { return fault(FaultCode::unsupported, "no keys here"); }
    Result<std::optional<std::string>> open(const wire::SealedT&) override { return fault(FaultCode::unsupported, "no keys here"); }
    Result<Fingerprint> fingerprint_for(PersonId, std::string_view) override { return Fingerprint{}; }
    Fingerprint fingerprint(std::string_view) const override { return {}; }

    // Moves every parcel one step on; what the carrier would call back about, as commands under ids of their own.
    std::vector<std::pair<CommandId, Command>> move_parcels();
    sagas::test::ProviderBook payments() {
        const std::scoped_lock lock(mutex_);
        return provider_;
    }

  private:
    template <class Ask>
    void provide(Ask ask, const ports::ProviderCallback& done) {
        std::unique_lock lock(mutex_);
        const auto answer = ask(provider_);
        lock.unlock();
        done(answer);
    }
    template <class Ask>
    void carry(Ask ask, const ports::CarrierCallback& done) {
        std::unique_lock lock(mutex_);
        const auto answer = ask(carrier_);
        lock.unlock();
        done(answer);
    }

    std::mutex mutex_;
    sagas::test::ProviderBook provider_;
    sagas::test::CarrierBook carrier_;
    std::map<ShipmentId, OrderId> orders_;
};

inline std::vector<std::pair<CommandId, Command>> OutsideWorld::move_parcels() {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<CommandId, Command>> callbacks;
    for (const auto& [shipment, order] : orders_) {
        const auto state = carrier_.shipments[shipment];
        const bool moves = state == ports::CarrierStatus::booked || state == ports::CarrierStatus::packed || state == ports::CarrierStatus::in_transit;
        if (!moves) continue;
        carrier_.progress(shipment);
        const auto now = carrier_.shipments[shipment];
        delivery::RecordProgressT progress;
        progress.shipment_id = shipment;
        progress.order_id = order;
        progress.status = now == ports::CarrierStatus::packed       ? delivery::ShipmentStatus::packed
                          : now == ports::CarrierStatus::in_transit ? delivery::ShipmentStatus::in_transit
                                                                    : delivery::ShipmentStatus::delivered;
        progress.carrier_event_id = carrier_.find(shipment).event_id;
        callbacks.emplace_back(CommandId{{shipment.value.lo ^ 0xCA, shipment.value.hi + static_cast<std::uint64_t>(progress.status)}}, delivery::Command(progress));
    }
    return callbacks;
}

}  // namespace granary::test
