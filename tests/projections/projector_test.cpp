// The projector: exactly once whatever the batches, restarts and failed writes, and equal bytes whatever the interleaving.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "platform/adapters/memory/memory_store.hpp"
#include "projections/runtime/projector.hpp"
#include "projections/runtime/view_registry.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/row.hpp"
#include "tests/projections/history.hpp"
#include "tests/projections/random_history.hpp"
#include "tests/projections/stores.hpp"

namespace granary::testing {
namespace {

using memory::MemoryLog;
using memory::MemoryStore;
using projections::Projector;
using projections::ProjectorLimits;
using projections::ViewRegistry;

constexpr ports::LogIdentity identity{{7, 8}, 4};

using Contents = std::map<std::string, TableContents>;

struct Views {
    explicit Views(ports::Log& log, ports::Store& store, ProjectorLimits limits = {}) {
        auto opened = ViewRegistry::open(store);
        REQUIRE(opened);
        registry = std::move(*opened);
        auto made = Projector::open(log, store, registry->generations(), limits);
        REQUIRE(made);
        projector = std::move(*made);
    }

    std::unique_ptr<ViewRegistry> registry;
    std::unique_ptr<Projector> projector;
};

Contents fold_all(ports::Log& log) {
    MemoryStore store;
    Views views(log, store);
    REQUIRE(views.projector->catch_up());
    return contents_of(store);
}

ProjectorLimits one_record_at_a_time() { return {.partition_bytes = 1, .batch_bytes = 1, .cache_bytes = 0}; }

TEST_CASE("an order's page follows the order, its payment and its shipment") {
    MemoryLog log(identity);
    MemoryStore store;
    History history(log);
    const OrderId id = order_id(1);
    const PaymentId payment = payment_id(1);
    history.append(order_stream(id), {orders::Event(placed(id, customer_id(1), {{"APPLE", 3, 25500}, {"PEAR", 1, 1250}}))});
    history.append(payment_stream(payment, id), {payments::Event(payment_started(payment, id, pounds(778)))});
    history.append(payment_stream(payment, id), {payments::Event(captured(payment, id, pounds(778)))});
    const Position last = history.append(order_stream(id), {orders::Event(paid(id, payment, pounds(778)))});

    Views views(log, store);
    REQUIRE(views.projector->catch_up());

    const auto value = store.get("orders@1", read_models::order_key(id));
    REQUIRE(value);
    REQUIRE(value->has_value());
    const auto row = read_models::read_row<read_models::OrderRowT>(**value);
    REQUIRE(row);
    CHECK(row->changed_at == last);
    CHECK(row->row.version == 2);
    CHECK(row->row.owner == customer_id(1));
    CHECK(read_models::page_json(row->row, {}, {}) ==
          R"({"id":"ord_01920000000070000000000000000002","status":"PAID","customer":"cus_01920000000070010000000000000002",)"
          R"("reference":"INV-1","total":{"amount":778,"currency":"GBP"},"line_count":2,"warehouse":"LDN","country":"GB",)"
          R"("placed_at":"2010-12-01T12:00:01Z","updated_at":"2010-12-01T12:00:04Z","version":2,"payment_method":"card",)"
          R"("payment":{"id":"pay_01920000000070020000000000000002","status":"captured","method":"card",)"
          R"("amount":{"amount":778,"currency":"GBP"}},)"
          R"("lines":[{"sku":"APPLE","name":"Name of APPLE","quantity":3,"unit_price":"2.55","amount":"7.65"},)"
          R"({"sku":"PEAR","name":"Name of PEAR","quantity":1,"unit_price":"0.125","amount":"0.125"}]})");
}

TEST_CASE("views are the same bytes whatever the batches") {
    CHECK(rc::check([](const std::vector<std::uint16_t>& choices) {
        MemoryLog log(identity);
        History history(log);
        append_random(history, choices);
        const Contents whole = fold_all(log);
        MemoryStore store;
        Views views(log, store, one_record_at_a_time());
        RC_ASSERT(views.projector->catch_up().has_value());
        const bool equal = contents_of(store) == whole;
        RC_ASSERT(equal);
    }));
}

TEST_CASE("views are the same bytes whatever the interleaving of partitions with the growth of the log") {
    CHECK(rc::check([](const std::vector<std::uint16_t>& choices, const std::vector<bool>& steps) {
        MemoryLog log(identity);
        History history(log);
        MemoryStore store;
        Views views(log, store, {.partition_bytes = 600, .batch_bytes = 900, .cache_bytes = 4096});
        for (std::size_t i = 0; i < choices.size(); ++i) {
            append_random(history, {choices[i]});
            views.projector->mark_all_grown();
            if (i < steps.size() && steps[i]) RC_ASSERT(views.projector->step().has_value());
        }
        RC_ASSERT(views.projector->catch_up().has_value());
        const bool equal = contents_of(store) == fold_all(log);
        RC_ASSERT(equal);
    }));
}

TEST_CASE("a restart after any batch, also one that was not written, changes nothing") {
    CHECK(rc::check([](const std::vector<std::uint16_t>& choices, const std::vector<bool>& lost) {
        MemoryLog log(identity);
        History history(log);
        append_random(history, choices);
        MemoryStore store;
        for (std::size_t i = 0; i <= choices.size(); ++i) {
            Views views(log, store, one_record_at_a_time());
            const bool lose = i < lost.size() && lost[i];
            if (lose) store.fail_writes(1);
            RC_ASSERT(views.projector->step().has_value() || lose);
            store.fail_writes(0);
        }
        Views views(log, store, one_record_at_a_time());
        RC_ASSERT(views.projector->catch_up().has_value());
        const bool equal = contents_of(store) == fold_all(log);
        RC_ASSERT(equal);
    }));
}

TEST_CASE("a batch that can't be written is taken again by the same projector") {
    MemoryLog log(identity);
    MemoryStore store;
    History history(log);
    Views views(log, store);
    append_random(history, {0, 8, 3, 59, 6, 14, 7, 200, 300, 400, 500});
    views.projector->mark_all_grown();
    store.fail_writes(1);
    CHECK_FALSE(views.projector->step());
    CHECK(views.projector->folded(Partition{0}, {"orders@1"}) == Offset{});
    REQUIRE(views.projector->catch_up());
    CHECK(contents_of(store) == fold_all(log));
}

TEST_CASE("void records and claims move the position and nothing else") {
    MemoryLog log(identity);
    MemoryStore store;
    History history(log);
    history.append_claim({2});
    history.append_void({2});
    Views views(log, store);
    REQUIRE(views.projector->catch_up());
    CHECK(views.projector->folded(Partition{2}, {"orders@1"}) == Offset{1});
    CHECK(views.projector->track("orders@1")->stored({2}).anchor.offset == Offset{0});
    CHECK(contents_of(store)["orders@1"].empty());
}

TEST_CASE("a changed record halts its partition for all views, and the others go on") {
    MemoryLog log(identity);
    MemoryStore store;
    History history(log);
    const auto first = history.append(order_stream(order_id(1)), {orders::Event(placed(order_id(1), {}, {{"APPLE", 1, 100}}))});
    const Partition other{(first.partition.number + 1) % identity.partitions};
    history.append_claim(first.partition);
    history.append_claim(other);
    {
        Views views(log, store);
        REQUIRE(views.projector->catch_up());
    }
    log.flip_bit(first.partition, Offset{1}, 60, 3);
    history.append_claim(other);
    Views views(log, store);
    REQUIRE(views.projector->catch_up());
    REQUIRE(views.projector->halted().size() == 1);
    CHECK(views.projector->halted()[0].table.empty());
    CHECK(views.projector->halted()[0].partition == first.partition);
    CHECK(views.projector->halted()[0].why.message.find(text_of(Position{first.partition, Offset{1}})) != std::string::npos);
    CHECK(views.projector->folded(other, {"orders@1"}) == Offset{1});
}

TEST_CASE("what a changed record made void is not passed, in a log where nothing else makes such records") {
    MemoryLog log(identity);
    log.set_stores_prefixes(true);
    MemoryStore store;
    History history(log);
    const auto first = history.append(order_stream(order_id(1)), {orders::Event(placed(order_id(1), {}, {{"APPLE", 1, 100}}))});
    history.append_claim(first.partition);
    history.append_claim(first.partition);
    log.flip_bit(first.partition, Offset{1}, 12, 3);  // whom it extends
    Views views(log, store);
    REQUIRE(views.projector->catch_up());
    REQUIRE(views.projector->halted().size() == 1);
    CHECK(views.projector->halted()[0].partition == first.partition);
    CHECK(views.projector->halted()[0].why.message.find(text_of(Position{first.partition, Offset{1}})) != std::string::npos);
    CHECK(views.projector->folded(first.partition, {"orders@1"}) == Offset{0});
}

TEST_CASE("a row that can't be read halts its own view in that partition only") {
    MemoryLog log(identity);
    MemoryStore store;
    History history(log);
    const OrderId id = order_id(1);
    const auto first = history.append(order_stream(id), {orders::Event(placed(id, {}, {{"APPLE", 1, 100}}))});
    {
        Views views(log, store);
        REQUIRE(views.projector->catch_up());
    }
    ports::StoreBatch damage;
    damage.put("orders@1", read_models::order_key(id), "rubbish");
    REQUIRE(store.write(damage, ports::Durability::process));
    const auto last = history.append(order_stream(id), {orders::Event(paid(id, payment_id(1), pounds(1)))});
    Views views(log, store);
    REQUIRE(views.projector->catch_up());
    REQUIRE(views.projector->halted().size() == 1);
    CHECK(views.projector->halted()[0].table == "orders@1");
    CHECK(views.projector->folded(first.partition, {"orders@1"}) == first.offset);
    CHECK(views.projector->folded(first.partition, {"sales@1"}) == last.offset);
    CHECK_FALSE(contents_of(store)["sales@1"].empty());
}

}  // namespace
}  // namespace granary::testing
