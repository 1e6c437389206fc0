// What operators see and do about sagas of orders and of erasures: list, show, retry, skip, compensate, and what a compensation would do.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/ports/command_bus.hpp"
#include "platform/ports/store.hpp"
#include "sagas/processes/customer_erasure.hpp"
#include "sagas/processes/order_fulfilment.hpp"

namespace granary::sagas {

struct SagaSummary {
    std::string_view process;  // `order_fulfilment` or `customer_erasure`
    std::string id;            // of its order; of the customer who is erased, or the order of somebody who is none
    std::string_view phase;
    bool parked = false;
    std::string_view step;     // where it is parked, else the oldest open step
    std::string reason;        // of the parking, else of the compensation
    Time begun_at;
    std::size_t open = 0;      // actions; orders that an erasure waits for
};
// {"process", "id", "phase", "parked", "step", "reason", "begun_at", "open"}
void write_json(JsonWriter& json, const SagaSummary& summary);

struct SagaFilter {
    bool parked_only = false;
    std::optional<Phase> phase;  // of orders alone: forward or compensating; ended ones are not listed
};
struct SagaPage {
    std::vector<SagaSummary> sagas;
    std::string next_cursor;  // empty: that was all. Opaque; printable.
};

struct OperatorRequest {
    CommandId id;  // from the caller's Idempotency-Key
    Fingerprint fingerprint;
    std::string actor;
    std::string traceparent;
    Duration deadline = seconds(10);
};

// The read side looks into the store of a running host, which may be a moment behind its log. Thread-safe.
class SagaAdmin {
  public:
    // Has the host bring the store up to the log as it is now, as SagaHost::catch_up.
    using CatchUp = std::function<Status(Partition)>;

    // Store, as the saga host's; partitions, as the log's. Both ports outlive this. Without `catch_up` the store is taken
    // as it is.
    SagaAdmin(const ports::Store& store, std::uint32_t partitions, ports::CommandBus& bus, CatchUp catch_up = {})
        : store_(store), partitions_(partitions), bus_(bus), catch_up_(std::move(catch_up)) {}

    // Live instances, orders' before erasures, by partition and id; `limit` up to limits::saga_list_max. One call looks at a bounded number of
    // rows, so a page may be short, or empty, and still have a next one. invalid_argument: a cursor that is none.
    Result<SagaPage> list(const SagaFilter& filter, std::size_t limit, std::string_view cursor) const;

    // The whole state as JSON (open actions, timers, reason of parking; sealed fields and tokens stay closed), or the
    // tombstone of an ended one; as of now; where the host is halted or slow, as it last wrote it. nullopt: no such saga,
    // also not of an order that was placed just now. Faults of `catch_up` where nothing certain can be said: unavailable
    // when another node drives this order's saga.
    Result<std::optional<std::string>> show(OrderId order) const;

    // The same of an erasure.
    Result<std::optional<std::string>> show(const ErasureSubject& subject) const;

    // What a compensation would ask for first, and which open actions it would drop; the rest depends on the answers.
    // nullopt: no live saga. Faults as those of show.
    struct Plan {
        std::vector<std::string> asks;    // names of commands and effects, with their SKU where there is one
        std::vector<std::string> drops;
    };
    Result<std::optional<Plan>> would_compensate(OrderId order, std::string_view reason) const;
    // {"order_id", "dry_run": true, "asks": [...], "drops": [...]}
    static std::string json_of(OrderId order, const Plan& plan);

    // Recorded in the saga's stream under the operator's name; the saga goes on from there. Retry and skip are refused
    // (illegal_transition) unless it is parked.
    using Done = std::function<void(ports::CommandAnswer)>;
    void retry(OrderId order, std::string reason, OperatorRequest request, Done done);
    void retry(const ErasureSubject& subject, std::string reason, OperatorRequest request, Done done);
    void skip(OrderId order, order_fulfilment::Step step, std::string reason, OperatorRequest request, Done done);
    void compensate(OrderId order, std::string reason, OperatorRequest request, Done done);

  private:
    Status catch_up(Partition partition) const;
    Partition partition_of_order(OrderId order) const;
    Status list_orders(const SagaFilter& filter, std::size_t limit, std::string_view from, SagaPage& page) const;
    Status list_erasures(const SagaFilter& filter, std::size_t limit, std::string_view from, SagaPage& page) const;
    Result<std::optional<FulfilmentStateT>> load(OrderId order) const;
    void submit(Command command, OperatorRequest request, Done done);

    const ports::Store& store_;
    const std::uint32_t partitions_;
    ports::CommandBus& bus_;
    const CatchUp catch_up_;
};

// `capture`, as operators write it; nullopt: no such step.
std::optional<order_fulfilment::Step> parse_step(std::string_view text);

}  // namespace granary::sagas
