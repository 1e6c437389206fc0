// The command side in miniature: the real deciders over states in memory, so that saga tests meet real rules.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "command-side/domain/customer_erasure.hpp"
#include "command-side/domain/customers.hpp"
#include "command-side/domain/delivery.hpp"
#include "command-side/domain/inventory.hpp"
#include "command-side/domain/order_fulfilment.hpp"
#include "command-side/domain/orders.hpp"
#include "command-side/domain/payments.hpp"
#include "platform/ports/command_bus.hpp"

namespace granary::sagas::test {

class Market {
  public:
    // Called with every accepted commit; returns where it stands.
    using Append = std::function<Position(const Commit&)>;
    explicit Market(Append append) : append_(std::move(append)) {}

    ports::CommandAnswer apply(const ports::CommandRequest& request, Time now);

    std::map<OrderId, orders::OrderStateT> orders;
    std::map<PaymentId, payments::PaymentStateT> payments;
    std::map<ShipmentId, delivery::ShipmentStateT> shipments;
    std::map<OrderId, order_fulfilment::SagaStreamStateT> sagas;
    std::map<CustomerId, customers::CustomerStateT> customers;
    std::map<PersonId, customer_erasure::ErasureStreamStateT> erasures;
    std::map<std::string, inventory::StockStateT> stocks;
    std::map<ReservationId, inventory::ReservationT> reservations;

  private:
    using Decided = std::expected<std::vector<Event>, Refusal>;
    Decided decide(const orders::Command& command, Time now);
    Decided decide(const payments::Command& command, Time now);
    Decided decide(const inventory::Command& command, Time now);
    Decided decide(const delivery::Command& command, Time now);
    Decided decide(const order_fulfilment::Command& command, Time now);
    Decided decide(const catalog::Command& command, Time now);
    Decided decide(const customers::Command& command, Time now);
    Decided decide(const invoices::Command& command, Time now);
    Decided decide(const customer_erasure::Command& command, Time now);
    Decided decide(const access::Command& command, Time now);

    Append append_;
    std::unordered_map<CommandId, std::function<ports::CommandAnswer()>> done_;
    std::unordered_map<std::string, std::uint64_t> versions_;
    Time last_time_;
};

}  // namespace granary::sagas::test
