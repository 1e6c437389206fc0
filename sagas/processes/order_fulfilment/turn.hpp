// One turn of the process: the state, the input, and the few moves by which steps ask, close, wait and park.
#pragma once

#include <string_view>

#include "sagas/processes/order_fulfilment.hpp"
#include "schemas/orders_messages.hpp"

namespace granary::sagas {

using order_fulfilment::Step;
using order_fulfilment::Timer;

class Turn {
  public:
    Turn(FulfilmentStateT& state, const Input& input, Reaction& reaction) : s(state), in(input), reaction_(reaction) {}

    FulfilmentStateT& s;
    const Input& in;

    // Opens an action. A step that was asked for too often parks the instance instead; stock steps, payments
    // and granted refunds don't count, for there are only so many lines, submissions and refunds.
    void ask(Step step, ActionKind kind = ActionKind::command, std::uint32_t index = 0);
    // Closes every open action of the step (and kind, and index).
    void close(Step step);
    void close(Step step, ActionKind kind);
    void close_at(Step step, std::uint32_t index);
    void close_parking();
    bool is_open(Step step) const;
    bool is_open_at(Step step, std::uint32_t index) const;
    // Closes the action with this id and returns it; nullopt when it is not open (any more).
    std::optional<ActionT> take(CommandId id);

    // Replaces a timer of the same kind; `limit` runs from the input's time.
    void set_timer(Timer timer, Duration limit);
    void clear_timer(Timer timer);
    bool has_timer(Timer timer) const;
    void clear_timers();

    // No further step until an operator acts; the reason is recorded in the saga stream.
    void park(Step step, std::string_view reason);

    orders::OrderStatus order_status() const { return static_cast<orders::OrderStatus>(s.order_status); }
    bool is_forward() const { return s.phase == Phase::forward; }
    bool is_compensating() const { return s.phase == Phase::compensating; }
    // From here on everything is undone; the first reason stays.
    void compensate(std::string_view reason);
    // Forgets how often steps were asked for: an operator vouches for another round.
    void reset_tries();

  private:
    template <class Predicate>
    void close_if(Predicate predicate);

    Reaction& reaction_;
    std::uint32_t next_index_ = 0;
};

// The three parts of a turn, in this order.
void fold_event(Turn& turn);     // facts from the event
void advance_forward(Turn& turn);
void advance_compensation(Turn& turn);

// What both directions do: provider effects that an event of the payment asks for, whoever caused it.
void advance_refunds(Turn& turn);
void fold_answer(Turn& turn, const order_fulfilment::AnswerRecordedT& answer);
void fold_timer(Turn& turn, const order_fulfilment::TimerFiredT& fired);
// An operator says that the step was done by hand.
void skip_step(Turn& turn, Step step);
// After parking: what failed for good is asked for anew.
void resume(Turn& turn);

// The carrier has the parcel, or is about to, and has not said that it is delivered.
bool is_with_carrier(ParcelStatus status);

// Minor units captured and not given back or on their way back.
std::int64_t refundable(const FulfilmentStateT& state);

}  // namespace granary::sagas
