// Stock: a second set of books, kept from the events alone, that must never go below zero.
#include <algorithm>
#include <map>

#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

constexpr Duration expiry_slack = minutes(3);

struct Reservation {
    std::int64_t quantity = 0;
    OrderId order;
    Time expires_at;
    enum class State { open, committed, released, released_early } state = State::open;
};

struct Shelf {
    std::int64_t received = 0, reserved = 0, sold = 0;
    std::map<ReservationId, Reservation> reservations;
};

class Books {
  public:
    explicit Books(Findings& findings) : findings_(findings) {}

    void take(const HistoryEntry& entry) {
        for (const auto& item : entry.commit.events) {
            const auto* event = std::get_if<inventory::Event>(&item.event);
            if (event == nullptr) continue;
            at_ = &entry;
            std::visit([this](const auto& e) { note(e); }, *event);
        }
    }

    void at_the_end(Time now) {
        for (const auto& [sku, shelf] : shelves_) {
            for (const auto& [id, reservation] : shelf.reservations) {
                if (reservation.state != Reservation::State::open) continue;
                if (!reservation.order.is_nil()) findings_.push_back("reservation " + text_of(id) + " of order " + text_of(reservation.order) + " is left over");
                else if (reservation.expires_at + expiry_slack < now) findings_.push_back("reservation " + text_of(id) + " by hand has outlived its time");
            }
        }
    }

  private:
    void wrong(const std::string& what) { findings_.push_back("stock " + at_->commit.meta.stream_key + " at " + text_of(at_->position) + ": " + what); }
    void check(const Shelf& shelf) {
        if (shelf.reserved < 0 || shelf.sold < 0 || shelf.reserved + shelf.sold > shelf.received) {
            wrong("oversold: " + std::to_string(shelf.reserved) + " reserved and " + std::to_string(shelf.sold) + " sold of " + std::to_string(shelf.received));
        }
    }
    Reservation* find(Shelf& shelf, ReservationId id) {
        const auto found = shelf.reservations.find(id);
        if (found != shelf.reservations.end()) return &found->second;
        wrong("about a reservation that there is not");
        return nullptr;
    }

    void note(const inventory::StockReceivedT& e) { check(move(e.sku, e.quantity)); }
    void note(const inventory::StockAdjustedT& e) { check(move(e.sku, e.delta)); }
    Shelf& move(const Sku& sku, std::int64_t quantity) {
        auto& shelf = shelves_[sku];
        shelf.received += quantity;
        return shelf;
    }
    void note(const inventory::StockReservedT& e) {
        auto& shelf = shelves_[e.sku];
        shelf.reserved += e.quantity;
        if (!shelf.reservations.emplace(e.reservation_id, Reservation{e.quantity, e.order_id, e.expires_at}).second) wrong("the same reservation a second time, or after its release");
        if (e.expires_at <= at_->commit.meta.time) wrong("a reservation that is over when it is made");
        check(shelf);
    }
    void note(const inventory::ReservationCommittedT& e) {
        auto& shelf = shelves_[e.sku];
        auto* reservation = find(shelf, e.reservation_id);
        if (reservation == nullptr) return;
        if (reservation->state != Reservation::State::open || reservation->quantity != e.quantity) wrong("commits what is not open, or another quantity");
        if (reservation->order.is_nil() && reservation->expires_at <= at_->commit.meta.time) wrong("commits a reservation by hand whose time is over");
        reservation->state = Reservation::State::committed;
        shelf.reserved -= e.quantity;
        shelf.sold += e.quantity;
        check(shelf);
    }
    void note(const inventory::ReservationReleasedT& e) {
        auto& shelf = shelves_[e.sku];
        auto* reservation = find(shelf, e.reservation_id);
        if (reservation == nullptr) return;
        const bool was_committed = reservation->state == Reservation::State::committed;
        if ((!was_committed && reservation->state != Reservation::State::open) || was_committed != e.was_committed || reservation->quantity != e.quantity) wrong("frees what is not held so");
        if (e.reason == "expired" && at_->commit.meta.time < reservation->expires_at) wrong("ends a reservation before its time");
        reservation->state = Reservation::State::released;
        (was_committed ? shelf.sold : shelf.reserved) -= e.quantity;
        check(shelf);
    }
    void note(const inventory::ReleaseRecordedT& e) {
        Reservation early;
        early.state = Reservation::State::released_early;
        if (!shelves_[e.sku].reservations.emplace(e.reservation_id, early).second) wrong("a release before its reserve that came after it");
    }

    Findings& findings_;
    std::map<Sku, Shelf> shelves_;
    const HistoryEntry* at_ = nullptr;
};

}  // namespace

void check_stock(const History& history, Time now, Findings& findings) {
    Books books(findings);
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) books.take(entry);
    }
    books.at_the_end(now);
}

}  // namespace granary::simulation
