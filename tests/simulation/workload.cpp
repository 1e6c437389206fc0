// Orders and what people do with them; everything is drawn from the world's dice.
#include "tests/simulation/workload.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/digest.hpp"
#include "sagas/processes/order_fulfilment.hpp"
#include "tests/simulation/visitors.hpp"

namespace granary::simulation {
namespace {

constexpr std::array mixes{
    Mix{.name = "shop-day", .about = "a bit of everything"},
    Mix{.name = "hot-item", .about = "everybody wants the one article that is nearly gone", .orders_min = 10, .orders_max = 24, .span = seconds(3), .articles = 1, .stock_max = 12, .cancels = 80, .unpaid = 40},
    Mix{.name = "cancel-storm", .about = "orders are cancelled at any moment of their life", .span = seconds(8), .cancels = 900, .staff = 20},
    Mix{.name = "payment-chaos", .about = "payments that are declined, late, lost or given up", .articles = 3, .stock_max = 200, .unpaid = 350, .odd_tokens = 850, .late_callbacks = true},
    Mix{.name = "returns", .about = "money goes back, in parts and at once", .articles = 3, .stock_max = 200, .odd_tokens = 100, .refunds = 900},
    Mix{.name = "node-churn", .about = "nodes come, go and stand still all the time", .orders_min = 4, .orders_max = 10, .upsets = 30},
    Mix{.name = "idle", .about = "few orders that nobody pays, reservations that nobody needs, and much time", .orders_min = 2, .orders_max = 5, .unpaid = 600, .submits = 300, .by_hand = 8, .late_callbacks = true},
    Mix{.name = "adversary", .about = "clients that repeat, contradict and overtake themselves", .hostile = 1000, .staff = 250},
};

constexpr std::array<std::string_view, 8> odd_tokens{"tok_decline", "tok_timeout", "tok_lost_answer", "tok_late", "tok_decline_late", "tok_flaky", "tok_capture_declined", "tok_slow"};

const Currency gbp = currency("GBP");

WarehouseCode warehouse() { return WarehouseCode::from_stored("WH1"); }

}  // namespace

std::span<const Mix> all_mixes() { return mixes; }

const Mix* find_mix(std::string_view name) {
    const auto* const found = std::ranges::find(mixes, name, &Mix::name);
    return found == mixes.end() ? nullptr : found;
}

Sku Workload::article(std::uint64_t number) const { return Sku::from_stored("ART-" + std::to_string(number % mix_.articles)); }

Uuid Workload::fresh() { return uuid_from(sha256("workload " + std::to_string(around_.log.identity().id.lo) + " " + std::to_string(next_++))); }

void Workload::later(Duration least, Duration most, std::function<void()> what) { around_.schedule.after(around_.schedule.dice().between(least, most), std::move(what)); }

void Workload::begin() {
    Dice& dice = around_.schedule.dice();
    visitors_.begin();
    for (std::uint32_t i = 0; i < mix_.articles; ++i) receive_first(i);
    for (std::uint32_t i = 0; i < mix_.lookers; ++i) later(milliseconds(1), mix_.span, [this] { visitors_.look_around(); });
    for (std::uint32_t i = 0; i < mix_.probes; ++i) later(milliseconds(1), mix_.span, [this] { visitors_.probe(); });
    if (dice.chance(mix_.erasures)) {
        for (auto persons = dice.between(1, 3); persons > 0; --persons) later(milliseconds(1), mix_.span, [this] { visitors_.ask_to_be_forgotten(); });
    }
    const auto orders = dice.between(mix_.orders_min, mix_.orders_max);
    for (std::int64_t i = 0; i < orders; ++i) later(milliseconds(1), mix_.span, [this] { place(); });
    for (std::uint32_t i = 0; i < mix_.restocks; ++i) later(milliseconds(1), mix_.span, [this] { restock(); });
    for (std::uint32_t i = 0; i < mix_.by_hand; ++i) later(milliseconds(1), mix_.span, [this] { reserve_by_hand(); });
}

void Workload::receive_first(std::uint32_t number) {
    inventory::ReceiveStockT receive;
    receive.sku = article(number);
    receive.warehouse = warehouse();
    receive.quantity = around_.schedule.dice().between(1, mix_.stock_max);
    clients_.ask(inventory::Command(std::move(receive)));
}

void Workload::restock() {
    Dice& dice = around_.schedule.dice();
    if (dice.chance(mix_.at_gateways)) return visitors_.restock();
    if (dice.chance(150)) return import_invoice();
    if (dice.chance(500)) {
        inventory::ReceiveStockT receive;
        receive.sku = article(dice.roll());
        receive.warehouse = warehouse();
        receive.quantity = dice.between(1, 10);
        return clients_.ask(inventory::Command(std::move(receive)));
    }
    inventory::AdjustStockT adjust;
    adjust.sku = article(dice.roll());
    adjust.warehouse = warehouse();
    adjust.delta = dice.chance(500) ? dice.between(-6, -1) : dice.between(1, 3);
    adjust.reason = "counted";
    adjust.kind = inventory::AdjustmentKind::count;
    clients_.ask(inventory::Command(std::move(adjust)));
}

// Of another system: an event that the old release does not know.
void Workload::import_invoice() {
    invoices::ImportInvoiceT invoice;
    invoice.source = "books";
    invoice.number = std::to_string(next_++);
    auto line = std::make_unique<invoices::InvoiceLineT>();
    line->stock_code = article(around_.schedule.dice().roll());
    line->description = "article";
    line->quantity = 1;
    line->unit_price = {12'500, gbp};
    line->at = world_begin;
    invoice.lines.push_back(std::move(line));
    clients_.ask(invoices::Command(std::move(invoice)));
}

void Workload::reserve_by_hand() {
    Dice& dice = around_.schedule.dice();
    inventory::ReserveStockT reserve;
    reserve.sku = article(dice.roll());
    reserve.warehouse = warehouse();
    reserve.reservation_id = {fresh()};
    reserve.quantity = dice.between(1, 4);
    const Duration life = dice.chance(400) ? dice.between(seconds(1), seconds(8)) : dice.between(seconds(1), minutes(20));
    reserve.expires_at = world_begin + around_.schedule.now() + life;
    goes_on_until_ = std::max(goes_on_until_, reserve.expires_at - world_begin + minutes(2));
    const Kept kept{reserve.sku, reserve.reservation_id, reserve.expires_at - world_begin};
    clients_.ask(inventory::Command(std::move(reserve)), [this, kept](const Asked& asked, const ports::CommandAnswer&) {
        if (asked.outcome != ports::CommandOutcome::refused && around_.schedule.dice().chance(600)) close_by_hand(kept);
    });
}

// Some at the very moment at which it ends by itself.
void Workload::close_by_hand(const Kept& kept) {
    Dice& dice = around_.schedule.dice();
    const bool commits = dice.chance(500);
    const Duration left = kept.end - around_.schedule.now();
    const bool at_the_end = left > seconds(2) && dice.chance(400);
    const Duration least = at_the_end ? left - seconds(1) : milliseconds(1);
    const Duration most = at_the_end ? left + seconds(1) : seconds(30);
    later(least, most, [this, kept, commits] {
        if (commits) {
            inventory::CommitReservationT commit;
            commit.sku = kept.sku;
            commit.warehouse = warehouse();
            commit.reservation_id = kept.reservation;
            return clients_.ask(inventory::Command(std::move(commit)));
        }
        inventory::ReleaseReservationT release;
        release.sku = kept.sku;
        release.warehouse = warehouse();
        release.reservation_id = kept.reservation;
        clients_.ask(inventory::Command(std::move(release)));
    });
}

std::string Workload::token() {
    Dice& dice = around_.schedule.dice();
    return std::string(dice.chance(mix_.odd_tokens) ? odd_tokens[dice.below(odd_tokens.size())] : "tok_accept");
}

void Workload::place() {
    Dice& dice = around_.schedule.dice();
    if (dice.chance(mix_.at_gateways)) return visitors_.place();
    orders::PlaceOrderT place;
    place.order_id = {fresh()};
    if (dice.chance(600)) place.customer = {Uuid{1, 1 + dice.below(4)}};
    const auto lines = dice.between(1, 3);
    for (std::int64_t i = 0; i < lines; ++i) {
        auto line = std::make_unique<orders::OrderLineT>();
        line->sku = article(dice.roll());
        line->quantity = dice.between(1, 4);
        line->unit_price = {dice.between(1, 400'000), gbp};  // fractions of a penny, too
        line->name = "article";
        place.lines.push_back(std::move(line));
    }
    place.currency = gbp.code;
    place.warehouse = warehouse();
    place.country = CountryCode::from_stored("GB");
    if (!dice.chance(mix_.unpaid)) place.payment_token = token();
    const OrderId order = place.order_id;
    const CommandId id = clients_.fresh_id();
    if (dice.chance(mix_.hostile)) annoy(order, id, place);
    clients_.ask(id, orders::Command(place), [this, order, place](const Asked& asked, const ports::CommandAnswer&) {
        if (asked.outcome != ports::CommandOutcome::refused) follow_up(order, place);
    });
    // Some change their mind before they were told anything.
    if (dice.chance(mix_.cancels / 3)) later(milliseconds(1), milliseconds(300), [this, order] { cancel(order, "at_once"); });
}

void Workload::follow_up(OrderId order, const orders::PlaceOrderT& placed) {
    Dice& dice = around_.schedule.dice();
    if (placed.payment_token.empty() && dice.chance(mix_.submits)) {
        for (std::int64_t i = dice.between(1, 2); i > 0; --i) {
            later(milliseconds(1), seconds(20), [this, order] {
                orders::SubmitPaymentT submit;
                submit.order_id = order;
                submit.payment_token = token();
                clients_.ask(orders::Command(std::move(submit)));
            });
        }
    }
    if (dice.chance(mix_.cancels)) later(milliseconds(1), seconds(10), [this, order] { cancel(order, "changed_mind"); });
    if (dice.chance(mix_.staff)) {
        later(milliseconds(1), seconds(20), [this, order] {
            orders::MarkPackedT packed;
            packed.order_id = order;
            clients_.ask(orders::Command(packed));
        });
    }
    if (dice.chance(mix_.refunds)) {
        for (std::int64_t i = dice.between(1, 3); i > 0; --i) later(seconds(1), seconds(60), [this, order] { refund(order); });
    }
}

void Workload::cancel(OrderId order, std::string reason) {
    orders::CancelOrderT cancel;
    cancel.order_id = order;
    cancel.reason = std::move(reason);
    clients_.ask(orders::Command(std::move(cancel)));
}

// Cancelled in the very moment in which the money was taken or the parcel moved.
void Workload::hear_of(const Callback& callback) {
    if (!around_.schedule.dice().chance(mix_.cancels / 2)) return;
    std::optional<OrderId> order;
    if (const auto* payment = std::get_if<payments::Command>(&callback.command)) {
        if (const auto* captured = std::get_if<payments::RecordCapturedT>(payment)) order = captured->order_id;
    } else if (const auto* parcel = std::get_if<delivery::Command>(&callback.command)) {
        order = std::visit([](const auto& command) { return command.order_id; }, *parcel);
    }
    if (order) later(Duration{0}, milliseconds(30), [this, order] { cancel(*order, "too_late"); });
}

void Workload::refund(OrderId order) {
    Dice& dice = around_.schedule.dice();
    payments::RequestRefundT refund;
    refund.order_id = order;
    refund.payment_id = sagas::payment_id_of(order, static_cast<std::uint32_t>(dice.between(1, 2)));
    refund.refund_id = {fresh()};
    refund.amount = {dice.between(1, 4000), gbp};
    refund.reason = "goodwill";
    clients_.ask(payments::Command(std::move(refund)));
}

// The same again, the same key with another body, what is out of turn, and other people's versions.
void Workload::annoy(OrderId order, CommandId id, const orders::PlaceOrderT& placed) {
    const auto soon = [this](std::function<void()> what) { later(milliseconds(1), seconds(12), std::move(what)); };
    soon([this, id, placed] { clients_.ask(id, orders::Command(placed)); });
    soon([this, placed] { clients_.ask(orders::Command(placed)); });
    soon([this, id, placed] {
        auto other = placed;
        other.lines.front()->quantity += 1;
        clients_.ask(id, orders::Command(std::move(other)), {}, 1);
    });
    soon([this, order] {
        orders::MarkDeliveredT delivered;
        delivered.order_id = order;
        clients_.ask(orders::Command(delivered));
    });
    soon([this, order] {
        orders::CancelOrderT cancel;
        cancel.order_id = order;
        clients_.ask_at(orders::Command(std::move(cancel)), around_.schedule.dice().below(4));
    });
    soon([this, order] {
        payments::RecordCapturedT captured;  // of a payment that there may not be
        captured.order_id = order;
        captured.payment_id = sagas::payment_id_of(order, 7);
        captured.amount = {1, gbp};
        clients_.ask(payments::Command(captured));
    });
    soon([this, placed] {
        inventory::ReleaseReservationT release;  // somebody else's, or none
        release.sku = placed.lines.front()->sku;
        release.warehouse = warehouse();
        release.reservation_id = {fresh()};
        clients_.ask(inventory::Command(std::move(release)));
    });
}

}  // namespace granary::simulation
