// The house carrier: an HTTP server with its own book, whose parcels travel by themselves (docs/house.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/ids.hpp"
#include "tools/house/house_options.hpp"

namespace granary::house {

struct CarrierHouseOptions {
    HouseOptions house;
    Duration pack_delay = milliseconds(200);     // from booked to packed
    Duration ship_delay = milliseconds(200);     // from packed to in transit
    Duration deliver_delay = milliseconds(200);  // from in transit to delivered
    bool manual = false;                         // parcels move only by advance()
    // For tests, counted in the order of arrival of new bookings; 0 = never.
    std::uint32_t refuse_one_in = 0;
    std::uint32_t lose_answer_one_in = 0;  // the booking is made, the connection is closed without an answer
};

// Thread-safe.
class CarrierHouse {
  public:
    // Opens or makes the book in the store, listens, and goes on with what was under way when it was stopped.
    static Result<std::unique_ptr<CarrierHouse>> start(CarrierHouseOptions options);
    // Same as stop().
    ~CarrierHouse();
    CarrierHouse(const CarrierHouse&) = delete;
    CarrierHouse& operator=(const CarrierHouse&) = delete;

    // `http://127.0.0.1:43211`
    std::string url() const;
    // Callbacks that waited for a URL go out at once.
    void set_callback_url(std::string url);
    // Moves a parcel one step on, soon; does nothing to one that is unknown or at its end. False when too much waits.
    bool advance(ShipmentId shipment);
    HouseCounts counts() const;
    // Ends the server and the thread; the book keeps what is under way. A second call does nothing.
    void stop();

  private:
    struct Impl;
    explicit CarrierHouse(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace granary::house
