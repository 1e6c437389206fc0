// One order among everything that may happen to it: its saga, what the saga asks for and is answered, and people and machines beside it,
// each step chosen by a seed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sagas/processes/order_fulfilment.hpp"
#include "tests/sagas/market.hpp"
#include "tests/sagas/outside.hpp"

namespace granary::sagas::test {

inline constexpr OrderId interleaved_order{Uuid{1, 1}};

class InterleavedOrder {
  public:
    explicit InterleavedOrder(std::uint64_t seed);
    // Until the order has ended and nothing is under way.
    void run();
    // That the order has ended and nothing is left over: no stock reserved, no money held, and the saga folded anew is the same.
    void check();

    Phase phase() const { return state_.phase; }
    std::string reason() const { return state_.end_reason; }
    int tracked() const { return tracked_; }

  private:
    struct Logged {
        Event event;
        EventId id;
        CommandId command;
        Time time;
    };
    // What may go wrong in one seed; most seeds have a few of these at once.
    struct Troubles {
        bool cancel, no_token, decline, short_stock, capture_declines, carrier_refuses, compensate, early_timers, staff_refund, deaf;
        unsigned lost_percent, twice_percent;
    };

    unsigned pick(unsigned below) { return static_cast<unsigned>(rng_() % below); }
    bool chance(unsigned percent) { return pick(100) < percent; }
    orders::OrderStatus status() { return market_.orders[interleaved_order].status; }

    bool left_house() const;
    std::int64_t book_kept() const;
    Position append(const Commit& commit);
    ports::CommandAnswer submit(Command command, CommandId id, Time not_before = {});
    CommandId fresh() { return {Uuid{99, ++fresh_}}; }

    void stock(const char* sku, std::int64_t quantity);
    static std::unique_ptr<orders::OrderLineT> line(const char* sku, std::int64_t quantity);
    void place();
    std::string token() { return troubles_.decline && chance(70) ? "tok_decline" : "tok_ok"; }

    // -- the saga and its messengers --

    void move();
    bool fold_one();
    static void react_to(FulfilmentStateT& state, const Logged& logged);
    bool dispatch_one();
    void send(const ActionT& action);
    bool lost(CommandId id);
    void carry_out(Command command, const ActionT& action);
    void perform(const Effect& effect, CommandId id);
    void track(const Effect& effect, CommandId id);
    std::optional<Command> ask_outside(const Effect& effect);
    bool deliver_one();

    // -- everybody else --

    // Something that people and machines may do at any time; false when this seed has no such trouble.
    bool disturb();
    bool cancel();
    bool submit_payment();
    bool compensate();
    bool staff_marks();
    bool staff_refund();
    bool move_carrier();
    void call_back(ShipmentId id);
    bool fire_timer();
    // Nothing moves by itself: the carrier goes on, an operator looks at what is parked, or time passes.
    void stir();
    void operate();
    void check_refold();

    std::mt19937_64 rng_;
    Market market_;
    ProviderBook provider_;
    CarrierBook carrier_;
    Troubles troubles_{};
    std::vector<Logged> partition_;
    std::size_t folded_ = 0;
    std::int64_t stock_offset_ = 0;
    std::int64_t staff_refunded_ = 0;
    std::uint64_t fresh_ = 0;
    int tracked_ = 0;
    Time now_{1'700'000'000'000'000};
    FulfilmentStateT state_;
    std::set<CommandId> dispatched_;
    std::vector<std::function<void()>> in_flight_;
};

}  // namespace granary::sagas::test
