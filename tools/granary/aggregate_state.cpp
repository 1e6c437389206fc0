// One folder per kind of stream; the domain's evolve does the work.
#include "tools/granary/aggregate_state.hpp"

#include <map>

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
#include "core/check.hpp"
#include "core/json_writer.hpp"

namespace granary::cli {
namespace {

std::unexpected<Fault> foreign(const Event& event) {
    return fault(FaultCode::corrupt, "the stream holds an event of another kind of aggregate: " + std::string(name_of(event)));
}

std::unexpected<Fault> impossible(const Event& event, const char* why) {
    return fault(FaultCode::corrupt, "the stream holds an event (" + std::string(name_of(event)) + ") that can't have happened, since it " + why);
}

template <class State, class ContextEvent>
class Folder final : public AggregateState {
  public:
    Status fold(const Event& event) override {
        const auto* own = std::get_if<ContextEvent>(&event);
        if (own == nullptr) return foreign(event);
        if constexpr (requires { contradiction(state_, *own); }) {
            if (const char* why = contradiction(state_, *own)) return impossible(event, why);
        }
        evolve(state_, *own);
        return {};
    }

    std::string json() const override {
        JsonWriter json;
        write_json(json, state_);
        return json.take();
    }

  private:
    State state_;
};

// The domain sees one reservation at a time; here they lie side by side.
class StockFolder final : public AggregateState {
  public:
    Status fold(const Event& event) override {
        const auto* own = std::get_if<inventory::Event>(&event);
        if (own == nullptr) return foreign(event);
        const auto id = inventory::reservation_of(*own);
        stock_.reservation.reset();
        if (id) {
            const auto found = reservations_.find(*id);
            if (found != reservations_.end()) stock_.reservation = found->second;
        }
        if (const char* why = contradiction(stock_, *own)) return impossible(event, why);
        inventory::evolve(stock_, *own);
        if (id && stock_.reservation) reservations_.insert_or_assign(*id, *stock_.reservation);
        if (id && !stock_.reservation) reservations_.erase(*id);
        return {};
    }

    std::string json() const override {
        JsonWriter json;
        json.begin_object();
        write_json(json.key("counters"), stock_.counters);
        json.key("reservation");
        if (stock_.reservation) {
            write_json(json, *stock_.reservation);
        } else {
            json.null();
        }
        json.end_object();
        return json.take();
    }

  private:
    inventory::Stock stock_;
    std::map<ReservationId, inventory::ReservationT> reservations_;
};

}  // namespace

std::unique_ptr<AggregateState> make_aggregate_state(StreamKind kind) {
    switch (kind) {
        case StreamKind::order: return std::make_unique<Folder<orders::OrderStateT, orders::Event>>();
        case StreamKind::payment: return std::make_unique<Folder<payments::PaymentStateT, payments::Event>>();
        case StreamKind::stock: return std::make_unique<StockFolder>();
        case StreamKind::shipment: return std::make_unique<Folder<delivery::ShipmentStateT, delivery::Event>>();
        case StreamKind::product: return std::make_unique<Folder<catalog::ProductStateT, catalog::Event>>();
        case StreamKind::customer: return std::make_unique<Folder<customers::CustomerStateT, customers::Event>>();
        case StreamKind::order_fulfilment: return std::make_unique<Folder<order_fulfilment::SagaStreamStateT, order_fulfilment::Event>>();
        case StreamKind::invoice: return std::make_unique<Folder<invoices::InvoiceStateT, invoices::Event>>();
        case StreamKind::customer_erasure: return std::make_unique<Folder<customer_erasure::ErasureStreamStateT, customer_erasure::Event>>();
        case StreamKind::access: return std::make_unique<Folder<access::AccessStateT, access::Event>>();
        case StreamKind::none: break;
    }
    GRANARY_CHECK(kind != StreamKind::none);
    return nullptr;
}

}  // namespace granary::cli
