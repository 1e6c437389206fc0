// What single objects do, one operation after another: written for the check of linearizability alone, and by nobody's code but its own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/refusal.hpp"
#include "schemas/messages.hpp"

namespace granary::simulation {

// How an operation ended, as its caller was told.
struct Ending {
    enum class Kind { accepted, unchanged, refused } kind = Kind::accepted;
    RefusalCode code = RefusalCode::none;
    std::optional<std::uint64_t> version = {};   // of the object afterwards, as was said
    std::optional<std::uint64_t> expected = {};  // that the caller had seen, and insisted on
};

// Stock of one article in one warehouse.
struct StockObject {
    std::uint64_t version = 0;
    bool known = false;  // something was received once
    std::int64_t on_hand = 0, reserved = 0;
    struct Held {
        std::int64_t quantity = 0;
        enum class State { open, sold, refused_early } state = State::open;
    };
    std::map<ReservationId, Held> held;

    std::string key() const;
    // What commands and events of others did to it; false: they can't have, now.
    bool follow(const inventory::Event& event);
    // `quantity`: of a reserve, `id` of a reservation.
    bool end_receive(std::int64_t quantity, const Ending& ending);
    bool end_adjust(std::int64_t delta, const Ending& ending);
    bool end_reserve(ReservationId id, std::int64_t quantity, const Ending& ending);
    bool end_commit(ReservationId id, bool by_hand, const Ending& ending);
    bool end_release(ReservationId id, bool by_hand, const Ending& ending);
};

// The status of one order.
struct OrderObject {
    std::uint64_t version = 0;
    orders::OrderStatus status = orders::OrderStatus::none;
    int payments = 0;  // asked for
    int erasure = 0;   // 1: of its buyer was asked for, 2: is done

    std::string key() const;
    bool follow(const orders::Event& event);
    bool end_place(bool pays, const Ending& ending);
    bool end_pay(const Ending& ending);
    bool end_cancel(const Ending& ending);
    // Packed, shipped or delivered by hand: the steps between are taken, too.
    bool end_move(orders::OrderStatus to, const Ending& ending);
};

// Whether a customer is registered, how often its address has changed, and whether it is to be forgotten.
struct CustomerObject {
    std::uint64_t version = 0;
    bool registered = false;
    int erasure = 0;  // 1: asked for, 2: done

    std::string key() const { return std::to_string(version) + "," + std::to_string(registered) + "," + std::to_string(erasure); }
    bool follow(const customers::Event& event);
    bool end_register(const Ending& ending);
    bool end_address(const Ending& ending);
};

}  // namespace granary::simulation
