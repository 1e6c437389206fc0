// Writes histories into a log the way command sides do: chained records, versions per stream, times that never go back.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/chain.hpp"
#include "core/stream.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "schemas/commit.hpp"

namespace granary::testing {

inline constexpr Time noon{1'291'204'800'000'000};  // 2010-12-01T12:00:00Z

class History {
  public:
    explicit History(ports::Log& log) : log_(log), heads_(log.identity().partitions) {
        for (std::uint32_t i = 0; i < heads_.size(); ++i) heads_[i] = chain::genesis(log.identity().id, {i});
    }

    Position append(const StreamTarget& target, std::vector<Event> events, Time occurred_at = {});
    // A record that lost a race: it extends nothing.
    Position append_void(Partition partition);
    // A control record.
    Position append_claim(Partition partition);

    Time now() const { return now_; }
    void pass(Duration time) { now_ = now_ + time; }
    Partition partition_of_order(OrderId id) const;

  private:
    Position store(Partition partition, const std::string& routing_key, std::string record);

    ports::Log& log_;
    std::vector<Digest> heads_;
    std::map<StreamId, std::uint64_t> versions_;
    Time now_ = noon;
    std::uint64_t commands_ = 0;
};

// Ids that a test can name.
inline OrderId order_id(std::uint64_t n) { return {{0x0192'0000'0000'7000ULL, n + 1}}; }
inline CustomerId customer_id(std::uint64_t n) { return {{0x0192'0000'0000'7001ULL, n + 1}}; }
inline PaymentId payment_id(std::uint64_t n) { return {{0x0192'0000'0000'7002ULL, n + 1}}; }
inline ShipmentId shipment_id(std::uint64_t n) { return {{0x0192'0000'0000'7003ULL, n + 1}}; }
inline RefundId refund_id(std::uint64_t n) { return {{0x0192'0000'0000'7004ULL, n + 1}}; }
inline Sku sku(std::string_view text) { return *Sku::parse(text); }
inline WarehouseCode warehouse(std::string_view text) { return *WarehouseCode::parse(text); }
inline Money pounds(std::int64_t pence) { return {pence, currency("GBP")}; }
inline Amount price(std::int64_t ten_thousandths) { return {ten_thousandths, currency("GBP")}; }

struct LineOf {
    std::string_view sku;
    std::int64_t quantity;
    std::int64_t unit_price;  // ten-thousandths
};
orders::OrderPlacedT placed(OrderId id, CustomerId customer, const std::vector<LineOf>& lines);
orders::OrderPaidT paid(OrderId id, PaymentId payment, Money amount);
orders::OrderCancelledT cancelled(OrderId id, std::string reason);
payments::PaymentStartedT payment_started(PaymentId id, OrderId order, Money amount);
payments::PaymentCapturedT captured(PaymentId id, OrderId order, Money amount);
payments::PaymentRefundedT refunded(PaymentId id, OrderId order, RefundId refund, Money amount);
catalog::ProductCreatedT product(std::string_view sku, std::string name, std::int64_t unit_price);
inventory::StockReceivedT received(std::string_view sku, std::string_view warehouse, std::int64_t quantity);

}  // namespace granary::testing
