// What the house carrier remembers of a shipment, and its rules as pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace granary::house {

enum class ParcelStatus : std::uint8_t { booked, packed, in_transit, delivered, cancelled, refused };
std::string_view name_of(ParcelStatus status);

// The address is not kept: the house drives no vans, and what is not kept need not be erased.
struct BookedShipment {
    ShipmentId id;
    OrderId order;                 // nil when it was cancelled before it was heard of
    ParcelStatus status = ParcelStatus::booked;
    std::string tracking_number;
    std::string reason;            // of a refusal
    std::uint64_t event_number = 0;  // of the newest progress
    Time happened_at;
    std::uint32_t lost_answers_left = 0;

    bool operator==(const BookedShipment&) const = default;
};

std::string text_of(const BookedShipment& shipment);
Result<BookedShipment> parse_booked_shipment(std::string_view text);
// As others are shown it: the JSON of docs/house.md.
std::string json_of(const BookedShipment& shipment);

// How a new booking is to end; for tests.
struct BookingFate {
    bool refuse = false;
    std::uint32_t lost_answers = 0;
};

struct ShipmentVerdict {
    int status = 200;
    std::string_view code;    // of a problem; empty = the answer is the shipment
    std::string_view detail;
    bool changed = false;
    bool progressed = false;  // a callback tells of it
    bool silent = false;
};

// `known` is what the book has, nullopt when nothing; it holds the shipment afterwards.
ShipmentVerdict book(std::optional<BookedShipment>& known, ShipmentId id, OrderId order, std::uint64_t number, Time now, BookingFate fate);
ShipmentVerdict cancel(std::optional<BookedShipment>& known, ShipmentId id, std::uint64_t number, Time now);
// One step towards the customer; nothing at the end of the way.
ShipmentVerdict advance(BookedShipment& shipment, std::uint64_t number, Time now);

}  // namespace granary::house
