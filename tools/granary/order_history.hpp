// The history of an order for those who ask over the network: the view knows where its events stand, the log has them.
#pragma once

#include "platform/ports/commits.hpp"
#include "platform/ports/order_history.hpp"
#include "query-side/queries/orders.hpp"

namespace granary::cli {

// Thread-safe. Both outlive it.
class ViewedOrderHistory final : public ports::OrderHistory {
  public:
    ViewedOrderHistory(const queries::OrderQueries& orders, ports::Commits& commits) : orders_(orders), commits_(commits) {}

    Result<ports::HistoryPage> page(OrderId order, std::size_t limit, std::string_view cursor) override;

  private:
    const queries::OrderQueries& orders_;
    ports::Commits& commits_;
};

}  // namespace granary::cli
