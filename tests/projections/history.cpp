// The chain keeper behind the tests' histories, and short ways to write events.
#include "tests/projections/history.hpp"

#include <utility>

#include "core/check.hpp"
#include "core/routing.hpp"

namespace granary::testing {

Position History::store(Partition partition, const std::string& routing_key, std::string record) {
    const auto end = log_.end(partition);
    GRANARY_CHECK(end.has_value());
    GRANARY_CHECK(log_.append({{partition, routing_key, SharedBytes(std::move(record)), 0}}).has_value());
    return {partition, *end};
}

Position History::append(const StreamTarget& target, std::vector<Event> events, Time occurred_at) {
    now_ = now_ + seconds(1);
    const Partition partition = partition_of(target.routing_key, static_cast<std::uint32_t>(heads_.size()));
    Commit commit;
    commit.meta.stream_kind = static_cast<std::uint8_t>(target.stream.kind);
    commit.meta.stream_key = target.stream.key;
    commit.meta.routing_key = target.routing_key;
    commit.meta.first_version = versions_[target.stream] + 1;
    commit.meta.time = now_;
    commit.meta.command_id = {{0x0192'0000'0000'70FFULL, ++commands_}};
    commit.meta.correlation = {commit.meta.command_id.value};
    commit.meta.actor = "test";
    versions_[target.stream] += events.size();
    const Time when = occurred_at.unix_us == 0 ? now_ : occurred_at;
    for (auto& event : events) commit.events.push_back({std::move(event), when});
    std::string record = chain::make_record(heads_[partition.number], encode_commit(commit));
    heads_[partition.number] = sha256(record);
    return store(partition, target.routing_key, std::move(record));
}

Position History::append_void(Partition partition) {
    Commit commit;
    commit.meta.stream_key = "lost";
    commit.meta.routing_key = "lost";
    commit.meta.actor = "test";
    commit.events.push_back({Event(inventory::Event(received("LOST", "LDN", 1))), now_});
    return store(partition, "lost", chain::make_record(Digest{}, encode_commit(commit)));
}

Position History::append_claim(Partition partition) {
    envelope::ClaimT claim;
    claim.node = "node";
    claim.url = "http://node";
    claim.time = now_;
    std::string record = chain::make_record(heads_[partition.number], encode_body(LogEntry(claim)));
    heads_[partition.number] = sha256(record);
    return store(partition, {}, std::move(record));
}

Partition History::partition_of_order(OrderId id) const {
    return partition_of(text_of(id), static_cast<std::uint32_t>(heads_.size()));
}

orders::OrderPlacedT placed(OrderId id, CustomerId customer, const std::vector<LineOf>& lines) {
    orders::OrderPlacedT event;
    event.order_id = id;
    event.customer = customer;
    Amount sum = price(0);
    for (const auto& line : lines) {
        auto stored = std::make_unique<orders::OrderLineT>();
        stored->sku = sku(line.sku);
        stored->name = "Name of " + std::string(line.sku);
        stored->quantity = line.quantity;
        stored->unit_price = price(line.unit_price);
        stored->amount = price(line.unit_price * line.quantity);
        sum.ten_thousandths += stored->amount.ten_thousandths;
        event.lines.push_back(std::move(stored));
    }
    event.total = round_to_minor(sum);
    event.warehouse = warehouse("LDN");
    event.country = CountryCode::from_stored("GB");
    event.payment_method = orders::PaymentMethod::card;
    event.payment_token = "tok_accept";
    event.reference = "INV-1";
    return event;
}

orders::OrderPaidT paid(OrderId id, PaymentId payment, Money amount) {
    orders::OrderPaidT event;
    event.order_id = id;
    event.payment_id = payment;
    event.amount = amount;
    return event;
}

orders::OrderCancelledT cancelled(OrderId id, std::string reason) {
    orders::OrderCancelledT event;
    event.order_id = id;
    event.reason = std::move(reason);
    return event;
}

payments::PaymentStartedT payment_started(PaymentId id, OrderId order, Money amount) {
    payments::PaymentStartedT event;
    event.payment_id = id;
    event.order_id = order;
    event.amount = amount;
    event.token = "tok_accept";
    return event;
}

payments::PaymentCapturedT captured(PaymentId id, OrderId order, Money amount) {
    payments::PaymentCapturedT event;
    event.payment_id = id;
    event.order_id = order;
    event.amount = amount;
    return event;
}

payments::PaymentRefundedT refunded(PaymentId id, OrderId order, RefundId refund, Money amount) {
    payments::PaymentRefundedT event;
    event.payment_id = id;
    event.order_id = order;
    event.refund_id = refund;
    event.amount = amount;
    return event;
}

catalog::ProductCreatedT product(std::string_view code, std::string name, std::int64_t unit_price) {
    catalog::ProductCreatedT event;
    event.sku = sku(code);
    event.name = std::move(name);
    event.unit_price = price(unit_price);
    return event;
}

inventory::StockReceivedT received(std::string_view code, std::string_view where, std::int64_t quantity) {
    inventory::StockReceivedT event;
    event.sku = sku(code);
    event.warehouse = warehouse(where);
    event.quantity = quantity;
    return event;
}

}  // namespace granary::testing
