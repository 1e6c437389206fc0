// Stock arithmetic. The counters never go below zero because each decision is checked against what is there.
#include "command-side/domain/inventory.hpp"

#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/check.hpp"
#include "core/limits.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"

namespace granary::inventory {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

// The fields that every command has.
template <class C>
Objection check_place(const C& c) {
    return domain::first_of(domain::check_sku(c.sku, "/sku"), domain::check_warehouse(c.warehouse, "/warehouse"));
}

Objection check_fields(const ReceiveStockT& c) {
    return domain::first_of(check_place(c), domain::check_quantity(c.quantity, limits::quantity_max, "/quantity"),
                            domain::check_text(c.reference, limits::external_reference_bytes_max, "/reference"));
}

Objection check_delta(std::int64_t delta) {
    if (delta == 0) return Refusal{RefusalCode::invalid, "/delta", "must not be zero"};
    if (delta > limits::quantity_max || delta < -limits::quantity_max) {
        return Refusal{RefusalCode::limit_exceeded, "/delta", "must be at most " + std::to_string(limits::quantity_max) + " either way"};
    }
    return {};
}

Objection check_kind(AdjustmentKind kind) {
    if (kind <= AdjustmentKind::MAX) return {};
    return Refusal{RefusalCode::invalid, "/kind", "is no kind of adjustment that is known here"};
}

Objection check_fields(const AdjustStockT& c) {
    return domain::first_of(check_place(c), check_delta(c.delta), domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"),
                            check_kind(c.kind));
}

Objection check_fields(const ReserveStockT& c) {
    return domain::first_of(check_place(c), domain::check_id(c.reservation_id.value, "/reservation_id"),
                            domain::check_quantity(c.quantity, limits::quantity_max, "/quantity"));
}

Objection check_fields(const CommitReservationT& c) {
    return domain::first_of(check_place(c), domain::check_id(c.reservation_id.value, "/reservation_id"));
}

Objection check_fields(const ReleaseReservationT& c) {
    return domain::first_of(check_place(c), domain::check_id(c.reservation_id.value, "/reservation_id"),
                            domain::check_text(c.reason, limits::reason_bytes_max, "/reason"));
}

Objection check_fields(const ExpireReservationT& c) {
    return domain::first_of(check_place(c), domain::check_id(c.reservation_id.value, "/reservation_id"));
}

std::int64_t available(const StockStateT& counters) { return counters.on_hand - counters.reserved; }

Decision one(Event event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    return events;
}

Decision nothing() { return std::vector<Event>(); }

// Decides on a command whose own fields are in order.
struct Decider {
    const StockStateT& counters;
    const std::optional<ReservationT>& reservation;
    Time now;

    ReservationStatus status() const { return reservation ? reservation->status : ReservationStatus::none; }
    Decision operator()(const ReceiveStockT& c) const;
    Decision operator()(const AdjustStockT& c) const;
    Decision operator()(const ReserveStockT& c) const;
    Decision operator()(const CommitReservationT& c) const;
    Decision operator()(const ReleaseReservationT& c) const;
    Decision operator()(const ExpireReservationT& c) const;
    bool is_of_another(OrderId order) const;
    bool has_expired() const;
    Decision refuse_repeated(const ReserveStockT& c) const;
    Decision too_full(std::string_view pointer) const;
};

Decision Decider::too_full(std::string_view pointer) const {
    return refuse(RefusalCode::limit_exceeded, std::string(pointer), "the warehouse would hold more than " + std::to_string(limits::stock_quantity_max));
}

Decision Decider::operator()(const ReceiveStockT& c) const {
    if (counters.on_hand > limits::stock_quantity_max - c.quantity) return too_full("/quantity");
    StockReceivedT event;
    event.sku = c.sku;
    event.warehouse = c.warehouse;
    event.quantity = c.quantity;
    event.reference = c.reference;
    return one(std::move(event));
}

Decision Decider::operator()(const AdjustStockT& c) const {
    if (!counters.exists) return refuse(RefusalCode::not_found, "/sku", "this warehouse has never received this article");
    const auto least = GRANARY_MUTANT(count_below_reserved) ? std::int64_t{0} : counters.reserved;
    if (counters.on_hand + c.delta < least) {
        return refuse(RefusalCode::out_of_stock, "/delta", "would leave less than the " + std::to_string(counters.reserved) + " that are reserved");
    }
    if (counters.on_hand > limits::stock_quantity_max - c.delta) return too_full("/delta");
    StockAdjustedT event;
    event.sku = c.sku;
    event.warehouse = c.warehouse;
    event.delta = c.delta;
    event.reason = c.reason;
    event.kind = c.kind;
    return one(std::move(event));
}

Decision Decider::refuse_repeated(const ReserveStockT& c) const {
    if (status() != ReservationStatus::open) {
        return refuse(RefusalCode::reservation_closed, "/reservation_id", "this reservation was committed or released before; use a new one");
    }
    if (reservation->quantity == c.quantity && reservation->order_id == c.order_id) return nothing();
    return refuse(RefusalCode::already_exists, "/reservation_id", "this reservation is open, for another quantity or order");
}

Decision Decider::operator()(const ReserveStockT& c) const {
    const bool takes_late = GRANARY_MUTANT(late_reserve_taken) && status() == ReservationStatus::released_early;
    if (status() != ReservationStatus::none && !takes_late) return refuse_repeated(c);
    if (c.expires_at <= now) return refuse(RefusalCode::invalid, "/expires_at", "must be in the future");
    if (c.quantity > available(counters) + (GRANARY_MUTANT(oversold_by_one) ? 1 : 0)) {
        return refuse(RefusalCode::out_of_stock, "/quantity", "only " + std::to_string(available(counters)) + " are available");
    }
    if (counters.open_reservations >= limits::open_reservations_max) {
        return refuse(RefusalCode::too_many_reservations, "", "too many orders wait for this article; try again in a moment");
    }
    StockReservedT event;
    event.sku = c.sku;
    event.warehouse = c.warehouse;
    event.reservation_id = c.reservation_id;
    event.order_id = c.order_id;
    event.quantity = c.quantity;
    event.expires_at = c.expires_at;
    return one(std::move(event));
}

// An order's reservation is its saga's alone: nobody commits or frees it by hand.
bool Decider::is_of_another(OrderId order) const {
    const bool has_owner = status() == ReservationStatus::open || status() == ReservationStatus::committed;
    return has_owner && reservation->order_id != order;
}

// An order's reservation has its saga's timer, which alone ends it; one made by hand ends with its time.
bool Decider::has_expired() const {
    const Time end = GRANARY_MUTANT(ttl_off_by_one) ? reservation->expires_at + seconds(1) : reservation->expires_at;
    return reservation->order_id.is_nil() && end <= now;
}

Decision no_such_reservation() { return refuse(RefusalCode::not_found, "/reservation_id", "there is no such reservation, or it was released"); }

Decision Decider::operator()(const CommitReservationT& c) const {
    if (is_of_another(c.order_id)) return no_such_reservation();
    switch (status()) {
        case ReservationStatus::none: return no_such_reservation();
        case ReservationStatus::committed: return nothing();
        case ReservationStatus::released_early: return refuse(RefusalCode::reservation_closed, "/reservation_id", "this reservation was released");
        case ReservationStatus::open: break;
    }
    if (has_expired()) return refuse(RefusalCode::reservation_closed, "/reservation_id", "the time of this reservation is over");
    ReservationCommittedT event;
    event.sku = c.sku;
    event.warehouse = c.warehouse;
    event.reservation_id = c.reservation_id;
    event.quantity = reservation->quantity;
    return one(std::move(event));
}

Decision Decider::operator()(const ReleaseReservationT& c) const {
    if (status() == ReservationStatus::released_early) return nothing();
    if (is_of_another(c.order_id)) return no_such_reservation();
    if (status() == ReservationStatus::none) {
        if (GRANARY_MUTANT(early_release_lost)) return nothing();
        // A reservation made by hand is released by who was told that it stands; only a saga's release may overtake.
        if (c.order_id.is_nil()) return no_such_reservation();
        GRANARY_MARK(release_before_reserve);
        ReleaseRecordedT event;
        event.sku = c.sku;
        event.warehouse = c.warehouse;
        event.reservation_id = c.reservation_id;
        event.reason = c.reason;
        return one(std::move(event));
    }
    ReservationReleasedT event;
    event.sku = c.sku;
    event.warehouse = c.warehouse;
    event.reservation_id = c.reservation_id;
    event.quantity = reservation->quantity;
    event.reason = c.reason;
    event.was_committed = status() == ReservationStatus::committed;
    return one(std::move(event));
}

Decision Decider::operator()(const ExpireReservationT& c) const {
    if (status() != ReservationStatus::open || !has_expired()) return nothing();
    ReservationReleasedT event;
    event.sku = c.sku;
    event.warehouse = c.warehouse;
    event.reservation_id = c.reservation_id;
    event.quantity = reservation->quantity;
    event.reason = "expired";
    return one(std::move(event));
}

struct Folder {
    StockStateT& counters;
    std::optional<ReservationT>& reservation;

    void operator()(const StockReceivedT& e) {
        counters.exists = true;
        counters.on_hand += e.quantity;
    }
    void operator()(const StockAdjustedT& e) {
        counters.exists = true;
        counters.on_hand += e.delta;
    }
    void operator()(const StockReservedT& e) {
        counters.reserved += e.quantity;
        ++counters.open_reservations;
        reservation.emplace();
        reservation->reservation_id = e.reservation_id;
        reservation->status = ReservationStatus::open;
        reservation->order_id = e.order_id;
        reservation->quantity = e.quantity;
        reservation->expires_at = e.expires_at;
    }
    void operator()(const ReservationCommittedT& e) {
        counters.on_hand -= e.quantity;
        counters.reserved -= e.quantity;
        counters.sold += e.quantity;
        --counters.open_reservations;
        reservation->status = ReservationStatus::committed;
    }
    void operator()(const ReservationReleasedT& e) {
        if (e.was_committed) {
            counters.on_hand += e.quantity;
            counters.sold -= e.quantity;
        } else {
            counters.reserved -= e.quantity;
            --counters.open_reservations;
        }
        reservation.reset();
    }
    void operator()(const ReleaseRecordedT& e) {
        reservation.emplace();
        reservation->reservation_id = e.reservation_id;
        reservation->status = ReservationStatus::released_early;
    }
};

template <class Message>
std::optional<ReservationId> named_in(const Message& message) {
    if constexpr (requires { message.reservation_id; }) {
        return message.reservation_id;
    } else {
        return std::nullopt;
    }
}

// A reservation other than the one named would be judged, and stored, in its place.
bool is_named_one(const Stock& stock, const std::optional<ReservationId>& named) {
    return !named || !stock.reservation || stock.reservation->reservation_id == *named;
}

template <class Message>
bool is_of_possible_size(const Message& message) {
    if constexpr (requires { message.quantity; }) return message.quantity >= 0 && message.quantity <= limits::stock_quantity_max;
    if constexpr (requires { message.delta; }) return message.delta >= -limits::stock_quantity_max && message.delta <= limits::stock_quantity_max;
    return true;
}

StockStateT counters_after(const Stock& stock, const Event& event) {
    Stock trial = stock;
    std::visit(Folder{trial.counters, trial.reservation}, event);
    return std::move(trial.counters);
}

}  // namespace

std::optional<ReservationId> reservation_of(const Command& command) {
    return std::visit([](const auto& c) { return named_in(c); }, command);
}

std::optional<ReservationId> reservation_of(const Event& event) {
    return std::visit([](const auto& e) { return named_in(e); }, event);
}

std::expected<std::vector<Event>, Refusal> decide(const Stock& stock, const Command& command, Time now) {
    GRANARY_CHECK(is_named_one(stock, reservation_of(command)));
    if (auto wrong = std::visit([](const auto& c) { return check_fields(c); }, command)) return std::unexpected(std::move(*wrong));
    return std::visit(Decider{stock.counters, stock.reservation, now}, command);
}

const char* contradiction(const Stock& stock, const Event& event) {
    if (!is_named_one(stock, reservation_of(event))) return "is about another reservation than the one it names";
    if (!std::visit([](const auto& e) { return is_of_possible_size(e); }, event)) return "moves an impossible quantity";
    if (std::holds_alternative<ReservationCommittedT>(event) && !stock.reservation) return "commits a reservation that there is not";
    const auto after = counters_after(stock, event);
    if (after.sold < 0 || after.reserved < 0) return "takes more goods back than were sold or reserved";
    if (after.on_hand < after.reserved) return "leaves less stock than is reserved";
    return nullptr;
}

void evolve(Stock& stock, const Event& event) {
    GRANARY_CHECK(contradiction(stock, event) == nullptr);
    std::visit(
        [&](const auto& e) {
            stock.counters.sku = e.sku;
            stock.counters.warehouse = e.warehouse;
        },
        event);
    std::visit(Folder{stock.counters, stock.reservation}, event);
}

}  // namespace granary::inventory
