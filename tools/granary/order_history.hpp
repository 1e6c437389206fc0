// The history of an order for those who ask over the network: the view knows where its events stand, the log has them.
#pragma once

#include <functional>

#include "platform/ports/commits.hpp"
#include "platform/ports/order_history.hpp"
#include "query-side/queries/orders.hpp"
#include "tools/granary/aggregate_history.hpp"

namespace granary::cli {

// Thread-safe. Both outlive it.
class ViewedOrderHistory final : public ports::OrderHistory {
  public:
    ViewedOrderHistory(const queries::OrderQueries& orders, ports::Commits& commits) : orders_(orders), commits_(commits) {}

    Result<ports::HistoryPage> page(const ports::HistoryRequest& request) override;
    Result<std::string> changes(OrderId order, const ports::HistoryMoment& from, const ports::HistoryMoment& to) override;

  private:
    // In order, up to the moment, until `visit` says false.
    using Visit = std::function<Result<bool>(Position, const Commit&)>;
    Status each_commit(OrderId order, const ports::HistoryMoment& as_of, const Visit& visit) const;
    // The order itself as of then: its last event and the state after it; without events when there was no such order.
    Result<History> standing(OrderId order, const ports::HistoryMoment& as_of) const;

    const queries::OrderQueries& orders_;
    ports::Commits& commits_;
};

}  // namespace granary::cli
