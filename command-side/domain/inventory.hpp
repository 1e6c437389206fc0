// Inventory: the stock of one SKU in one warehouse, which is never sold twice.
#pragma once

#include <expected>
#include <optional>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/inventory_messages.hpp"

namespace granary::inventory {

// What a decision needs: the counters, and of the reservations only the one that the command or event names (nullopt
// when there is none under that id, or none is named).
struct Stock {
    StockStateT counters;
    std::optional<ReservationT> reservation;
};

// The reservation to load into Stock before decide or evolve; nullopt for those that name none.
std::optional<ReservationId> reservation_of(const Command& command);
std::optional<ReservationId> reservation_of(const Event& event);

// Events that the command causes; empty = allowed, and nothing to do; else the first refusal that applies:
//   1. the command's own fields, in the order of the schema: invalid, limit_exceeded
//   2. not_found: adjust of a stock that never was; commit of a reservation that never was; commit or release of one that is
//      another order's, or an order's and not that order's; release by hand of one that is not there
//   3. the named reservation: already_exists (reserve again, otherwise than before), reservation_closed (reserve after
//      an early release or a commit; commit after an early release, or of one made by hand after its time)
//   4. invalid: a reservation that would expire at once
//   5. out_of_stock: wanted > available = on_hand - reserved (reserve); fewer left than reserved (adjust)
//   6. too_many_reservations; limit_exceeded (more in the house than stock_quantity_max)
// The same reserve again is nothing, and so are a second commit and a second release. An order's reservation can still be
// committed after its time: only the saga's timer releases it. Releasing a committed one gives the goods back; an order's
// release of an unknown one is recorded, and refuses the reserve when it comes. ExpireReservation frees one made by hand that
// is open after its time, and is nothing otherwise.
// At every prefix: 0 <= reserved <= on_hand, and reserved + sold <= received + adjusted.
std::expected<std::vector<Event>, Refusal> decide(const Stock& stock, const Command& command, Time now);

// Why this event can't follow on this state; nullptr: it can. Only a bug, or another program that writes to the log, brings
// one that can't: whoever reads it from the log asks here first and halts.
const char* contradiction(const Stock& stock, const Event& event);

// Folds one event that counts and contradicts nothing. Afterwards `stock.reservation` is what to keep of the named reservation; nullopt = forget
// it (released in the ordinary way). Kept: open, committed (a cancel may give the goods back) and released early. Events
// that name no reservation leave it as it was.
void evolve(Stock& stock, const Event& event);

}  // namespace granary::inventory
