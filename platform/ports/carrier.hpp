// The carrier port: books and cancels shipments. Progress arrives by signed callbacks, or by asking.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/names.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace granary::ports {

enum class CarrierStatus { unknown_key, booked, packed, in_transit, delivered, cancelled, refused };

struct CarrierAnswer {
    CarrierStatus status = CarrierStatus::unknown_key;
    std::string tracking_number;
    std::string reason;       // of a refusal
    std::string event_id;     // of the newest progress
    Time happened_at;
};

struct CarrierBooking {
    ShipmentId shipment;      // the idempotency key
    OrderId order;
    WarehouseCode warehouse;
    CountryCode country;
    std::string ship_to;      // opened address as JSON; empty when there is none
    std::int64_t pieces = 0;
};

// FaultCode::unavailable: certainly not done; timed_out: indefinite, ask `find` under the same key.
using CarrierCallback = std::function<void(Result<CarrierAnswer>)>;

// Thread-safe; callbacks come on the adapter's thread.
class Carrier {
  public:
    virtual ~Carrier() = default;
    virtual void book(CarrierBooking booking, CarrierCallback done) = 0;
    // Of one that was never booked, too: the carrier answers `cancelled`, and refuses a booking that comes later.
    virtual void cancel(ShipmentId shipment, CarrierCallback done) = 0;
    virtual void find(ShipmentId shipment, CarrierCallback done) = 0;
};

}  // namespace granary::ports
