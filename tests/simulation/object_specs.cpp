// Each answers whether this ending is one that this state allows, and takes the step.
#include "tests/simulation/object_specs.hpp"

#include "core/limits.hpp"

namespace granary::simulation {

using orders::OrderStatus;
using Kind = Ending::Kind;

namespace {

// After `events` more: accepted with that version, or the same one told to who was refused.
bool agrees(const Ending& ending, std::uint64_t version) { return !ending.version || *ending.version == version; }

// Whoever insists on a version is refused for another one, whatever else would be said; nothing when that is not the matter.
std::optional<bool> by_version(const Ending& ending, std::uint64_t version) {
    const bool stale = ending.expected && *ending.expected != version;
    if (ending.kind == Kind::refused && ending.code == RefusalCode::stale_version) return stale;
    return stale ? std::optional(false) : std::nullopt;
}

}  // namespace

// -- stock -----------------------------------------------------------------------------------------------------------------

std::string StockObject::key() const {
    std::string text = std::to_string(version) + "," + std::to_string(on_hand) + "," + std::to_string(reserved);
    for (const auto& [id, one] : held) text += "," + text_of(id) + std::to_string(static_cast<int>(one.state));
    return text;
}

bool StockObject::end_receive(std::int64_t quantity, const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    if (ending.kind != Kind::accepted) return false;
    known = true;
    on_hand += quantity;
    return agrees(ending, ++version);
}

bool StockObject::end_adjust(std::int64_t delta, const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    const bool fits = known && on_hand + delta >= reserved;
    if (ending.kind == Kind::refused) {
        const auto expected = known ? RefusalCode::out_of_stock : RefusalCode::not_found;
        return !fits && ending.code == expected && agrees(ending, version);
    }
    if (ending.kind != Kind::accepted || !fits) return false;
    on_hand += delta;
    return agrees(ending, ++version);
}

bool StockObject::end_reserve(ReservationId id, std::int64_t quantity, const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    const auto found = held.find(id);
    const bool fits = on_hand - reserved >= quantity;
    if (ending.kind == Kind::unchanged) return found != held.end() && found->second.state == Held::State::open && agrees(ending, version);
    if (ending.kind == Kind::refused) {
        if (!agrees(ending, version)) return false;
        if (ending.code == RefusalCode::out_of_stock) return found == held.end() && !fits;
        if (ending.code == RefusalCode::reservation_closed) return found != held.end() && found->second.state != Held::State::open;
        if (ending.code == RefusalCode::already_exists) return found != held.end() && found->second.state == Held::State::open;
        return true;  // about the request itself, or the number of reservations
    }
    if (found != held.end() || !fits) return false;
    held[id] = {quantity, Held::State::open};
    reserved += quantity;
    return agrees(ending, ++version);
}

bool StockObject::end_commit(ReservationId id, bool by_hand, const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    const auto found = held.find(id);
    const bool is_open = found != held.end() && found->second.state == Held::State::open;
    if (ending.kind == Kind::unchanged) return found != held.end() && found->second.state == Held::State::sold && agrees(ending, version);
    if (ending.kind == Kind::refused) {
        if (!agrees(ending, version)) return false;
        if (ending.code == RefusalCode::not_found) return found == held.end();
        // One that was made by hand may have outlived its time, which no state tells.
        if (ending.code == RefusalCode::reservation_closed) return (is_open && by_hand) || (found != held.end() && found->second.state == Held::State::refused_early);
        return true;
    }
    if (!is_open) return false;
    found->second.state = Held::State::sold;
    on_hand -= found->second.quantity;
    reserved -= found->second.quantity;
    return agrees(ending, ++version);
}

bool StockObject::end_release(ReservationId id, bool by_hand, const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    const auto found = held.find(id);
    if (ending.kind == Kind::unchanged) return found != held.end() && found->second.state == Held::State::refused_early && agrees(ending, version);
    if (ending.kind == Kind::refused) return (ending.code != RefusalCode::not_found || found == held.end()) && agrees(ending, version);
    if (found == held.end()) {
        if (by_hand) return false;
        held[id] = {0, Held::State::refused_early};
        return agrees(ending, ++version);
    }
    if (found->second.state == Held::State::refused_early) return false;
    if (found->second.state == Held::State::sold) on_hand += found->second.quantity;
    else reserved -= found->second.quantity;
    held.erase(found);
    return agrees(ending, ++version);
}

bool StockObject::follow(const inventory::Event& event) {
    struct Step {
        StockObject& stock;
        bool operator()(const inventory::StockReceivedT& e) const { return stock.end_receive(e.quantity, {}); }
        bool operator()(const inventory::StockAdjustedT& e) const { return stock.end_adjust(e.delta, {}); }
        bool operator()(const inventory::StockReservedT& e) const { return stock.end_reserve(e.reservation_id, e.quantity, {}); }
        bool operator()(const inventory::ReservationCommittedT& e) const { return stock.end_commit(e.reservation_id, false, {}); }
        bool operator()(const inventory::ReservationReleasedT& e) const { return stock.held.contains(e.reservation_id) && stock.end_release(e.reservation_id, false, {}); }
        bool operator()(const inventory::ReleaseRecordedT& e) const { return !stock.held.contains(e.reservation_id) && stock.end_release(e.reservation_id, false, {}); }
    };
    return std::visit(Step{*this}, event);
}

// -- orders ----------------------------------------------------------------------------------------------------------------

std::string OrderObject::key() const { return std::to_string(version) + "," + std::to_string(static_cast<int>(status)) + "," + std::to_string(payments) + "," + std::to_string(erasure); }

bool OrderObject::end_place(bool pays, const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    if (ending.kind == Kind::refused) return (ending.code != RefusalCode::already_exists || status != OrderStatus::none) && agrees(ending, version);
    if (ending.kind != Kind::accepted || status != OrderStatus::none) return false;
    status = OrderStatus::created;
    payments = pays ? 1 : 0;
    return agrees(ending, ++version);
}

bool OrderObject::end_pay(const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    if (ending.kind == Kind::refused) {
        if (!agrees(ending, version)) return false;
        if (ending.code == RefusalCode::illegal_transition) return status != OrderStatus::created && status != OrderStatus::none;
        if (ending.code == RefusalCode::not_found) return status == OrderStatus::none;
        return ending.code != RefusalCode::limit_exceeded || payments >= static_cast<int>(limits::payment_submissions_max);
    }
    if (ending.kind != Kind::accepted || status != OrderStatus::created) return false;
    ++payments;
    return agrees(ending, ++version);
}

bool OrderObject::end_cancel(const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    const bool possible = status == OrderStatus::created || status == OrderStatus::paid;
    if (ending.kind == Kind::unchanged) return status == OrderStatus::cancelled && agrees(ending, version);
    if (ending.kind == Kind::refused) {
        if (!agrees(ending, version)) return false;
        if (ending.code == RefusalCode::not_found) return status == OrderStatus::none;
        return ending.code != RefusalCode::illegal_transition || (!possible && status != OrderStatus::cancelled && status != OrderStatus::none);
    }
    if (!possible) return false;
    status = OrderStatus::cancelled;
    return agrees(ending, ++version);
}

bool OrderObject::end_move(OrderStatus to, const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    const bool on_its_way = status == OrderStatus::paid || status == OrderStatus::packed || status == OrderStatus::shipped || status == OrderStatus::delivered;
    if (ending.kind == Kind::unchanged) return on_its_way && status >= to && agrees(ending, version);
    if (ending.kind == Kind::refused) {
        if (!agrees(ending, version)) return false;
        if (ending.code == RefusalCode::not_found) return status == OrderStatus::none;
        return ending.code != RefusalCode::illegal_transition || (!on_its_way && status != OrderStatus::none);
    }
    if (!on_its_way || status >= to) return false;
    version += static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(status);
    status = to;
    return agrees(ending, version);
}

bool OrderObject::follow(const orders::Event& event) {
    struct Step {
        OrderObject& order;
        bool become(OrderStatus to, bool possible) const {
            if (!possible) return false;
            order.status = to;
            ++order.version;
            return true;
        }
        bool operator()(const orders::OrderPlacedT& e) const { return order.end_place(!e.payment_token.empty(), {}); }
        bool operator()(const orders::PaymentSubmittedT&) const { return order.end_pay({}); }
        bool operator()(const orders::OrderPaidT&) const { return become(OrderStatus::paid, order.status == OrderStatus::created); }
        bool operator()(const orders::OrderPackedT&) const { return become(OrderStatus::packed, order.status == OrderStatus::paid); }
        bool operator()(const orders::OrderShippedT&) const { return become(OrderStatus::shipped, order.status == OrderStatus::packed); }
        bool operator()(const orders::OrderDeliveredT&) const { return become(OrderStatus::delivered, order.status == OrderStatus::shipped); }
        bool operator()(const orders::OrderCancelledT&) const { return order.end_cancel({}); }
        bool operator()(const orders::OrderFailedT&) const { return become(OrderStatus::failed, order.status == OrderStatus::created); }
        bool operator()(const orders::BuyerErasureRequestedT&) const {
            if (order.status == OrderStatus::none || order.erasure == 2) return false;
            order.erasure = 1;
            ++order.version;
            return true;
        }
        bool operator()(const orders::BuyerErasedT&) const {
            if (order.erasure != 1) return false;
            order.erasure = 2;
            ++order.version;
            return true;
        }
    };
    return std::visit(Step{*this}, event);
}

// -- customers -------------------------------------------------------------------------------------------------------------

bool CustomerObject::end_register(const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    if (ending.kind == Kind::refused) return (ending.code != RefusalCode::already_exists || registered) && agrees(ending, version);
    if (ending.kind != Kind::accepted || registered || erasure != 0) return false;
    registered = true;
    return agrees(ending, ++version);
}

bool CustomerObject::end_address(const Ending& ending) {
    if (const auto judged = by_version(ending, version)) return *judged;
    if (ending.kind == Kind::refused) return ending.code != RefusalCode::not_found || !registered;
    if (ending.kind != Kind::accepted || !registered || erasure != 0) return false;
    return agrees(ending, ++version);
}

bool CustomerObject::follow(const customers::Event& event) {
    struct Step {
        CustomerObject& customer;
        bool operator()(const customers::CustomerRegisteredT&) const { return customer.end_register({}); }
        bool operator()(const customers::AddressUpdatedT&) const { return customer.end_address({}); }
        bool operator()(const customers::ErasureRequestedT&) const {
            if (customer.erasure == 2) return false;
            customer.erasure = 1;
            ++customer.version;
            return true;
        }
        bool operator()(const customers::CustomerErasedT&) const {
            if (customer.erasure != 1) return false;
            customer.erasure = 2;
            ++customer.version;
            return true;
        }
    };
    return std::visit(Step{*this}, event);
}

}  // namespace granary::simulation
