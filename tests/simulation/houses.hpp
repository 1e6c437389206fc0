// The payment provider and the carrier of a simulated world: the books of tools/house behind the ports, and the callbacks of what
// changes in them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "platform/ports/carrier.hpp"
#include "platform/ports/payment_provider.hpp"
#include "schemas/messages.hpp"
#include "tests/simulation/fuse.hpp"
#include "tests/simulation/schedule.hpp"
#include "tools/house/payment_book.hpp"
#include "tools/house/shipment_book.hpp"

namespace granary::simulation {

struct HouseFaults {  // thousandths of all calls, or of all callbacks
    std::uint32_t refused = 0;
    std::uint32_t lost = 0;            // the call: nothing happens
    std::uint32_t unanswered = 0;      // it happens
    std::uint32_t slow = 0;
    std::uint32_t refuses_booking = 0;
    std::uint32_t booking_told_late = 0;  // when the parcel has moved on
    std::uint32_t talkative = 0;       // tells more than a code when it refuses
    std::uint32_t callback_lost = 0;   // for good
    std::uint32_t callback_twice = 0;
    std::uint32_t callback_late = 0;   // by minutes up to three days
    Duration latency_max = milliseconds(30);
};

// What a house tells, as the command that it becomes; the id is the same however often it is told.
struct Callback {
    CommandId id;
    Command command;
    Time occurred_at;
    std::string event;  // the house's own id of it
};

class Houses {
  public:
    // `tell` brings a callback to some node. `begin` is the wall clock's time at the schedule's zero.
    Houses(Schedule& schedule, Time begin, std::function<void(Callback)> tell) : schedule_(schedule), begin_(begin), tell_(std::move(tell)) {}

    HouseFaults faults;
    const std::map<PaymentId, house::BookedPayment>& payments() const { return payments_; }
    const std::map<ShipmentId, house::BookedShipment>& shipments() const { return shipments_; }

    // Callbacks that will still come.
    std::size_t callbacks_open() const { return callbacks_open_; }

    // The ports of one life of a node; `done` comes through `inside`, and never once they are destroyed.
    using Inside = std::function<void(std::function<void()>)>;
    std::unique_ptr<ports::PaymentProvider> provider(Fuse& fuse, Inside inside);
    std::unique_ptr<ports::Carrier> carrier(Fuse& fuse, Inside inside);

  private:
    friend class SimulatedProvider;
    friend class SimulatedCarrier;

    ports::ProviderAnswer refused(std::string_view reason);
    std::string in_its_words(std::string_view reason);
    Time wall() const { return begin_ + schedule_.now(); }
    Duration delay();
    house::BookedPayment* known(PaymentId id);
    Result<ports::ProviderAnswer> state_of(const house::BookedPayment& payment);
    std::optional<Result<ports::ProviderAnswer>> authorize(PaymentId payment, OrderId order, Money amount, const std::string& token);
    Result<ports::ProviderAnswer> capture(PaymentId payment, Money amount);
    Result<ports::ProviderAnswer> cancel(PaymentId payment);
    Result<ports::ProviderAnswer> refund(PaymentId payment, RefundId refund, Money amount);
    Result<ports::ProviderAnswer> find(PaymentId payment);
    Result<ports::ProviderAnswer> find_refund(PaymentId payment, RefundId refund);
    void decide_late(PaymentId payment);
    void note(house::PaymentChange change, const house::BookedPayment& payment, std::uint64_t number);

    Result<ports::CarrierAnswer> state_of(const house::BookedShipment& shipment) const;
    Result<ports::CarrierAnswer> book(const ports::CarrierBooking& booking);
    Result<ports::CarrierAnswer> cancel(ShipmentId shipment);
    Result<ports::CarrierAnswer> find(ShipmentId shipment);
    void travel(ShipmentId shipment);
    void note(const house::BookedShipment& shipment);
    void call_back(const std::string& event, Command command);
    Duration lateness();

    Schedule& schedule_;
    const Time begin_;
    std::function<void(Callback)> tell_;
    std::map<PaymentId, house::BookedPayment> payments_;
    std::map<ShipmentId, house::BookedShipment> shipments_;
    std::uint64_t number_ = 0;
    std::size_t callbacks_open_ = 0;
};

}  // namespace granary::simulation
