// The one table that says which context decides for which kind of stream, so that the shard knows no context by name.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/refusal.hpp"
#include "core/result.hpp"
#include "core/stream.hpp"
#include "core/time.hpp"
#include "schemas/messages.hpp"

namespace granary::command_side {

// The folded state of one aggregate.
struct AggregateState : std::variant<orders::OrderStateT, payments::PaymentStateT, inventory::StockStateT, delivery::ShipmentStateT, catalog::ProductStateT,
                                     customers::CustomerStateT, order_fulfilment::SagaStreamStateT, invoices::InvoiceStateT,
                                     customer_erasure::ErasureStreamStateT, access::AccessStateT> {
    using variant::variant;
    AggregateState();
    AggregateState(const AggregateState& other);
    AggregateState(AggregateState&& other) noexcept;
    AggregateState& operator=(const AggregateState& other);
    AggregateState& operator=(AggregateState&& other) noexcept;
    ~AggregateState();
};
// What a hot aggregate keeps outside its own state, loaded one by one: the reservations of a stock. nullopt = there is none.
using Part = std::optional<inventory::ReservationT>;

struct Decider {
    StreamKind kind = StreamKind::none;
    AggregateState (*initial)() = nullptr;
    std::string (*encode)(const AggregateState&) = nullptr;
    Result<AggregateState> (*decode)(std::string_view) = nullptr;
    // `now` is the time that the commit will carry.
    std::expected<std::vector<Event>, Refusal> (*decide)(const AggregateState&, const Part&, const Command&, Time now) = nullptr;
    // Why this event can't follow on this state; nullptr: it can. To be asked of events that come from the log.
    const char* (*contradiction)(const AggregateState&, const Part&, const Event&) = nullptr;
    void (*evolve)(AggregateState&, Part&, const Event&) = nullptr;
    // When the events happened in business, by the command's own account.
    Time (*occurred_at)(const Command&, Time now) = nullptr;
};

// nullptr: a stream that this build does not know.
const Decider* decider_of(StreamKind kind);

// The part that must be loaded before decide or evolve.
std::optional<Uuid> part_of(const Command& command);
std::optional<Uuid> part_of(const Event& event);

std::string encode_part(const inventory::ReservationT& part);
Result<Part> decode_part(std::string_view bytes);

}  // namespace granary::command_side
