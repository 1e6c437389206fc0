// The host with real threads: orders end while answers come from another thread; a second host goes on where one stopped;
// operators look in meanwhile.
#include <doctest/doctest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "core/routing.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "sagas/runtime/saga_admin.hpp"
#include "sagas/runtime/saga_host.hpp"
#include "tests/sagas/shop.hpp"

namespace granary::sagas::test {
namespace {

using orders::OrderStatus;

// Everything outside the host, worked off in order by one thread.
class Outside : public ports::CommandBus, public ports::PaymentProvider, public ports::Carrier, public ports::Sealer, public ports::PersonEraser {
  public:
    explicit Outside(Shop& shop) : shop_(shop), thread_([this] { run(); }) {}
    ~Outside() override {
        later([this] { done_ = true; });
        thread_.join();
    }

    template <class Work>
    auto with_shop(Work work) {
        const std::scoped_lock lock(shop_mutex_);
        return work(shop_);
    }
    bool provider_away = false;  // guarded by the shop's lock

    void submit(ports::CommandRequest request, std::function<void(ports::CommandAnswer)> done) override {
        auto shared = std::make_shared<ports::CommandRequest>(std::move(request));
        later([this, shared, done] { done(with_shop([&](Shop& shop) { return shop.market.apply(*shared, shop.now); })); });
    }
    void authorize(PaymentId payment, OrderId, Money amount, std::string token, ports::ProviderCallback done) override {
        provide([=](ProviderBook& book) { return book.authorize(payment, amount, token); }, done);
    }
    void capture(PaymentId payment, Money amount, ports::ProviderCallback done) override {
        provide([=](ProviderBook& book) { return book.capture(payment, amount); }, done);
    }
    void cancel(PaymentId payment, ports::ProviderCallback done) override {
        provide([=](ProviderBook& book) { return book.cancel(payment); }, done);
    }
    void refund(PaymentId payment, RefundId refund, Money amount, ports::ProviderCallback done) override {
        provide([=](ProviderBook& book) { return book.refund(payment, refund, amount); }, done);
    }
    void find(PaymentId payment, ports::ProviderCallback done) override {
        provide([=](ProviderBook& book) { return book.find(payment); }, done);
    }
    void find_refund(PaymentId payment, RefundId refund, ports::ProviderCallback done) override {
        provide([=](ProviderBook& book) { return book.find_refund(payment, refund); }, done);
    }
    void book(ports::CarrierBooking booking, ports::CarrierCallback done) override {
        carry([=](CarrierBook& book) { return book.book(booking.shipment); }, done);
    }
    void cancel(ShipmentId shipment, ports::CarrierCallback done) override {
        carry([=](CarrierBook& book) { return book.cancel(shipment); }, done);
    }
    void find(ShipmentId shipment, ports::CarrierCallback done) override {
        carry([=](CarrierBook& book) { return book.find(shipment); }, done);
    }
    void orders_under_way(CustomerId customer, OrderId order, std::function<void(Result<std::uint32_t>)> done) override {
        later([this, subject = ErasureSubject{{}, customer, order}, done] { done(with_shop([&](Shop& shop) { return shop.under_way[sagas::id_text(subject)]; })); });
    }
    void destroy_key(PersonId person, std::function<void(Status)> done) override {
        later([this, person, done] { done(with_shop([&](Shop& shop) { return ++shop.destroyed[person], destroy_outcome; })); });
    }
    void keep_destroyed(PersonId person, std::function<void(Status)> done) override { destroy_key(person, std::move(done)); }
    Status destroy_outcome;  // guarded by the shop's lock
    bool erased = false;     // of all persons: nothing can be opened; guarded by the shop's lock

    Result<wire::SealedT> seal(PersonId, std::string_view) override { return fault(FaultCode::unsupported, "no keys here"); }
    Result<std::optional<std::string>> open(const wire::SealedT&) override {
        if (with_shop([&](Shop&) { return erased; })) return std::optional<std::string>();
        return fault(FaultCode::unsupported, "no keys here");
    }
    Result<Fingerprint> fingerprint_for(PersonId, std::string_view) override { return Fingerprint{}; }
    Fingerprint fingerprint(std::string_view) const override { return {}; }

  private:
    template <class Ask>
    void provide(Ask ask, ports::ProviderCallback done) {
        later([this, ask, done] {
            done(with_shop([&](Shop& shop) -> Result<ports::ProviderAnswer> {
                if (provider_away) return fault(FaultCode::invalid_argument, "away for good");
                return ask(shop.provider);
            }));
        });
    }
    template <class Ask>
    void carry(Ask ask, ports::CarrierCallback done) {
        later([this, ask, done] { done(with_shop([&](Shop& shop) -> Result<ports::CarrierAnswer> { return ask(shop.carrier); })); });
    }
    void later(std::function<void()> work) {
        const std::scoped_lock lock(mutex_);
        work_.push_back(std::move(work));
        arrived_.notify_one();
    }
    void run() {
        while (!done_) {
            std::function<void()> work;
            {
                std::unique_lock lock(mutex_);
                arrived_.wait(lock, [this] { return !work_.empty(); });
                work = std::move(work_.front());
                work_.pop_front();
            }
            work();
        }
    }

    Shop& shop_;
    std::mutex shop_mutex_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::function<void()>> work_;
    bool done_ = false;
    std::thread thread_;
};

struct Fixture {
    Shop shop{8};
    SystemClock clock;
    Outside outside{shop};

    Fixture() { shop.now = clock.now(); }
    std::unique_ptr<SagaHost> host(std::uint32_t threads) {
        auto started = SagaHost::start({shop.log, *shop.store, outside, outside, outside, outside, outside, clock, threads});
        REQUIRE(started.has_value());
        return std::move(*started);
    }
    void place(std::uint64_t from, std::uint64_t to) {
        for (auto i = from; i <= to; ++i) outside.with_shop([&](Shop& s) { return s.place(i, {{"A", 1}, {"B", 2}}); });
    }
    std::size_t count(OrderStatus status) {
        return outside.with_shop([&](Shop& s) {
            return static_cast<std::size_t>(std::ranges::count_if(s.market.orders, [&](const auto& entry) { return entry.second.status == status; }));
        });
    }
};

ports::CommandAnswer ask(const std::function<void(SagaAdmin::Done)>& act) {
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<ports::CommandAnswer> answer;
    act([&](ports::CommandAnswer given) {
        const std::scoped_lock lock(mutex);
        answer = std::move(given);
        arrived.notify_one();
    });
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return answer.has_value(); });
    return std::move(*answer);
}

}  // namespace

TEST_CASE("orders placed while it runs are paid and booked, by one thread or by several") {
    for (const std::uint32_t threads : {1U, 3U}) {
        Fixture f;
        f.shop.stock("A", 1000);
        f.shop.stock("B", 60);
        auto host = f.host(threads);
        f.place(1, 40);
        REQUIRE(host->wait_until_idle(seconds(60)));
        CHECK(f.count(OrderStatus::paid) >= 20);
        CHECK(f.count(OrderStatus::paid) + f.count(OrderStatus::failed) == 40);
        CHECK(host->pending().instances == f.count(OrderStatus::paid));
        CHECK(host->status().size() == 8);
        CHECK(host->stop(seconds(30)).has_value());
        CHECK(f.shop.provider.faults == 0);
        CHECK(f.shop.provider.open_authorizations() == 0);
    }
}

TEST_CASE("what one host leaves off, the next one goes on with, whether it kept its store or not") {
    for (const bool keep : {true, false}) {
        Fixture f;
        f.shop.stock("A", 1000);
        f.shop.stock("B", 1000);
        auto first = f.host(2);
        f.place(1, 30);
        // At once: answers may be out. They come again under the same ids.
        static_cast<void>(first->stop({}));
        first.reset();
        f.outside.with_shop([&](Shop& s) { s.restart(keep); });
        auto second = f.host(2);
        f.place(31, 40);
        REQUIRE(second->wait_until_idle(seconds(60)));
        CHECK(f.count(OrderStatus::paid) == 40);
        CHECK(second->stop(seconds(30)).has_value());
        CHECK(f.shop.provider.faults == 0);
    }
}

TEST_CASE("operators find what is parked, see why, plan a compensation, and resume it") {
    Fixture f;
    f.shop.stock("A", 10);
    f.shop.stock("B", 10);
    f.outside.provider_away = true;
    auto host = f.host(1);
    f.place(1, 3);
    REQUIRE(host->wait_until_idle(seconds(60)));
    CHECK(host->pending().parked == 3);
    SagaAdmin admin(*f.shop.store, 8, f.outside);

    const auto first_page = admin.list({.parked_only = true, .phase = {}}, 2, "");
    REQUIRE(first_page.has_value());
    REQUIRE(first_page->sagas.size() == 2);
    CHECK(first_page->sagas[0].parked);
    CHECK(first_page->sagas[0].step == "authorize");
    CHECK(first_page->sagas[0].reason.find("away for good") != std::string::npos);
    const auto second_page = admin.list({.parked_only = true, .phase = {}}, 2, first_page->next_cursor);
    REQUIRE(second_page.has_value());
    CHECK(second_page->sagas.size() == 1);
    CHECK(second_page->next_cursor.empty());
    CHECK(admin.list({}, 10, "")->sagas.size() == 3);
    CHECK(admin.list({.parked_only = false, .phase = Phase::compensating}, 10, "")->sagas.empty());
    CHECK(admin.list({}, 10, "not hex").error().code == FaultCode::invalid_argument);

    const OrderId order{Uuid{10, 1}};
    const auto shown = admin.show(order);
    REQUIRE((shown.has_value() && shown->has_value()));
    CHECK((*shown)->find("\"parked\":true") != std::string::npos);
    CHECK((*shown)->find("tok_ok") == std::string::npos);
    CHECK_FALSE(admin.show(OrderId{Uuid{1, 1}})->has_value());
    const auto plan = admin.would_compensate(order, "fraud");
    REQUIRE((plan.has_value() && plan->has_value()));
    CHECK((*plan)->asks == std::vector<std::string>{"request_void", "release_reservation A", "release_reservation B"});
    CHECK(host->pending().parked == 3);

    f.outside.with_shop([&](Shop&) { f.outside.provider_away = false; });
    const OperatorRequest by{{Uuid{9, 1}}, {}, "operator", "", seconds(10)};
    CHECK(ask([&](auto done) { admin.retry(order, "it is back", by, done); }).outcome == ports::CommandOutcome::accepted);
    const OperatorRequest other{{Uuid{9, 2}}, {}, "operator", "", seconds(10)};
    CHECK(ask([&](auto done) { admin.compensate(OrderId{Uuid{10, 2}}, "fraud", other, done); }).outcome == ports::CommandOutcome::accepted);
    const OperatorRequest refused{{Uuid{9, 3}}, {}, "operator", "", seconds(10)};
    CHECK(ask([&](auto done) { admin.skip(OrderId{Uuid{10, 2}}, order_fulfilment::Step::capture, "by hand", refused, done); }).outcome == ports::CommandOutcome::refused);
    REQUIRE(host->wait_until_idle(seconds(60)));
    CHECK(f.outside.with_shop([&](Shop& s) { return s.status(order); }) == OrderStatus::paid);
    CHECK(f.outside.with_shop([&](Shop& s) { return s.status({Uuid{10, 2}}); }) == OrderStatus::failed);
    CHECK((*admin.show(OrderId{Uuid{10, 2}}))->find("compensated") != std::string::npos);
    CHECK(host->pending().parked == 1);
}

TEST_CASE("operators find the saga of an order that was placed just now, though the store is written a moment later") {
    Fixture f;
    f.shop.stock("A", 1000);
    f.shop.stock("B", 1000);
    auto host = f.host(2);
    SagaAdmin admin(*f.shop.store, 8, f.outside, [&](Partition partition) { return host->catch_up(partition, seconds(60)); });
    for (std::uint64_t number = 1; number <= 20; ++number) {
        const auto order = f.outside.with_shop([&](Shop& s) { return s.place(number, {{"A", 1}, {"B", 2}}); });
        const auto shown = admin.show(order);
        REQUIRE(shown.has_value());
        CHECK(shown->has_value());
        const auto plan = admin.would_compensate(order, "fraud");
        REQUIRE(plan.has_value());
        CHECK(plan->has_value());
    }
    CHECK_FALSE(admin.show(OrderId{Uuid{1, 1}})->has_value());
    CHECK(host->catch_up({8}, seconds(1)).error().code == FaultCode::invalid_argument);
}

TEST_CASE("what another node drives, or damage hides, is not called absent") {
    Fixture f;
    f.shop.stock("A", 10);
    f.shop.stock("B", 10);
    const auto order = f.outside.with_shop([&](Shop& s) { return s.place(1, {{"A", 1}, {"B", 2}}); });
    const auto partition = partition_of(text_of(order), 8);
    f.shop.log.inject(partition, "this is no record");
    auto host = f.host(1);
    SagaAdmin admin(*f.shop.store, 8, f.outside, [&](Partition wanted) { return host->catch_up(wanted, seconds(60)); });
    CHECK(host->catch_up(partition, seconds(60)).error().code == FaultCode::halted);
    for (std::uint64_t number = 2;; ++number) {
        const OrderId other{Uuid{10, number}};
        if (partition_of(text_of(other), 8) != partition) continue;
        CHECK(admin.show(other).error().code == FaultCode::halted);
        CHECK(admin.would_compensate(other, "fraud").error().code == FaultCode::halted);
        break;
    }
    host->hold(partition, false);
    CHECK(host->catch_up(partition, seconds(60)).error().code == FaultCode::halted);
    const Partition sound{(partition.number + 1) % 8};
    CHECK(host->catch_up(sound, seconds(60)));
    host->hold(sound, false);
    CHECK(host->catch_up(sound, seconds(60)).error().code == FaultCode::unavailable);
    CHECK(host->stop(seconds(30)).has_value());
    CHECK(host->catch_up(sound, seconds(60)).error().code == FaultCode::unavailable);
}

TEST_CASE("a damaged partition is halted; the others go on") {
    Fixture f;
    f.shop.stock("A", 100);
    f.shop.stock("B", 100);
    f.shop.log.inject({3}, "this is no record");
    auto host = f.host(1);
    f.place(1, 20);
    REQUIRE(host->wait_until_idle(seconds(60)));
    CHECK(host->pending().halted == 1);
    CHECK(host->status()[3].halted);
    CHECK(host->status()[3].reason.find("3:0") != std::string::npos);
    CHECK(f.count(OrderStatus::paid) > 0);
}

TEST_CASE("an order whose buyer was erased before its parcel was booked waits for an operator, it is not sent without an address") {
    Fixture f;
    f.shop.stock("A", 10);
    f.outside.erased = true;
    const OrderId order = f.outside.with_shop([&](Shop& s) { return s.place_to(1, {{"A", 1}}); });
    auto host = f.host(1);
    REQUIRE(host->wait_until_idle(seconds(60)));
    CHECK(host->pending().parked == 1);
    CHECK(f.outside.with_shop([&](Shop& s) { return s.market.shipments.size() == 1 && s.market.shipments.begin()->second.status == delivery::ShipmentStatus::failed; }));
    CHECK(f.outside.with_shop([&](Shop& s) { return s.carrier.shipments.begin()->second; }) == ports::CarrierStatus::cancelled);

    SagaAdmin admin(*f.shop.store, 8, f.outside);
    const OperatorRequest by{{Uuid{9, 1}}, {}, "operator", "", seconds(10)};
    CHECK(ask([&](auto done) { admin.compensate(order, "customer_erased", by, done); }).outcome == ports::CommandOutcome::accepted);
    REQUIRE(host->wait_until_idle(seconds(60)));
    CHECK(f.outside.with_shop([&](Shop& s) { return s.status(order); }) == OrderStatus::cancelled);
    CHECK(f.outside.with_shop([&](Shop& s) { return s.provider.kept(); }) == 0);
    CHECK(host->pending().instances == 0);
}

TEST_CASE("operators see erasures among the sagas, why they are parked, and let them go on") {
    Fixture f;
    f.outside.destroy_outcome = fault(FaultCode::corrupt, "the store of keys is damaged");
    f.outside.with_shop([](Shop& s) { s.under_way[text_of(CustomerId{Uuid{60, 2}})] = 3; });
    for (std::uint64_t number = 1; number <= 2; ++number) {
        customers::RequestErasureT command;
        command.customer_id = {Uuid{60, number}};
        f.outside.with_shop([&](Shop& s) { return s.submit(customers::Command(command)); });
    }
    auto host = f.host(2);
    SagaAdmin admin(*f.shop.store, 8, f.outside, [&](Partition partition) { return host->catch_up(partition, seconds(60)); });
    const CustomerId ann{Uuid{60, 1}};
    const ErasureSubject parked{{ann.value}, ann, {}};
    const auto is_parked = [&] { return f.outside.with_shop([&](Shop& s) { return s.market.erasures[parked.person].parked; }); };
    for (int looks = 0; !is_parked(); ++looks) {
        REQUIRE(looks < 100'000);
        REQUIRE(host->wait_until_idle(seconds(60)));
    }
    // The list is of what was folded; who is asked for by name is brought up to the log.
    const CustomerId bob{Uuid{60, 2}};
    REQUIRE(admin.show({{bob.value}, bob, {}}));
    const auto shown = admin.show(parked);
    REQUIRE((shown && *shown));
    CHECK((*shown)->find("\"parked\":true") != std::string::npos);
    CHECK((*shown)->find("the store of keys is damaged") != std::string::npos);
    const auto all = admin.list({}, 10, "");
    REQUIRE(all);
    REQUIRE(all->sagas.size() == 2);
    for (const auto& saga : all->sagas) CHECK(saga.process == "customer_erasure");
    const auto only_parked = admin.list({.parked_only = true, .phase = {}}, 10, "");
    REQUIRE(only_parked->sagas.size() == 1);
    CHECK(only_parked->sagas[0].id == text_of(CustomerId{Uuid{60, 1}}));
    CHECK(only_parked->sagas[0].step == "destroy_key");
    CHECK_FALSE(*admin.show({{Uuid{60, 3}}, {Uuid{60, 3}}, {}}));

    f.outside.with_shop([&](Shop&) { f.outside.destroy_outcome = {}; });
    const OperatorRequest by{{Uuid{9, 1}}, {}, "operator", "", seconds(10)};
    CHECK(ask([&](auto done) { admin.retry(parked, "mended", by, done); }).outcome == ports::CommandOutcome::accepted);
    const auto is_erased = [&] { return f.outside.with_shop([&](Shop& s) { return s.market.customers[ann].erasure == wire::ErasureStatus::erased; }); };
    for (int looks = 0; !is_erased(); ++looks) {
        REQUIRE(looks < 100'000);
        REQUIRE(host->wait_until_idle(seconds(60)));
    }
    CHECK((*admin.show(parked))->find("\"erased\"") != std::string::npos);
}

}  // namespace granary::sagas::test
