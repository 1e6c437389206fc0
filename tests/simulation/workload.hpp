// What happens in a simulated shop, by name: how many orders in how much time, who pays how, who changes their mind.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tests/simulation/clients.hpp"

namespace granary::simulation {

// Shares in thousandths.
struct Mix {
    std::string_view name;
    std::string_view about;
    std::uint32_t orders_min = 4, orders_max = 16;
    Duration span = seconds(15);           // all of it begins within
    std::uint32_t articles = 5;
    std::int64_t stock_max = 60;           // of each article, at first
    std::uint32_t cancels = 150;
    std::uint32_t unpaid = 120;            // placed without a token
    std::uint32_t submits = 700;           // of those, pays later
    std::uint32_t odd_tokens = 350;        // a token that is declined, late, lost, ...
    std::uint32_t refunds = 100;
    std::uint32_t restocks = 6;            // receipts and adjustments
    std::uint32_t by_hand = 4;             // reservations made by hand
    std::uint32_t hostile = 100;           // of orders: a rude client goes along
    std::uint32_t staff = 60;              // of orders: staff marks or cancels out of turn
    std::uint32_t upsets = 6;              // crashes, pauses and the like
    bool late_callbacks = false;
    std::uint32_t at_gateways = 500;       // of orders and restocks: through a gateway, by people with keys
    std::uint32_t lookers = 8;             // people who page through lists
    std::uint32_t probes = 12;             // requests of anybody to any route
    std::uint32_t erasures = 150;          // persons ask to be forgotten
};

std::span<const Mix> all_mixes();
// Null when there is none of this name.
const Mix* find_mix(std::string_view name);

class Visitors;

class Workload {
  public:
    Workload(Surroundings& around, Clients& clients, Visitors& visitors, const Mix& mix) : around_(around), clients_(clients), visitors_(visitors), mix_(mix) {}

    void begin();
    // A house tells something: people act upon it, too.
    void hear_of(const Callback& callback);
    // Until then something that was begun is still to end by itself.
    Duration goes_on_until() const { return goes_on_until_; }

  private:
    void receive_first(std::uint32_t article);
    void restock();
    void import_invoice();
    struct Kept {
        Sku sku;
        ReservationId reservation;
        Duration end;  // in the world's time
    };
    void reserve_by_hand();
    void close_by_hand(const Kept& kept);
    void place();
    void follow_up(OrderId order, const orders::PlaceOrderT& placed);
    void annoy(OrderId order, CommandId id, const orders::PlaceOrderT& placed);
    void cancel(OrderId order, std::string reason);
    void refund(OrderId order);
    std::string token();
    Sku article(std::uint64_t number) const;
    Uuid fresh();
    void later(Duration least, Duration most, std::function<void()> what);

    Surroundings& around_;
    Clients& clients_;
    Visitors& visitors_;
    const Mix& mix_;
    std::uint64_t next_ = 1;
    Duration goes_on_until_;
};

}  // namespace granary::simulation
