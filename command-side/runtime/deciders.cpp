// Adapters from the typed functions of each context to the table's common shape.
#include "command-side/runtime/deciders.hpp"

#include <array>

#include "command-side/domain/access.hpp"
#include "command-side/domain/catalog.hpp"
#include "command-side/domain/customer_erasure.hpp"
#include "command-side/domain/customers.hpp"
#include "command-side/domain/delivery.hpp"
#include "command-side/domain/inventory.hpp"
#include "command-side/domain/invoices.hpp"
#include "command-side/domain/order_fulfilment.hpp"
#include "command-side/domain/orders.hpp"
#include "command-side/domain/payments.hpp"

namespace granary::command_side {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;

template <class ContextEvent>
Decision widen(std::expected<std::vector<ContextEvent>, Refusal>&& decided) {
    if (!decided) return std::unexpected(std::move(decided.error()));
    std::vector<Event> events;
    events.reserve(decided->size());
    for (auto& event : *decided) events.emplace_back(std::move(event));
    return events;
}

Time at_commit(const Command&, Time now) { return now; }

// Context is a struct of the context's types and functions; every context but inventory has no parts.
template <class Context>
constexpr Decider plain(StreamKind kind, Time (*occurred_at)(const Command&, Time) = at_commit) {
    using State = typename Context::State;
    return {
        kind,
        [] { return AggregateState(State{}); },
        [](const AggregateState& state) { return encode(std::get<State>(state)); },
        [](std::string_view bytes) -> Result<AggregateState> {
            auto state = Context::decode(bytes);
            if (!state) return std::unexpected(std::move(state.error()));
            return AggregateState(std::move(*state));
        },
        [](const AggregateState& state, const Part&, const Command& command, Time now) {
            return widen(Context::decide(std::get<State>(state), std::get<typename Context::Command>(command), now));
        },
        [](const AggregateState& state, const Part&, const Event& event) -> const char* {
            if constexpr (requires(const State& of_context, const typename Context::Event& its) { contradiction(of_context, its); }) {
                return contradiction(std::get<State>(state), std::get<typename Context::Event>(event));
            } else {
                return nullptr;  // every event leads to a state
            }
        },
        [](AggregateState& state, Part&, const Event& event) { Context::evolve(std::get<State>(state), std::get<typename Context::Event>(event)); },
        occurred_at,
    };
}

struct Orders {
    using State = orders::OrderStateT;
    using Command = orders::Command;
    using Event = orders::Event;
    static auto decode(std::string_view bytes) { return orders::decode_order_state(bytes); }
    static auto decide(const State& state, const Command& command, Time now) { return orders::decide(state, command, now); }
    static void evolve(State& state, const Event& event) { orders::evolve(state, event); }
};
struct Payments {
    using State = payments::PaymentStateT;
    using Command = payments::Command;
    using Event = payments::Event;
    static auto decode(std::string_view bytes) { return payments::decode_payment_state(bytes); }
    static auto decide(const State& state, const Command& command, Time now) { return payments::decide(state, command, now); }
    static void evolve(State& state, const Event& event) { payments::evolve(state, event); }
};
struct Delivery {
    using State = delivery::ShipmentStateT;
    using Command = delivery::Command;
    using Event = delivery::Event;
    static auto decode(std::string_view bytes) { return delivery::decode_shipment_state(bytes); }
    static auto decide(const State& state, const Command& command, Time now) { return delivery::decide(state, command, now); }
    static void evolve(State& state, const Event& event) { delivery::evolve(state, event); }
};
struct Catalog {
    using State = catalog::ProductStateT;
    using Command = catalog::Command;
    using Event = catalog::Event;
    static auto decode(std::string_view bytes) { return catalog::decode_product_state(bytes); }
    static auto decide(const State& state, const Command& command, Time now) { return catalog::decide(state, command, now); }
    static void evolve(State& state, const Event& event) { catalog::evolve(state, event); }
};
struct Customers {
    using State = customers::CustomerStateT;
    using Command = customers::Command;
    using Event = customers::Event;
    static auto decode(std::string_view bytes) { return customers::decode_customer_state(bytes); }
    static auto decide(const State& state, const Command& command, Time now) { return customers::decide(state, command, now); }
    static void evolve(State& state, const Event& event) { customers::evolve(state, event); }
};
struct OrderFulfilment {
    using State = order_fulfilment::SagaStreamStateT;
    using Command = order_fulfilment::Command;
    using Event = order_fulfilment::Event;
    static auto decode(std::string_view bytes) { return order_fulfilment::decode_saga_stream_state(bytes); }
    static auto decide(const State& state, const Command& command, Time now) { return order_fulfilment::decide(state, command, now); }
    static void evolve(State& state, const Event& event) { order_fulfilment::evolve(state, event); }
};
struct Invoices {
    using State = invoices::InvoiceStateT;
    using Command = invoices::Command;
    using Event = invoices::Event;
    static auto decode(std::string_view bytes) { return invoices::decode_invoice_state(bytes); }
    static auto decide(const State& state, const Command& command, Time now) { return invoices::decide(state, command, now); }
    static void evolve(State& state, const Event& event) { invoices::evolve(state, event); }
};

struct CustomerErasure {
    using State = customer_erasure::ErasureStreamStateT;
    using Command = customer_erasure::Command;
    using Event = customer_erasure::Event;
    static auto decode(std::string_view bytes) { return customer_erasure::decode_erasure_stream_state(bytes); }
    static auto decide(const State& state, const Command& command, Time now) { return customer_erasure::decide(state, command, now); }
    static void evolve(State& state, const Event& event) { customer_erasure::evolve(state, event); }
};
struct Access {
    using State = access::AccessStateT;
    using Command = access::Command;
    using Event = access::Event;
    static auto decode(std::string_view bytes) { return access::decode_access_state(bytes); }
    static auto decide(const State& state, const Command& command, Time now) { return access::decide(state, command, now); }
    static void evolve(State& state, const Event& event) { access::evolve(state, event); }
};

constexpr Decider inventory_decider{
    StreamKind::stock,
    [] { return AggregateState(inventory::StockStateT{}); },
    [](const AggregateState& state) { return encode(std::get<inventory::StockStateT>(state)); },
    [](std::string_view bytes) -> Result<AggregateState> {
        auto state = inventory::decode_stock_state(bytes);
        if (!state) return std::unexpected(std::move(state.error()));
        return AggregateState(std::move(*state));
    },
    [](const AggregateState& state, const Part& part, const Command& command, Time now) {
        return widen(inventory::decide({std::get<inventory::StockStateT>(state), part}, std::get<inventory::Command>(command), now));
    },
    [](const AggregateState& state, const Part& part, const Event& event) {
        return inventory::contradiction({std::get<inventory::StockStateT>(state), part}, std::get<inventory::Event>(event));
    },
    [](AggregateState& state, Part& part, const Event& event) {
        inventory::Stock stock{std::move(std::get<inventory::StockStateT>(state)), std::move(part)};
        inventory::evolve(stock, std::get<inventory::Event>(event));
        state = std::move(stock.counters);
        part = std::move(stock.reservation);
    },
    at_commit,
};

constexpr std::array<Decider, 10> deciders{{
    plain<Orders>(StreamKind::order, [](const Command& command, Time now) { return orders::occurred_at(std::get<orders::Command>(command), now); }),
    plain<Payments>(StreamKind::payment),
    inventory_decider,
    plain<Delivery>(StreamKind::shipment, [](const Command& command, Time now) { return delivery::occurred_at(std::get<delivery::Command>(command), now); }),
    plain<Catalog>(StreamKind::product),
    plain<Customers>(StreamKind::customer),
    plain<OrderFulfilment>(StreamKind::order_fulfilment),
    plain<Invoices>(StreamKind::invoice, [](const Command& command, Time now) { return invoices::occurred_at(std::get<invoices::Command>(command), now); }),
    plain<CustomerErasure>(StreamKind::customer_erasure),
    plain<Access>(StreamKind::access, [](const Command& command, Time now) { return access::occurred_at(std::get<access::Command>(command), now); }),
}};

}  // namespace

AggregateState::AggregateState() = default;
AggregateState::AggregateState(const AggregateState&) = default;
AggregateState::AggregateState(AggregateState&&) noexcept = default;
AggregateState& AggregateState::operator=(const AggregateState&) = default;
AggregateState& AggregateState::operator=(AggregateState&&) noexcept = default;
AggregateState::~AggregateState() = default;

const Decider* decider_of(StreamKind kind) {
    for (const auto& decider : deciders) {
        if (decider.kind == kind) return &decider;
    }
    return nullptr;
}

std::optional<Uuid> part_of(const Command& command) {
    const auto* stock = std::get_if<inventory::Command>(&command);
    if (stock == nullptr) return std::nullopt;
    const auto id = inventory::reservation_of(*stock);
    return id ? std::optional(id->value) : std::nullopt;
}

std::optional<Uuid> part_of(const Event& event) {
    const auto* stock = std::get_if<inventory::Event>(&event);
    if (stock == nullptr) return std::nullopt;
    const auto id = inventory::reservation_of(*stock);
    return id ? std::optional(id->value) : std::nullopt;
}

std::string encode_part(const inventory::ReservationT& part) { return inventory::encode(part); }

Result<Part> decode_part(std::string_view bytes) {
    auto part = inventory::decode_reservation(bytes);
    if (!part) return std::unexpected(std::move(part.error()));
    return Part(std::move(*part));
}

}  // namespace granary::command_side
