// Verdicts of the books as answers of the ports, with the meaning that the HTTP adapters give them (platform/adapters/house_*).
#include "tests/simulation/houses.hpp"

#include <utility>

#include "core/digest.hpp"
#include "tests/simulation/marked_text.hpp"
#include "tools/house/event_id.hpp"

namespace granary::simulation {

using house::PaymentStatus;
using house::PaymentVerdict;
using ports::CarrierAnswer;
using ports::CarrierStatus;
using ports::ProviderAnswer;
using ports::ProviderStatus;

namespace {

ProviderAnswer never_heard() { return {ProviderStatus::unknown_key, {}, {}, {}}; }
std::unexpected<Fault> unknown_outcome() { return fault(FaultCode::timed_out, "what came back is no answer"); }

CarrierStatus status_of(house::ParcelStatus status) {
    switch (status) {
        case house::ParcelStatus::booked: return CarrierStatus::booked;
        case house::ParcelStatus::packed: return CarrierStatus::packed;
        case house::ParcelStatus::in_transit: return CarrierStatus::in_transit;
        case house::ParcelStatus::delivered: return CarrierStatus::delivered;
        case house::ParcelStatus::cancelled: return CarrierStatus::cancelled;
        case house::ParcelStatus::refused: return CarrierStatus::refused;
    }
    return CarrierStatus::unknown_key;
}

}  // namespace

// Some programs repeat what they were given.
std::string Houses::in_its_words(std::string_view reason) {
    if (reason.empty() || !schedule_.dice().chance(faults.talkative)) return std::string(reason);
    return std::string(reason) + ": " + marked_card_number(0, 7) + " of " + marked(Secret::personal, 0, 7) + " by " + marked(Secret::payment_token, 0, 7);
}

ProviderAnswer Houses::refused(std::string_view reason) { return {ProviderStatus::declined, {}, in_its_words(reason), {}}; }

Duration Houses::delay() {
    Dice& dice = schedule_.dice();
    return dice.chance(faults.slow) ? dice.between(milliseconds(100), seconds(8)) : dice.between(Duration{200}, faults.latency_max);
}

house::BookedPayment* Houses::known(PaymentId id) {
    const auto found = payments_.find(id);
    return found == payments_.end() || found->second.status == PaymentStatus::unheard ? nullptr : &found->second;
}

Result<ProviderAnswer> Houses::state_of(const house::BookedPayment& payment) {
    ProviderAnswer answer{ProviderStatus::unknown_key, payment.reference, in_its_words(payment.reason), payment.amount};
    switch (payment.status) {
        case PaymentStatus::unheard: return never_heard();
        case PaymentStatus::pending: return fault(FaultCode::timed_out, "the provider has not decided yet");
        case PaymentStatus::authorized: answer.status = ProviderStatus::authorized; break;
        case PaymentStatus::declined: answer.status = ProviderStatus::declined; break;
        case PaymentStatus::voided: answer.status = ProviderStatus::voided; break;
        case PaymentStatus::captured: answer.status = ProviderStatus::captured; break;
    }
    return answer;
}

std::optional<Result<ProviderAnswer>> Houses::authorize(PaymentId id, OrderId order, Money amount, const std::string& token) {
    const auto found = payments_.find(id);
    std::optional<house::BookedPayment> payment = found == payments_.end() ? std::nullopt : std::optional(found->second);
    const std::uint64_t number = ++number_;
    const PaymentVerdict verdict = house::authorize(payment, {id, order, amount, token}, number);
    if (verdict.manner == PaymentVerdict::Manner::never) return std::nullopt;
    if (verdict.changed) payments_[id] = *payment;
    if (verdict.change != house::PaymentChange::none) note(verdict.change, *payment, number);
    if (verdict.decide_late) schedule_.after(schedule_.dice().between(milliseconds(100), seconds(20)), [this, id] { decide_late(id); });
    if (verdict.manner == PaymentVerdict::Manner::silent) return std::nullopt;
    if (verdict.status == 422) return refused(verdict.code);
    if (verdict.status >= 500) return unknown_outcome();
    return state_of(*payment);
}

void Houses::decide_late(PaymentId id) {
    auto& payment = payments_.at(id);
    const std::uint64_t number = ++number_;
    const PaymentVerdict verdict = house::decide_late(payment, number);
    if (verdict.changed) note(verdict.change, payment, number);
}

Result<ProviderAnswer> Houses::capture(PaymentId id, Money amount) {
    auto* payment = known(id);
    if (payment == nullptr) return never_heard();
    const PaymentVerdict verdict = house::capture(*payment, amount);
    if (verdict.change != house::PaymentChange::none) note(verdict.change, *payment, ++number_);
    if (verdict.status == 402) return refused(verdict.reason);
    if (verdict.status == 422) return refused(verdict.code);
    if (verdict.status == 409 && payment->status == PaymentStatus::pending) return fault(FaultCode::unavailable, "the payment is not authorized yet");
    return state_of(*payment);
}

Result<ProviderAnswer> Houses::cancel(PaymentId id) {
    const auto found = payments_.find(id);
    std::optional<house::BookedPayment> payment = found == payments_.end() ? std::nullopt : std::optional(found->second);
    const PaymentVerdict verdict = house::give_up(payment, id);
    if (verdict.changed) payments_[id] = *payment;
    if (verdict.change != house::PaymentChange::none) note(verdict.change, *payment, ++number_);
    return state_of(*payment);
}

Result<ProviderAnswer> Houses::refund(PaymentId id, RefundId refund, Money amount) {
    auto* payment = known(id);
    if (payment == nullptr) return never_heard();
    const PaymentVerdict verdict = house::refund(*payment, refund, amount);
    if (verdict.change != house::PaymentChange::none) note(verdict.change, *payment, ++number_);
    if (verdict.status == 422) return refused(verdict.code);
    return find_refund(id, refund);
}

Result<ProviderAnswer> Houses::find(PaymentId id) {
    const auto* payment = known(id);
    return payment == nullptr ? never_heard() : state_of(*payment);
}

Result<ProviderAnswer> Houses::find_refund(PaymentId id, RefundId refund) {
    const auto* payment = known(id);
    const auto* booked = payment == nullptr ? nullptr : payment->find(refund);
    if (booked == nullptr) return never_heard();
    if (!booked->refunded) return refused(booked->reason);
    return ProviderAnswer{ProviderStatus::refunded, {}, {}, {booked->minor, payment->amount.currency}};
}

void Houses::note(house::PaymentChange change, const house::BookedPayment& payment, std::uint64_t number) {
    schedule_.trace("payment changed", {static_cast<std::uint64_t>(change), payment.id.value.lo});
    const auto about = [&](auto command) {
        command.payment_id = payment.id;
        command.order_id = payment.order;
        return command;
    };
    std::optional<payments::Command> command;
    switch (change) {
        case house::PaymentChange::none: return;
        case house::PaymentChange::authorized: {
            auto authorized = about(payments::RecordAuthorizedT());
            authorized.amount = payment.amount;
            authorized.provider_reference = payment.reference;
            command = std::move(authorized);
            break;
        }
        case house::PaymentChange::declined: {
            auto declined = about(payments::RecordDeclinedT());
            declined.reason = payment.reason;
            command = std::move(declined);
            break;
        }
        case house::PaymentChange::captured: {
            auto captured = about(payments::RecordCapturedT());
            captured.amount = payment.amount;
            command = std::move(captured);
            break;
        }
        case house::PaymentChange::voided: command = about(payments::RecordVoidedT()); break;
        case house::PaymentChange::refunded: {
            auto refunded = about(payments::RecordRefundedT());
            refunded.refund_id = payment.refunds.back().id;
            command = std::move(refunded);
            break;
        }
    }
    call_back(house::event_id_of("hp", number, wall()), std::move(*command));
}

Result<CarrierAnswer> Houses::state_of(const house::BookedShipment& shipment) const {
    return CarrierAnswer{status_of(shipment.status), shipment.tracking_number, shipment.reason, house::event_id_of("hc", shipment.event_number, shipment.happened_at),
                         shipment.happened_at};
}

Result<CarrierAnswer> Houses::book(const ports::CarrierBooking& booking) {
    const auto found = shipments_.find(booking.shipment);
    std::optional<house::BookedShipment> shipment = found == shipments_.end() ? std::nullopt : std::optional(found->second);
    const house::BookingFate fate{.refuse = !shipment && schedule_.dice().chance(faults.refuses_booking)};
    const auto verdict = house::book(shipment, booking.shipment, booking.order, ++number_, wall(), fate);
    if (verdict.status == 422) return CarrierAnswer{CarrierStatus::refused, {}, std::string(verdict.code), {}, {}};
    shipments_[booking.shipment] = *shipment;
    if (verdict.progressed) note(*shipment);
    return state_of(*shipment);
}

Result<CarrierAnswer> Houses::cancel(ShipmentId id) {
    const auto found = shipments_.find(id);
    std::optional<house::BookedShipment> shipment = found == shipments_.end() ? std::nullopt : std::optional(found->second);
    (void)house::cancel(shipment, id, ++number_, wall());
    shipments_[id] = *shipment;
    return state_of(*shipment);
}

Result<CarrierAnswer> Houses::find(ShipmentId id) {
    const auto found = shipments_.find(id);
    if (found == shipments_.end()) return CarrierAnswer{};
    return state_of(found->second);
}

void Houses::travel(ShipmentId id) {
    auto& shipment = shipments_.at(id);
    if (house::advance(shipment, ++number_, wall()).progressed) note(shipment);
}

void Houses::note(const house::BookedShipment& shipment) {
    schedule_.trace("parcel moved", {static_cast<std::uint64_t>(shipment.status), shipment.id.value.lo});
    if (shipment.status != house::ParcelStatus::delivered) {
        schedule_.after(schedule_.dice().between(milliseconds(100), seconds(6)), [this, id = shipment.id] { travel(id); });
    }
    const std::string event = house::event_id_of("hc", shipment.event_number, shipment.happened_at);
    if (shipment.status == house::ParcelStatus::booked) {
        delivery::RecordBookedT command;
        command.shipment_id = shipment.id;
        command.order_id = shipment.order;
        command.tracking_number = shipment.tracking_number;
        return call_back(event, delivery::Command(std::move(command)));
    }
    delivery::RecordProgressT command;
    command.shipment_id = shipment.id;
    command.order_id = shipment.order;
    command.status = shipment.status == house::ParcelStatus::packed       ? delivery::ShipmentStatus::packed
                     : shipment.status == house::ParcelStatus::in_transit ? delivery::ShipmentStatus::in_transit
                                                                          : delivery::ShipmentStatus::delivered;
    command.carrier_event_id = event;
    command.happened_at = shipment.happened_at;
    call_back(event, delivery::Command(std::move(command)));
}

// Mostly minutes, now and then days.
Duration Houses::lateness() {
    Dice& dice = schedule_.dice();
    if (dice.chance(700)) return dice.between(seconds(30), minutes(30));
    return dice.chance(900) ? dice.between(minutes(30), hours(6)) : dice.between(hours(6), hours(72));
}

void Houses::call_back(const std::string& event, Command command) {
    Dice& dice = schedule_.dice();
    const auto* parcel = std::get_if<delivery::Command>(&command);
    const bool is_booking = parcel != nullptr && std::holds_alternative<delivery::RecordBookedT>(*parcel);
    if (dice.chance(faults.callback_lost)) return;
    const Duration more = is_booking && dice.chance(faults.booking_told_late) ? dice.between(seconds(2), seconds(15)) : Duration{};
    const Callback callback{{uuid_from(sha256("callback " + event))}, std::move(command), wall(), event};
    const int copies = dice.chance(faults.callback_twice) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        ++callbacks_open_;
        schedule_.after(more + (dice.chance(faults.callback_late) ? lateness() : delay()), [this, callback] {
            --callbacks_open_;
            tell_(callback);
        });
    }
}

// -- the ports -------------------------------------------------------------------------------------------------------------

namespace {

// One life's way to a house.
struct Line {
    Schedule* schedule = nullptr;
    Fuse* fuse = nullptr;
    Houses::Inside inside;
    bool cut = false;
};

template <class Answer>
using Act = std::function<std::optional<Result<Answer>>()>;

constexpr Duration call_deadline = seconds(5);

template <class Answer>
void call(Houses& houses, const std::shared_ptr<Line>& line, const Duration there, const Duration back, Act<Answer> act, std::function<void(Result<Answer>)> done) {
    if (line->fuse->stops()) return;
    Schedule& schedule = *line->schedule;
    Dice& dice = schedule.dice();
    const auto answered = std::make_shared<bool>(false);
    const auto answer = [line, answered, done](Result<Answer> result) {
        if (line->cut || std::exchange(*answered, true)) return;
        line->inside([line, done, result = std::move(result)]() mutable {
            if (!line->cut) done(std::move(result));
        });
    };
    if (dice.chance(houses.faults.refused)) {
        schedule.after(there, [answer] { answer(fault(FaultCode::unavailable, "no connection")); });
        return;
    }
    schedule.after(call_deadline, [answer] { answer(fault(FaultCode::timed_out, "no answer in time")); });
    if (dice.chance(houses.faults.lost)) return;
    const bool unanswered = dice.chance(houses.faults.unanswered);
    schedule.after(there, [act = std::move(act), answer, unanswered, back, &schedule] {
        auto outcome = act();
        if (!outcome || unanswered) return;
        schedule.after(back, [answer, outcome = std::move(*outcome)] { answer(outcome); });
    });
}

}  // namespace

class SimulatedProvider final : public ports::PaymentProvider {
  public:
    SimulatedProvider(Houses& houses, std::shared_ptr<Line> line) : houses_(houses), line_(std::move(line)) {}
    ~SimulatedProvider() override { line_->cut = true; }

    void authorize(PaymentId payment, OrderId order, Money amount, std::string token, ports::ProviderCallback done) override {
        ask([&houses = houses_, payment, order, amount, token] { return houses.authorize(payment, order, amount, token); }, std::move(done));
    }
    void capture(PaymentId payment, Money amount, ports::ProviderCallback done) override {
        ask([&houses = houses_, payment, amount] { return std::optional(houses.capture(payment, amount)); }, std::move(done));
    }
    void cancel(PaymentId payment, ports::ProviderCallback done) override {
        ask([&houses = houses_, payment] { return std::optional(houses.cancel(payment)); }, std::move(done));
    }
    void refund(PaymentId payment, RefundId refund, Money amount, ports::ProviderCallback done) override {
        ask([&houses = houses_, payment, refund, amount] { return std::optional(houses.refund(payment, refund, amount)); }, std::move(done));
    }
    void find(PaymentId payment, ports::ProviderCallback done) override {
        ask([&houses = houses_, payment] { return std::optional(houses.find(payment)); }, std::move(done));
    }
    void find_refund(PaymentId payment, RefundId refund, ports::ProviderCallback done) override {
        ask([&houses = houses_, payment, refund] { return std::optional(houses.find_refund(payment, refund)); }, std::move(done));
    }

  private:
    void ask(Act<ProviderAnswer> act, ports::ProviderCallback done) { call<ProviderAnswer>(houses_, line_, houses_.delay(), houses_.delay(), std::move(act), std::move(done)); }

    Houses& houses_;
    std::shared_ptr<Line> line_;
};

class SimulatedCarrier final : public ports::Carrier {
  public:
    SimulatedCarrier(Houses& houses, std::shared_ptr<Line> line) : houses_(houses), line_(std::move(line)) {}
    ~SimulatedCarrier() override { line_->cut = true; }

    void book(ports::CarrierBooking booking, ports::CarrierCallback done) override {
        const bool late = houses_.schedule_.dice().chance(houses_.faults.booking_told_late);
        const Duration back = late ? houses_.schedule_.dice().between(seconds(2), call_deadline) : houses_.delay();
        call<CarrierAnswer>(houses_, line_, houses_.delay(), back, [&houses = houses_, booking] { return std::optional(houses.book(booking)); }, std::move(done));
    }
    void cancel(ShipmentId shipment, ports::CarrierCallback done) override {
        ask([&houses = houses_, shipment] { return std::optional(houses.cancel(shipment)); }, std::move(done));
    }
    void find(ShipmentId shipment, ports::CarrierCallback done) override {
        ask([&houses = houses_, shipment] { return std::optional(houses.find(shipment)); }, std::move(done));
    }

  private:
    void ask(Act<CarrierAnswer> act, ports::CarrierCallback done) { call<CarrierAnswer>(houses_, line_, houses_.delay(), houses_.delay(), std::move(act), std::move(done)); }

    Houses& houses_;
    std::shared_ptr<Line> line_;
};

std::unique_ptr<ports::PaymentProvider> Houses::provider(Fuse& fuse, Inside inside) {
    return std::make_unique<SimulatedProvider>(*this, std::make_shared<Line>(Line{&schedule_, &fuse, std::move(inside)}));
}

std::unique_ptr<ports::Carrier> Houses::carrier(Fuse& fuse, Inside inside) {
    return std::make_unique<SimulatedCarrier>(*this, std::make_shared<Line>(Line{&schedule_, &fuse, std::move(inside)}));
}

}  // namespace granary::simulation
