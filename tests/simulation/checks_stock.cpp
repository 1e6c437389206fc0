// Stock: a second set of books, kept from the events alone, that must never go below zero.
#include <algorithm>
#include <map>
#include <vector>

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
    struct Moment {
        Offset offset;
        Duration stored_at;
        std::int64_t available = 0;
    };
    std::vector<Moment> moments;  // after each event
};

// What an order wants, since when; by article.
struct Wish {
    Duration since;
    std::map<Sku, std::int64_t> quantities;
};

class Books {
  public:
    explicit Books(Findings& findings) : findings_(findings) {}

    void take(const HistoryEntry& entry) {
        for (const auto& item : entry.commit.events) {
            if (const auto* order = std::get_if<orders::Event>(&item.event)) take_wish(entry, *order);
            if (const auto* saga = std::get_if<order_fulfilment::Event>(&item.event)) take_refusal(entry, *saga);
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

    // Commands that clients sent by hand; of an article's own partition, so offsets compare.
    void judge(const Asked& asked) {
        const auto* command = std::get_if<inventory::Command>(&asked.command);
        if (command == nullptr || !asked.answered || asked.refusal != RefusalCode::out_of_stock) return;
        const auto* reserve = std::get_if<inventory::ReserveStockT>(command);
        const auto* adjust = std::get_if<inventory::AdjustStockT>(command);
        if (reserve == nullptr && adjust == nullptr) return;
        const auto& shelf = shelves_[reserve != nullptr ? reserve->sku : adjust->sku];
        std::int64_t available = 0;
        for (const auto& moment : shelf.moments) {
            if (moment.offset <= asked.position.offset) available = moment.available;
        }
        const std::int64_t wanted = reserve != nullptr ? reserve->quantity : -adjust->delta;
        if (available >= wanted) {
            findings_.push_back("who wanted " + std::to_string(wanted) + " was told at " + text_of(asked.position) + " that there is not enough, and there were " + std::to_string(available));
        }
    }

    // Of orders: where their stock lives they have no position, but at some moment between the wish and the refusal it must have been true.
    void judge_refusals() {
        for (const auto& refusal : refusals_) {
            const auto& wish = wishes_[refusal.order];
            const auto wanted = wish.quantities.find(refusal.sku);
            if (wanted == wish.quantities.end()) continue;
            std::int64_t least = available_at(refusal.sku, wish.since);
            for (const auto& moment : shelves_[refusal.sku].moments) {
                if (moment.stored_at > wish.since && moment.stored_at <= refusal.at) least = std::min(least, moment.available);
            }
            if (least >= wanted->second) findings_.push_back("order " + text_of(refusal.order) + " was told that " + std::string(refusal.sku.view()) + " is sold out, and it never was");
        }
    }

  private:
    struct Refused {
        OrderId order;
        Sku sku;
        Duration at;
    };
    void take_wish(const HistoryEntry& entry, const orders::Event& event) {
        const auto* placed = std::get_if<orders::OrderPlacedT>(&event);
        if (placed == nullptr) return;
        auto& wish = wishes_[placed->order_id];
        wish.since = entry.stored_at;
        for (const auto& line : placed->lines) wish.quantities[line->sku] += line->quantity;
    }
    void take_refusal(const HistoryEntry& entry, const order_fulfilment::Event& event) {
        const auto* answer = std::get_if<order_fulfilment::AnswerRecordedT>(&event);
        if (answer == nullptr || answer->accepted || answer->step != order_fulfilment::Step::reserve) return;
        if (static_cast<RefusalCode>(answer->refusal) == RefusalCode::out_of_stock) refusals_.push_back({answer->order_id, answer->sku, entry.stored_at});
    }
    std::int64_t available_at(const Sku& sku, Duration when) {
        std::int64_t available = 0;
        for (const auto& moment : shelves_[sku].moments) {
            if (moment.stored_at <= when) available = moment.available;
        }
        return available;
    }

    void wrong(const std::string& what) { findings_.push_back("stock " + at_->commit.meta.stream_key + " at " + text_of(at_->position) + ": " + what); }
    void check(Shelf& shelf) {
        shelf.moments.push_back({at_->position.offset, at_->stored_at, shelf.received - shelf.sold - shelf.reserved});
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
    std::map<OrderId, Wish> wishes_;
    std::vector<Refused> refusals_;
    const HistoryEntry* at_ = nullptr;
};

}  // namespace

void check_stock(const History& history, const Journal& journal, Time now, Findings& findings) {
    Books books(findings);
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) books.take(entry);
    }
    for (const auto& asked : journal) books.judge(asked);
    books.judge_refusals();
    books.at_the_end(now);
}

}  // namespace granary::simulation
