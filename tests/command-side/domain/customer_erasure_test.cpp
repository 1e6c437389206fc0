// The stream of an erasure writes down what comes; only a retry of what is not parked is refused.
#include "command-side/domain/customer_erasure.hpp"

#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::customer_erasure;

namespace {

using Stream = scenario::Scenario<ErasureStreamStateT, Event, Command>;
const CustomerId ann{{1, 2}};

template <class Message>
Message of_ann() {
    Message message;
    message.person = {ann.value};
    message.customer = ann;
    return message;
}
ParkErasureT park(std::string reason = "the key store can't be written") {
    auto c = of_ann<ParkErasureT>();
    c.step = Step::destroy_key;
    c.reason = std::move(reason);
    return c;
}
ErasureParkedT parked() {
    auto e = of_ann<ErasureParkedT>();
    e.step = Step::destroy_key;
    e.reason = "the key store can't be written";
    return e;
}

}  // namespace

TEST_CASE("an erasure's stream: what was found and done is an event each time") {
    auto found = of_ann<RecordOrdersFoundT>();
    found.orders_under_way = 3;
    auto told = of_ann<OrdersFoundT>();
    told.orders_under_way = 3;
    Stream stream;
    stream.when(found).then({told}).when(found).then({told});
    stream.when(of_ann<RecordKeyDestroyedT>()).then({of_ann<KeyDestroyedT>()});
    CHECK(stream.state().exists);
    CHECK(stream.state().person == PersonId{ann.value});
}

TEST_CASE("an erasure's stream: an order's own person is recorded as one of a customer is") {
    auto found = of_ann<RecordOrdersFoundT>();
    found.customer = {};
    found.order = {ann.value};
    auto told = of_ann<OrdersFoundT>();
    told.customer = {};
    told.order = {ann.value};
    Stream().when(found).then({told});
}

TEST_CASE("an erasure's stream: parked once, and let go on by a retry") {
    Stream stream;
    stream.when(park()).then({parked()}).when(park("again")).nothing_happens();
    auto again = of_ann<ErasureRetriedT>();
    again.reason = "there is room again";
    auto retry = of_ann<RetryErasureT>();
    retry.reason = "there is room again";
    stream.when(retry).then({again});
    CHECK_FALSE(stream.state().parked);
    stream.when(retry).refused(RefusalCode::illegal_transition, "");
}

TEST_CASE("an erasure's stream: refuses by precedence") {
    auto wrong = park("");
    Stream().when(wrong).refused(RefusalCode::invalid, "/reason");
    wrong.reason.assign(limits::reason_bytes_max + 1, 'x');
    Stream().when(wrong).refused(RefusalCode::limit_exceeded, "/reason");
    wrong.step = Step::none;
    Stream().when(wrong).refused(RefusalCode::invalid, "/step");
    wrong.order = {ann.value};
    Stream().when(wrong).refused(RefusalCode::invalid, "/customer");
    wrong.order = {};
    wrong.customer = {};
    Stream().when(wrong).refused(RefusalCode::invalid, "/customer");
    wrong.person = {};
    Stream().when(wrong).refused(RefusalCode::invalid, "/person");
    auto retry = of_ann<RetryErasureT>();
    retry.reason.assign(limits::reason_bytes_max + 1, 'x');
    Stream().given({parked()}).when(retry).refused(RefusalCode::limit_exceeded, "/reason");
}
