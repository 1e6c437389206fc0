// What the order, its saga and everybody else may do next, drawn by the seed.
#include "tests/sagas/interleaved_order.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "sagas/runtime/outcomes.hpp"

namespace granary::sagas::test {
namespace {

using orders::OrderStatus;

constexpr OrderId order_id = interleaved_order;
const WarehouseCode warehouse = WarehouseCode::from_stored("MAIN");

}  // namespace

InterleavedOrder::InterleavedOrder(std::uint64_t seed) : rng_(seed), market_([this](const Commit& commit) { return append(commit); }) {
    troubles_ = {chance(25), chance(30), chance(20), chance(20), chance(10), chance(10), chance(10), chance(15), chance(10), chance(20), pick(30), pick(30)};
    provider_.decline_next_capture = troubles_.capture_declines;
    carrier_.refuse_next = troubles_.carrier_refuses;
    stock("A", 5);
    stock("B", troubles_.short_stock ? 1 : 5);
    stock("C", 9);
    place();
}

void InterleavedOrder::run() {
    for (int step = 0; step < 20'000; ++step) {
        if (has_ended(state_) && folded_ == partition_.size() && in_flight_.empty()) return;
        if (!chance(3) || !disturb()) move();
    }
    FAIL("the order never ends");
}

void InterleavedOrder::check() {
    CHECK(has_ended(state_));
    for (const auto& [id, reservation] : market_.reservations) CHECK(reservation.status != inventory::ReservationStatus::open);
    for (const auto& [key, counters] : market_.stocks) CHECK(counters.reserved == 0);
    CHECK(provider_.open_authorizations() == 0);
    CHECK(provider_.faults == 0);
    CHECK(provider_.kept() == book_kept());
    const bool whole = state_.phase == Phase::completed;
    if (whole) {
        CHECK(status() == OrderStatus::delivered);
        CHECK(provider_.kept() == 900 - staff_refunded_);
    } else {
        CHECK(provider_.kept() == 0);
        CHECK(status() != OrderStatus::created);
        CHECK(status() != OrderStatus::paid);
    }
    const bool goods_gone = whole || left_house();
    CHECK(market_.stocks["MAIN/A"].sold == (goods_gone ? 3 : 0));
    CHECK(market_.stocks["MAIN/B"].sold == (goods_gone ? 2 : 0));
    check_refold();
}

bool InterleavedOrder::left_house() const {
    for (const auto& [id, status] : carrier_.shipments) {
        if (status == ports::CarrierStatus::in_transit || status == ports::CarrierStatus::delivered) return true;
    }
    return false;
}

std::int64_t InterleavedOrder::book_kept() const {
    std::int64_t sum = 0;
    for (const auto& [id, payment] : market_.payments) sum += payment.captured.minor - payment.refunded.minor;
    return sum;
}

Position InterleavedOrder::append(const Commit& commit) {
    if (commit.meta.stream_kind == static_cast<std::uint8_t>(StreamKind::stock)) return {{1}, {stock_offset_++}};
    auto copy = std::get<Commit>(*decode_body(encode_commit(commit)));
    for (std::size_t i = 0; i < copy.events.size(); ++i) {
        partition_.push_back({std::move(copy.events[i].event), event_id(commit.meta.command_id, i), commit.meta.command_id, commit.meta.time});
    }
    return {{0}, {static_cast<std::int64_t>(partition_.size())}};
}

ports::CommandAnswer InterleavedOrder::submit(Command command, CommandId id, Time not_before) {
    ports::CommandRequest request;
    request.command = std::move(command);
    request.id = id;
    request.not_before = not_before;
    now_.unix_us += 1000;
    return market_.apply(request, now_);
}

void InterleavedOrder::stock(const char* sku, std::int64_t quantity) {
    inventory::ReceiveStockT receive;
    receive.sku = Sku::from_stored(sku);
    receive.warehouse = warehouse;
    receive.quantity = quantity;
    REQUIRE(submit(inventory::Command(receive), fresh()).outcome == ports::CommandOutcome::accepted);
}

std::unique_ptr<orders::OrderLineT> InterleavedOrder::line(const char* sku, std::int64_t quantity) {
    auto line = std::make_unique<orders::OrderLineT>();
    line->sku = Sku::from_stored(sku);
    line->quantity = quantity;
    line->unit_price = {15000, currency("GBP")};
    return line;
}

void InterleavedOrder::place() {
    orders::PlaceOrderT place;
    place.order_id = order_id;
    place.lines.push_back(line("A", 1));
    place.lines.push_back(line("B", 2));
    place.lines.push_back(line("A", 2));
    place.lines.push_back(line("C", 1));
    place.currency = currency("GBP").code;
    place.warehouse = warehouse;
    place.country = CountryCode::from_stored("GB");
    if (!troubles_.no_token) place.payment_token = token();
    REQUIRE(submit(orders::Command(std::move(place)), fresh()).outcome == ports::CommandOutcome::accepted);
}

// -- the saga and its messengers --

void InterleavedOrder::move() {
    const unsigned choice = pick(3);
    if (choice == 0 && fold_one()) return;
    if (choice == 1 && dispatch_one()) return;
    if (choice == 2 && deliver_one()) return;
    if (fold_one() || dispatch_one() || deliver_one()) return;
    stir();
}

bool InterleavedOrder::fold_one() {
    if (folded_ == partition_.size()) return false;
    react_to(state_, partition_[folded_++]);
    return true;
}

void InterleavedOrder::react_to(FulfilmentStateT& state, const Logged& logged) {
    if (state.phase == Phase::none || order_of(logged.event) == order_id) {
        react(state, {logged.event, logged.id, logged.command, logged.time, {}, {}});
    }
}

bool InterleavedOrder::dispatch_one() {
    std::vector<const ActionT*> waiting;
    for (const auto& action : state_.open) {
        const bool wanted = !state_.parked || action->kind == ActionKind::park;
        if (wanted && (!dispatched_.contains(action->id) || chance(2))) waiting.push_back(action.get());
    }
    if (waiting.empty()) return false;
    send(*waiting[pick(static_cast<unsigned>(waiting.size()))]);
    return true;
}

void InterleavedOrder::send(const ActionT& action) {
    dispatched_.insert(action.id);
    if (action.kind == ActionKind::effect) {
        in_flight_.push_back([this, effect = effect_of(state_, action), id = action.id] { perform(effect, id); });
        return;
    }
    // Commands own pointers; the closure is copied, so it builds the command when it runs.
    auto command = std::make_shared<Command>(command_of(state_, action));
    in_flight_.push_back([this, command, action] { carry_out(std::move(*command), action); });
}

bool InterleavedOrder::lost(CommandId id) {
    if (!chance(troubles_.lost_percent)) return false;
    dispatched_.erase(id);  // no answer: asked for again under the same id
    return true;
}

void InterleavedOrder::carry_out(Command command, const ActionT& action) {
    if (lost(action.id)) return;  // never arrived
    const auto answer = submit(std::move(command), action.id, action.caused_at);
    if (lost(action.id)) return;  // done, but the answer is lost
    const bool accepted = answer.outcome != ports::CommandOutcome::refused;
    const bool has_event = answer.outcome == ports::CommandOutcome::accepted || answer.outcome == ports::CommandOutcome::replayed;
    if (action.kind == ActionKind::park || (is_of_own_partition(action) && has_event)) return;
    order_fulfilment::RecordAnswerT record;
    record.order_id = order_id;
    record.command_id = action.id;
    record.step = action.step;
    record.accepted = accepted;
    record.refusal = static_cast<std::uint16_t>(accepted ? RefusalCode::none : answer.refusal.code);
    const auto id = action_id_of(EventId{action.id.value}, 7);
    const int copies = chance(troubles_.twice_percent) ? 2 : 1;
    for (int i = 0; i < copies; ++i) in_flight_.push_back([this, record, id] { submit(order_fulfilment::Command(record), id); });
}

void InterleavedOrder::perform(const Effect& effect, CommandId id) {
    if (lost(id)) return;
    if (std::holds_alternative<TrackShipment>(effect)) return track(effect, id);
    auto outcome = ask_outside(effect);
    if (lost(id)) return;
    if (!outcome) {
        dispatched_.erase(id);
        return;
    }
    auto command = std::make_shared<Command>(std::move(*outcome));
    in_flight_.push_back([this, command, id] {
        const auto answer = submit(std::move(*command), action_id_of(EventId{id.value}, 8));
        if (answer.outcome == ports::CommandOutcome::refused) dispatched_.erase(id);
    });
}

void InterleavedOrder::track(const Effect& effect, CommandId id) {
    ++tracked_;
    const auto answer = carrier_.find(std::get<TrackShipment>(effect).shipment);
    if (lost(id)) return;
    auto command = std::make_shared<Command>(*outcome_of(effect, order_id, answer));
    if (tells_nothing_new(state_, answer)) {
        order_fulfilment::RecordAnswerT record;
        record.order_id = order_id;
        record.command_id = id;
        record.step = order_fulfilment::Step::track_shipment;
        record.accepted = true;
        *command = order_fulfilment::Command(record);
    }
    in_flight_.push_back([this, command, id] { submit(std::move(*command), action_id_of(EventId{id.value}, 8)); });
}

std::optional<Command> InterleavedOrder::ask_outside(const Effect& effect) {
    struct Ask {
        InterleavedOrder& w;
        const Effect& whole;
        std::optional<Command> operator()(const AuthorizePayment& e) { return outcome_of(whole, order_id, w.provider_.authorize(e.payment, e.amount, e.token)); }
        std::optional<Command> operator()(const CapturePayment& e) { return outcome_of(whole, order_id, w.provider_.capture(e.payment, e.amount)); }
        std::optional<Command> operator()(const VoidPayment& e) { return outcome_of(whole, order_id, w.provider_.cancel(e.payment)); }
        std::optional<Command> operator()(const RefundPayment& e) { return outcome_of(whole, order_id, w.provider_.refund(e.payment, e.refund, e.amount)); }
        std::optional<Command> operator()(const BookShipment& e) { return outcome_of(whole, order_id, w.carrier_.book(e.shipment)); }
        std::optional<Command> operator()(const CancelShipment& e) { return outcome_of(whole, order_id, w.carrier_.cancel(e.shipment)); }
        std::optional<Command> operator()(const TrackShipment&) { return std::nullopt; }  // see track
    };
    return std::visit(Ask{*this, effect}, effect);
}

bool InterleavedOrder::deliver_one() {
    if (in_flight_.empty()) return false;
    const auto place = pick(static_cast<unsigned>(in_flight_.size()));
    auto message = std::move(in_flight_[place]);
    in_flight_.erase(in_flight_.begin() + place);
    message();
    return true;
}

// -- everybody else --

bool InterleavedOrder::disturb() {
    switch (pick(7)) {
        case 0: return troubles_.cancel && cancel();
        case 1: return troubles_.no_token && submit_payment();
        case 2: return troubles_.early_timers && fire_timer();
        case 3: return troubles_.compensate && compensate();
        case 4: return move_carrier();
        case 5: return staff_marks();
        case 6: return troubles_.staff_refund && staff_refund();
    }
    return false;
}

bool InterleavedOrder::cancel() {
    orders::CancelOrderT cancel;
    cancel.order_id = order_id;
    cancel.reason = "changed my mind";
    submit(orders::Command(cancel), fresh());
    return true;
}

bool InterleavedOrder::submit_payment() {
    orders::SubmitPaymentT pay;
    pay.order_id = order_id;
    pay.payment_token = token();
    submit(orders::Command(pay), fresh());
    return true;
}

bool InterleavedOrder::compensate() {
    order_fulfilment::CompensateT compensate;
    compensate.order_id = order_id;
    compensate.reason = "operator";
    submit(order_fulfilment::Command(compensate), fresh());
    return true;
}

bool InterleavedOrder::staff_marks() {
    orders::MarkPackedT packed;
    packed.order_id = order_id;
    submit(orders::Command(packed), fresh());
    return true;
}

bool InterleavedOrder::staff_refund() {
    for (const auto& [id, payment] : market_.payments) {
        if (payment.status != payments::PaymentStatus::captured || staff_refunded_ != 0) continue;
        payments::RequestRefundT refund;
        refund.payment_id = id;
        refund.order_id = order_id;
        refund.refund_id = {Uuid{5, 5}};
        refund.amount = {100, currency("GBP")};
        const auto answer = submit(payments::Command(refund), fresh());
        if (answer.outcome != ports::CommandOutcome::accepted) return false;
        staff_refunded_ = 100;
        return true;
    }
    return false;
}

bool InterleavedOrder::move_carrier() {
    for (const auto& [id, status] : carrier_.shipments) {
        if (status != ports::CarrierStatus::booked && status != ports::CarrierStatus::packed && status != ports::CarrierStatus::in_transit) continue;
        carrier_.progress(id);
        if (!troubles_.deaf) call_back(id);
        return true;
    }
    return false;
}

void InterleavedOrder::call_back(ShipmentId id) {
    delivery::RecordProgressT progress;
    progress.shipment_id = id;
    progress.order_id = order_id;
    const auto found = carrier_.find(id);
    progress.status = found.status == ports::CarrierStatus::packed      ? delivery::ShipmentStatus::packed
                      : found.status == ports::CarrierStatus::in_transit ? delivery::ShipmentStatus::in_transit
                                                                         : delivery::ShipmentStatus::delivered;
    progress.carrier_event_id = found.event_id;
    in_flight_.push_back([this, progress, id = fresh()] { submit(delivery::Command(progress), id); });
}

bool InterleavedOrder::fire_timer() {
    if (state_.timers.empty()) return false;
    const TimerSettingT* first = nullptr;
    for (const auto& timer : state_.timers) {
        if (first == nullptr || timer->due < first->due) first = timer.get();
    }
    if (first->timer == order_fulfilment::Timer::order && chance(90)) return false;
    order_fulfilment::RecordTimerT record;
    record.order_id = order_id;
    record.timer = first->timer;
    record.due = first->due;
    now_ = std::max(now_, first->due);
    submit(order_fulfilment::Command(record), fresh());
    return true;
}

void InterleavedOrder::stir() {
    if (state_.parked) return operate();
    if (move_carrier()) return;
    if (state_.payment && state_.submissions == 0 && chance(50)) {
        submit_payment();
        return;
    }
    fire_timer();
}

void InterleavedOrder::operate() {
    if (chance(30)) {
        compensate();
        return;
    }
    order_fulfilment::RetryT retry;
    retry.order_id = order_id;
    submit(order_fulfilment::Command(retry), fresh());
    dispatched_.clear();
}

void InterleavedOrder::check_refold() {
    FulfilmentStateT again;
    for (const auto& logged : partition_) react_to(again, logged);
    CHECK(encode(again) == encode(state_));
}

}  // namespace granary::sagas::test
