// A log, its folded views and the queries over them, for tests of what is asked.
#pragma once

#include <memory>

#include "core/check.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "query-side/queries/source.hpp"
#include "tests/projections/history.hpp"

namespace granary::testing {

// "Seals" by reversing, and forgets a person on demand.
class ToySealer final : public ports::Sealer {
  public:
    Result<wire::SealedT> seal(PersonId person, std::string_view clear) override {
        wire::SealedT sealed;
        sealed.person = person;
        sealed.box.assign(clear.rbegin(), clear.rend());
        return sealed;
    }
    Result<std::optional<std::string>> open(const wire::SealedT& sealed) override {
        if (forgotten == sealed.person) return std::nullopt;
        return std::string(sealed.box.rbegin(), sealed.box.rend());
    }
    Result<Fingerprint> fingerprint_for(PersonId, std::string_view) override { return Fingerprint{}; }
    Fingerprint fingerprint(std::string_view) const override { return {}; }

    PersonId forgotten;
};

class StandingFreshness final : public ports::Freshness {
  public:
    ports::ViewAge age() const override { return {positions, seconds(2)}; }
    Offset folded(Partition partition) const override { return positions[partition.number]; }
    Result<Offset> known_end(Partition partition) const override { return silent ? Result<Offset>(fault(FaultCode::unavailable, "the brokers don't answer")) : ends[partition.number]; }
    void wait_for(std::vector<Position> wanted, Duration, std::function<void(bool)> ready) override {
        waited_for = std::move(wanted);
        ready(false);
    }

    PositionVector positions;
    PositionVector ends;
    std::vector<Position> waited_for;
    bool silent = false;  // the log does not say where it ends
};

struct Shop {
    memory::MemoryLog log{{{7, 8}, 4}};
    memory::MemoryStore store;
    SystemClock clock;
    History history{log};
    ToySealer sealer;
    StandingFreshness freshness;
    std::unique_ptr<projections::OfflineProjections> views;

    // Folds what is in the log; what is asked afterwards sees it.
    queries::Source source() {
        auto opened = projections::OfflineProjections::open(log, store, clock);
        GRANARY_CHECK(opened.has_value());
        views = std::move(*opened);
        GRANARY_CHECK(views->catch_up().has_value());
        freshness.positions = views->positions();
        freshness.ends = freshness.positions;
        return {store, views->views(), freshness, sealer, 4};
    }
    void put(OrderId id, orders::Event event, Time occurred_at = {}) {
        std::vector<Event> events;
        events.emplace_back(std::move(event));
        history.append(order_stream(id), std::move(events), occurred_at);
    }
    void put(PaymentId id, OrderId order, payments::Event event) {
        std::vector<Event> events;
        events.emplace_back(std::move(event));
        history.append(payment_stream(id, order), std::move(events));
    }
    void put(inventory::Event event) {
        const auto [sku, warehouse] = std::visit([](const auto& e) { return std::pair(e.sku, e.warehouse); }, event);
        std::vector<Event> events;
        events.emplace_back(std::move(event));
        history.append(stock_stream(sku, warehouse), std::move(events));
    }
    void put(catalog::Event event) {
        const Sku sku = std::visit([](const auto& e) { return e.sku; }, event);
        std::vector<Event> events;
        events.emplace_back(std::move(event));
        history.append(product_stream(sku), std::move(events));
    }
};

}  // namespace granary::testing
