// Random commands against one stock, with the runtime's bookkeeping of reservations beside it.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "command-side/domain/inventory.hpp"
#include "core/limits.hpp"

using namespace granary;
using namespace granary::inventory;

namespace {

// Time passes with every step, so that reservations expire among the rest.
constexpr Time time_of(std::size_t step) { return Time{1'700'000'000'000'000} + seconds(15 * static_cast<std::int64_t>(step)); }

struct Step {
    int what;
    std::int64_t quantity;
    std::uint64_t reservation;
};

template <class C>
C at_home(const Step& step) {
    C c;
    c.sku = Sku::from_stored("APPLE-1");
    c.warehouse = WarehouseCode::from_stored("main");
    if constexpr (requires { c.reservation_id; }) c.reservation_id = ReservationId{{1, step.reservation}};
    if constexpr (requires { c.quantity; }) c.quantity = step.quantity;
    return c;
}

Command command_of(const Step& step, Time now) {
    switch (step.what) {
        case 0: return at_home<ReceiveStockT>(step);
        case 1: {
            auto c = at_home<AdjustStockT>(step);
            c.delta = step.quantity - 8;
            c.reason = "count";
            return c;
        }
        case 2: return at_home<CommitReservationT>(step);
        case 3: return at_home<ReleaseReservationT>(step);
        case 4: return at_home<ExpireReservationT>(step);
        default: {
            auto c = at_home<ReserveStockT>(step);
            c.expires_at = now + minutes(1);
            return c;
        }
    }
}

// For rapidcheck's counterexamples.
std::ostream& operator<<(std::ostream& out, const Step& step) { return out << "{" << step.what << " " << step.quantity << " " << step.reservation << "}"; }

// The stock as the runtime holds it: the counters, and one key for each reservation.
struct House {
    StockStateT counters;
    std::map<ReservationId, ReservationT> reservations;
    std::int64_t stocked = 0;  // received + adjusted

    Stock load(std::optional<ReservationId> id) const {
        Stock stock{counters, std::nullopt};
        if (const auto found = id ? reservations.find(*id) : reservations.end(); found != reservations.end()) stock.reservation = found->second;
        return stock;
    }
    void fold(const Event& event) {
        const auto id = reservation_of(event);
        Stock stock = load(id);
        evolve(stock, event);
        counters = stock.counters;
        if (id) reservations.erase(*id);
        if (id && stock.reservation) reservations.emplace(*id, *stock.reservation);
        if (const auto* received = std::get_if<StockReceivedT>(&event)) stocked += received->quantity;
        if (const auto* adjusted = std::get_if<StockAdjustedT>(&event)) stocked += adjusted->delta;
    }
    std::int64_t sum(ReservationStatus status) const {
        std::int64_t total = 0;
        for (const auto& [id, reservation] : reservations) total += reservation.status == status ? reservation.quantity : 0;
        return total;
    }
};

rc::Gen<std::vector<Step>> steps() {
    return rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(rc::gen::set(&Step::what, rc::gen::inRange(0, 9)),
                                                                     rc::gen::set(&Step::quantity, rc::gen::inRange<std::int64_t>(1, 20)),
                                                                     rc::gen::set(&Step::reservation, rc::gen::inRange<std::uint64_t>(1, 6))));
}

void check_invariants(const House& house) {
    const auto& counters = house.counters;
    RC_ASSERT(counters.reserved >= 0);
    RC_ASSERT(counters.sold >= 0);
    RC_ASSERT(counters.on_hand >= counters.reserved);
    RC_ASSERT(counters.reserved + counters.sold <= house.stocked);
    RC_ASSERT(counters.on_hand + counters.sold == house.stocked);
    RC_ASSERT(counters.reserved == house.sum(ReservationStatus::open));
    RC_ASSERT(counters.sold == house.sum(ReservationStatus::committed));
    const auto open = std::ranges::count_if(house.reservations, [](const auto& entry) { return entry.second.status == ReservationStatus::open; });
    RC_ASSERT(counters.open_reservations == static_cast<std::uint32_t>(open));
}

}  // namespace

TEST_CASE("no sequence of commands oversells, and the counters always agree with the reservations") {
    const bool held = rc::check("no oversell", [] {
        House house;
        const auto sequence = *steps();
        for (std::size_t i = 0; i < sequence.size(); ++i) {
            const auto& step = sequence[i];
            const Time now = time_of(i);
            const Command command = command_of(step, now);
            const auto decision = decide(house.load(reservation_of(command)), command, now);
            if (!decision) continue;
            for (const auto& event : *decision) house.fold(event);
            check_invariants(house);
        }
    });
    CHECK(held);
}

TEST_CASE("saying commit, release or reserve again changes nothing") {
    const bool held = rc::check("repeats are silent", [] {
        House house;
        const auto sequence = *steps();
        for (std::size_t i = 0; i < sequence.size(); ++i) {
            const auto& step = sequence[i];
            const Time now = time_of(i);
            const Command command = command_of(step, now);
            const auto decision = decide(house.load(reservation_of(command)), command, now);
            if (!decision) continue;
            for (const auto& event : *decision) house.fold(event);
            // A reservation that was released in the ordinary way is forgotten: the runtime knows repeats by command id.
            const bool forgotten = step.what == 3 && !house.load(reservation_of(command)).reservation;
            if (step.what < 2 || forgotten) continue;
            const auto again = decide(house.load(reservation_of(command)), command, now);
            RC_ASSERT(again.has_value());
            RC_ASSERT(again->empty());
        }
    });
    CHECK(held);
}
