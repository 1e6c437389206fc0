// One order's process by hand: feeds it events, and tells by name what it asks for.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/refusal.hpp"
#include "sagas/processes/order_fulfilment.hpp"

namespace granary::sagas::test {

using order_fulfilment::Step;
using order_fulfilment::Timer;
using Names = std::vector<std::string>;

inline const OrderId order_id{Uuid{7, 7}};
inline const Money total{900, currency("GBP")};
inline constexpr Time start{1'700'000'000'000'000};

inline std::string name_of_effect(const Effect& effect) {
    static const char* const names[] = {"authorize", "capture", "void", "refund", "book", "cancel_booking", "track"};
    static_assert(std::size(names) == std::variant_size_v<Effect>);
    return names[effect.index()];
}

class Case {
  public:
    FulfilmentStateT state;
    Time now = start;

    // Feeds one event; `command` lets it be the answer to an own command.
    Names when(Event event, CommandId command = {}) {
        now.unix_us += 1000;
        const Input input{event, EventId{Uuid{1, ++count_}}, command, now, CorrelationId{Uuid{2, 2}}, ""};
        const auto reaction = react(state, input);
        Names names;
        for (const CommandId id : reaction.opened) {
            if (const auto* action = open(id)) names.push_back(action->kind == ActionKind::effect ? name_of_effect(effect_of(state, *action)) : std::string(name_of(command_of(state, *action))));
        }
        return names;
    }

    const ActionT* open(CommandId id) const {
        const auto found = std::ranges::find_if(state.open, [&](const auto& a) { return a->id == id; });
        return found == state.open.end() ? nullptr : found->get();
    }
    const ActionT* open(Step step) const {
        const auto found = std::ranges::find_if(state.open, [&](const auto& a) { return a->step == step; });
        return found == state.open.end() ? nullptr : found->get();
    }

    Names answer(Step step, RefusalCode refusal = RefusalCode::none) {
        const auto* action = open(step);
        REQUIRE(action != nullptr);
        order_fulfilment::AnswerRecordedT answer;
        answer.order_id = order_id;
        answer.command_id = action->id;
        answer.step = step;
        answer.accepted = refusal == RefusalCode::none;
        answer.refusal = static_cast<std::uint16_t>(refusal);
        return when(order_fulfilment::Event(answer));
    }

    Names fire(Timer timer) {
        const auto found = std::ranges::find_if(state.timers, [&](const auto& t) { return t->timer == timer; });
        REQUIRE(found != state.timers.end());
        order_fulfilment::TimerFiredT fired;
        fired.order_id = order_id;
        fired.timer = timer;
        fired.due = (*found)->due;
        now = std::max(now, fired.due);
        return when(order_fulfilment::Event(fired));
    }
    bool has(Timer timer) const {
        return std::ranges::any_of(state.timers, [&](const auto& t) { return t->timer == timer; });
    }

    template <class E>
    E of_payment() const {
        E event;
        event.order_id = order_id;
        event.payment_id = state.payment->payment_id;
        if constexpr (requires { event.amount; }) event.amount = total;
        return event;
    }
    template <class E>
    Names payment() {
        return when(payments::Event(of_payment<E>()));
    }
    template <class E>
    Names shipment(E event = {}) {
        event.order_id = order_id;
        event.shipment_id = state.parcel->shipment_id;
        return when(delivery::Event(std::move(event)));
    }
    Names progress(delivery::ShipmentStatus status) {
        delivery::ShipmentProgressedT progressed;
        progressed.status = status;
        return shipment(progressed);
    }
    template <class E>
    Names order(E event = {}) {
        event.order_id = order_id;
        return when(orders::Event(std::move(event)));
    }
    template <class E>
    Names saga(E event = {}) {
        event.order_id = order_id;
        return when(order_fulfilment::Event(std::move(event)));
    }

    Names place(const std::string& token = "tok_ok") {
        orders::OrderPlacedT placed;
        for (const auto& [sku, quantity] : {std::pair{"A", 1}, std::pair{"B", 2}, std::pair{"A", 2}}) {
            auto line = std::make_unique<orders::OrderLineT>();
            line->sku = Sku::from_stored(sku);
            line->quantity = quantity;
            placed.lines.push_back(std::move(line));
        }
        placed.total = total;
        placed.warehouse = WarehouseCode::from_stored("MAIN");
        placed.country = CountryCode::from_stored("GB");
        placed.payment_token = token;
        return order(std::move(placed));
    }
    Names reserved(const std::string& token = "tok_ok") {
        place(token);
        answer(Step::reserve);
        return answer(Step::reserve);
    }
    Names authorized() {
        reserved();
        payment<payments::PaymentStartedT>();
        return payment<payments::PaymentAuthorizedT>();
    }
    Names captured() {
        authorized();
        answer(Step::commit_stock);
        answer(Step::commit_stock);
        payment<payments::CaptureRequestedT>();
        return payment<payments::PaymentCapturedT>();
    }
    Names booked() {
        captured();
        order<orders::OrderPaidT>();
        shipment<delivery::ShipmentCreatedT>();
        return shipment<delivery::ShipmentBookedT>();
    }

  private:
    std::uint64_t count_ = 0;
};

}  // namespace granary::sagas::test
