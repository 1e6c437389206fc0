// What the erasure of a person asks for, event by event.
#include "sagas/processes/customer_erasure.hpp"

#include <doctest/doctest.h>

#include "core/privacy_limits.hpp"

namespace granary::sagas {
namespace {

using customer_erasure::Step;

const CustomerId ann{{1, 2}};
const OrderId guest_order{{5, 6}};
constexpr Time noon{1'700'000'000'000'000};

customers::ErasureRequestedT requested(bool despite_orders = false) {
    customers::ErasureRequestedT e;
    e.customer_id = ann;
    e.despite_orders = despite_orders;
    return e;
}
template <class Message>
Message of_ann() {
    Message message;
    message.person = {ann.value};
    message.customer = ann;
    return message;
}
customer_erasure::OrdersFoundT found(std::uint32_t under_way) {
    auto e = of_ann<customer_erasure::OrdersFoundT>();
    e.orders_under_way = under_way;
    return e;
}

class Erasure {
  public:
    template <class ContextEvent>
    Erasure& when(ContextEvent event, Duration later = {}) {
        now_ = now_ + later;
        ++number_;
        const Event wrapped{std::move(event)};
        react(state, {wrapped, {Uuid{1, number_}}, {Uuid{2, number_}}, now_, {Uuid{3, 3}}, "00-trace"});
        return *this;
    }
    // Asked for since the last event, not before `later` from then.
    Erasure& asks(Step step, Duration later = {}) {
        CHECK(state.step == step);
        CHECK(state.not_before == now_ + later);
        CHECK(state.action != last_);
        last_ = state.action;
        return *this;
    }
    Erasure& asks_nothing_new() {
        CHECK(state.action == last_);
        return *this;
    }
    Time now() const { return now_; }

    ErasureStateT state;

  private:
    Time now_ = noon;
    std::uint64_t number_ = 0;
    CommandId last_;
};

std::string json_of(const Command& command) {
    JsonWriter json;
    std::visit([&](const auto& context) { std::visit([&](const auto& c) { write_json(json, c); }, context); }, command);
    return std::string(name_of(command)) + " " + json.take();
}

}  // namespace

TEST_CASE("an erasure without orders under way: look, destroy, record, done") {
    Erasure erasure;
    erasure.when(customers::Event(requested())).asks(Step::find_orders);
    CHECK(subject_of(erasure.state) == ErasureSubject{{ann.value}, ann, {}});
    CHECK(json_of(record_of(erasure.state, 0)) == R"(record_orders_found {"person":"per_00000000000000010000000000000002","customer":"cus_00000000000000010000000000000002","orders_under_way":0})");
    erasure.when(customer_erasure::Event(found(0)), seconds(1)).asks(Step::destroy_key);
    CHECK(json_of(record_of(erasure.state, 0)) == R"(record_key_destroyed {"person":"per_00000000000000010000000000000002","customer":"cus_00000000000000010000000000000002"})");
    erasure.when(customer_erasure::Event(of_ann<customer_erasure::KeyDestroyedT>()), seconds(1)).asks(Step::record_erased);
    CHECK(json_of(record_of(erasure.state, 0)) == R"(record_erased {"customer_id":"cus_00000000000000010000000000000002","orders_under_way":0})");
    CHECK_FALSE(has_ended(erasure.state));
    customers::CustomerErasedT erased;
    erased.customer_id = ann;
    erasure.when(customers::Event(erased));
    CHECK(erasure.state.step == Step::none);
    CHECK(has_ended(erasure.state));
    CHECK(erasure.state.correlation == CorrelationId{Uuid{3, 3}});
    CHECK(erasure.state.traceparent == "00-trace");
}

TEST_CASE("orders under way are looked at ever less often, and waited for no longer than the law allows") {
    Erasure erasure;
    erasure.when(customers::Event(requested())).asks(Step::find_orders);
    Duration pause = limits::erasure_look_min;
    Duration waited;
    std::uint32_t looks = 0;
    while (waited + pause < limits::erasure_wait_max) {
        erasure.when(customer_erasure::Event(found(2)), looks == 0 ? Duration{} : pause);
        if (looks > 0) waited = waited + pause;
        if (looks > 0) pause = std::min(pause * 2, limits::erasure_look_max);
        if (waited + pause >= limits::erasure_wait_max) break;
        erasure.asks(Step::find_orders, pause);
        ++looks;
    }
    CHECK(looks > 24 * 27);
    const Time latest = noon + limits::erasure_wait_max;
    CHECK(erasure.state.not_before == latest);
    CHECK(erasure.state.phase == ErasurePhase::waiting);
    erasure.when(customer_erasure::Event(found(2)), latest - erasure.now()).asks(Step::destroy_key);
    erasure.when(customer_erasure::Event(of_ann<customer_erasure::KeyDestroyedT>()));
    CHECK(json_of(record_of(erasure.state, 0)).ends_with(R"("orders_under_way":2})"));
}

TEST_CASE("who does not want it to wait is heard at any time of the waiting") {
    Erasure erasure;
    erasure.when(customers::Event(requested())).when(customer_erasure::Event(found(1))).asks(Step::find_orders, limits::erasure_look_min);
    erasure.when(customers::Event(requested(true)), seconds(2)).asks(Step::find_orders);
    erasure.when(customer_erasure::Event(found(1))).asks(Step::destroy_key);
    erasure.when(customers::Event(requested(true))).asks_nothing_new();

    Erasure at_once;
    at_once.when(customers::Event(requested(true))).asks(Step::find_orders).when(customer_erasure::Event(found(7))).asks(Step::destroy_key);
    CHECK(at_once.state.orders_under_way == 7);
}

TEST_CASE("a parked erasure is asked for again, under another id, once an operator lets it go on") {
    Erasure erasure;
    erasure.when(customers::Event(requested())).when(customer_erasure::Event(found(0))).asks(Step::destroy_key);
    CHECK(json_of(park_command_of(erasure.state, "no disk")) ==
          R"(park_erasure {"person":"per_00000000000000010000000000000002","customer":"cus_00000000000000010000000000000002","step":"destroy_key","reason":"no disk"})");
    auto parked = of_ann<customer_erasure::ErasureParkedT>();
    parked.step = Step::destroy_key;
    parked.reason = "no disk";
    erasure.when(customer_erasure::Event(parked)).asks_nothing_new();
    CHECK(erasure.state.parked);
    CHECK(erasure.state.parked_reason == "no disk");
    erasure.when(customer_erasure::Event(of_ann<customer_erasure::ErasureRetriedT>()), hours(1)).asks(Step::destroy_key);
    CHECK_FALSE(erasure.state.parked);
    CHECK(erasure.state.parks == 1);
}

TEST_CASE("what comes late, twice or unasked changes nothing") {
    Erasure erasure;
    erasure.when(customer_erasure::Event(found(0)));
    CHECK(erasure.state.phase == ErasurePhase::none);
    erasure.when(customers::Event(requested())).asks(Step::find_orders);
    erasure.when(customer_erasure::Event(of_ann<customer_erasure::KeyDestroyedT>())).asks_nothing_new();
    erasure.when(customers::Event(requested())).asks(Step::find_orders);
    erasure.when(customer_erasure::Event(found(0))).asks(Step::destroy_key);
    erasure.when(customer_erasure::Event(found(3))).asks_nothing_new();
    CHECK(erasure.state.orders_under_way == 0);
    erasure.when(customer_erasure::Event(of_ann<customer_erasure::KeyDestroyedT>())).asks(Step::record_erased);
    erasure.when(customer_erasure::Event(of_ann<customer_erasure::KeyDestroyedT>())).asks_nothing_new();
    customers::CustomerErasedT erased;
    erased.customer_id = ann;
    erasure.when(customers::Event(erased));
    const auto before = encode(erasure.state);
    erasure.when(customers::Event(requested(true))).when(customer_erasure::Event(of_ann<customer_erasure::ErasureRetriedT>()));
    CHECK(encode(erasure.state) == before);
}

TEST_CASE("the person of an order without a customer is erased in the same way") {
    orders::BuyerErasureRequestedT request;
    request.order_id = guest_order;
    Erasure erasure;
    erasure.when(orders::Event(request)).asks(Step::find_orders);
    CHECK(subject_of(erasure.state) == ErasureSubject{{guest_order.value}, {}, guest_order});
    CHECK(id_text(subject_of(erasure.state)) == text_of(guest_order));
    CHECK(json_of(record_of(erasure.state, 1)) == R"(record_orders_found {"person":"per_00000000000000050000000000000006","order":"ord_00000000000000050000000000000006","orders_under_way":1})");
    customer_erasure::OrdersFoundT none;
    none.person = {guest_order.value};
    none.order = guest_order;
    customer_erasure::KeyDestroyedT gone;
    gone.person = {guest_order.value};
    gone.order = guest_order;
    erasure.when(customer_erasure::Event(none)).when(customer_erasure::Event(gone)).asks(Step::record_erased);
    CHECK(json_of(record_of(erasure.state, 0)) == R"(record_buyer_erased {"order_id":"ord_00000000000000050000000000000006","orders_under_way":0})");
    orders::BuyerErasedT erased;
    erased.order_id = guest_order;
    CHECK(erasure_of(orders::Event(erased)) == subject_of(erasure.state));
    erasure.when(orders::Event(erased));
    CHECK(has_ended(erasure.state));
}

TEST_CASE("only what is about an erasure concerns it") {
    CHECK(erasure_of(customers::Event(requested())) == ErasureSubject{{ann.value}, ann, {}});
    CHECK(erasure_of(customer_erasure::Event(found(1))) == ErasureSubject{{ann.value}, ann, {}});
    CHECK_FALSE(erasure_of(customers::Event(customers::AddressUpdatedT{})).has_value());
    CHECK_FALSE(erasure_of(orders::Event(orders::OrderDeliveredT{})).has_value());
    CHECK_FALSE(erasure_of(catalog::Event(catalog::ProductRetiredT{})).has_value());
}

}  // namespace granary::sagas
