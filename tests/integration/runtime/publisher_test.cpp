// Published at least once, in order per key, wherever something fails; positions never run ahead of acknowledgements.
#include "integration/runtime/publisher.hpp"

#include "core/limits.hpp"
#include "core/routing.hpp"
#include "integration/runtime/publisher_host.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "tests/integration/runtime/publisher_world.hpp"

using namespace granary;
using namespace granary::testing;
using integration::Publisher;

TEST_CASE("what the log holds and what comes later is published once, and its positions are kept") {
    PublisherWorld world;
    for (std::uint64_t i = 0; i < 10; ++i) world.order(i);
    const auto member = world.brokers.member();
    Publisher publisher(world.options(*member));
    publish_all(publisher, world.clock);
    CHECK(world.brokers.events().size() == 10 * PublisherWorld::messages_of_order);
    world.order(10);
    world.history.append(product_stream(sku("PEAR")), {catalog::Event(product("PEAR", "Pear", 5'000))});  // nobody's business
    publish_all(publisher, world.clock);
    CHECK(checked_ids(world.brokers.events()).size() == 11 * PublisherWorld::messages_of_order);
    CHECK(world.brokers.events().size() == 11 * PublisherWorld::messages_of_order);
    for (const auto& [partition, kept] : world.brokers.kept()) {
        CHECK(kept.next == *world.log.end(partition));
        CHECK(kept.anchor.next() == kept.next);
    }
    const auto status = publisher.status();
    CHECK(status.partitions == PublisherWorld::partitions);
    CHECK(status.lag_records == 0);
    CHECK(status.lag.us == 0);
    CHECK(status.failures == 0);
    CHECK(status.published[0] == 22);  // order-events: placed and paid
}

TEST_CASE("records that don't count are not published, and positions pass over them") {
    PublisherWorld world;
    world.order(1);
    const Partition partition = partition_of(text_of(order_id(1)), PublisherWorld::partitions);
    world.history.append_void(partition);
    world.history.append_claim(partition);
    world.history.append_void(partition);
    const auto member = world.brokers.member();
    Publisher publisher(world.options(*member));
    publish_all(publisher, world.clock);
    CHECK(world.brokers.events().size() == PublisherWorld::messages_of_order);
    CHECK(world.brokers.kept().at(partition).next == *world.log.end(partition));
    // The chain goes on from the last record that counts.
    const auto other = world.brokers.member();
    publisher.turn({});
    Publisher next(world.options(*other));
    world.order(2);
    world.order(3);
    publish_all(next, world.clock);
    CHECK(world.notices.empty());
}

TEST_CASE("a batch that fails anywhere is published again; nothing is left out or out of order") {
    for (std::size_t stored = 0; stored <= 5 * PublisherWorld::messages_of_order; ++stored) {
        CAPTURE(stored);
        PublisherWorld world;
        for (std::uint64_t i = 0; i < 5; ++i) world.order(i);
        const auto member = world.brokers.member();
        Publisher publisher(world.options(*member));
        world.brokers.fail_publish(stored);
        CHECK_FALSE(publisher.turn({}));
        CHECK(world.brokers.kept().empty());
        CHECK(publisher.status().failing);
        CHECK(publisher.status().lag_records == 15);
        CHECK_FALSE(publisher.turn({}));  // not before the pause is over
        CHECK(world.brokers.events().size() == stored);
        publish_all(publisher, world.clock);
        CHECK(world.brokers.events().size() == stored + 5 * PublisherWorld::messages_of_order);
        CHECK(checked_ids(world.brokers.events()).size() == 5 * PublisherWorld::messages_of_order);
        CHECK(publisher.status().failures == 1);
        CHECK(world.notices.size() == 1);
    }
}

TEST_CASE("positions that could not be kept are kept before anything more is published") {
    for (const bool kept : {false, true}) {
        PublisherWorld world;
        world.order(1);
        const auto member = world.brokers.member();
        Publisher publisher(world.options(*member));
        world.brokers.fail_keep(kept);
        CHECK_FALSE(publisher.turn({}));
        world.order(2);
        world.brokers.fail_keep(false);
        world.clock.passed = world.clock.passed + limits::integration_retry_max;
        CHECK_FALSE(publisher.turn({}));
        CHECK(world.brokers.events().size() == PublisherWorld::messages_of_order);
        publish_all(publisher, world.clock);
        CHECK(world.brokers.events().size() == 2 * PublisherWorld::messages_of_order);  // nothing twice
    }
}

TEST_CASE("who comes after goes on where the group says, and repeats at most what was not kept") {
    PublisherWorld world;
    for (std::uint64_t i = 0; i < 4; ++i) world.order(i);
    {
        const auto member = world.brokers.member();
        Publisher publisher(world.options(*member));
        publish_all(publisher, world.clock);
        world.order(4);
        world.brokers.fail_keep(false);
        publisher.turn({});  // published, not kept, and then it dies
    }
    const std::size_t before = world.brokers.events().size();
    CHECK(before == 5 * PublisherWorld::messages_of_order);
    const auto member = world.brokers.member();
    Publisher publisher(world.options(*member));
    publish_all(publisher, world.clock);
    CHECK(world.brokers.events().size() == before + PublisherWorld::messages_of_order);
    CHECK(checked_ids(world.brokers.events()).size() == 5 * PublisherWorld::messages_of_order);
}

TEST_CASE("members share the partitions, and one takes over what another leaves") {
    PublisherWorld world;
    for (std::uint64_t i = 0; i < 8; ++i) world.order(i);
    auto first = world.brokers.member();
    auto second = world.brokers.member();
    Publisher one(world.options(*first)), two(world.options(*second));
    one.turn({});
    two.turn({});
    one.turn({});
    CHECK(one.status().partitions + two.status().partitions == PublisherWorld::partitions);
    publish_all(one, world.clock);
    publish_all(two, world.clock);
    for (std::uint64_t i = 8; i < 16; ++i) world.order(i);
    first->leave();
    publish_all(two, world.clock);
    CHECK(two.status().partitions == PublisherWorld::partitions);
    CHECK(checked_ids(world.brokers.events()).size() == 16 * PublisherWorld::messages_of_order);
}

TEST_CASE("a zombie that still publishes what another has published brings nothing out of order") {
    PublisherWorld world;
    for (std::uint64_t i = 0; i < 3; ++i) world.order(i);
    const auto member = world.brokers.member();
    Publisher zombie(world.options(*member));
    world.brokers.fail_publish(3);
    zombie.turn({});
    const auto other = world.brokers.member();
    Publisher publisher(world.options(*other));
    publisher.turn({});
    world.clock.passed = world.clock.passed + limits::integration_retry_max;
    zombie.turn({});
    publish_all(publisher, world.clock);
    publish_all(zombie, world.clock);
    CHECK(checked_ids(world.brokers.events()).size() == 3 * PublisherWorld::messages_of_order);
}

TEST_CASE("an operator's position is honoured: history again, or from the middle") {
    PublisherWorld world;
    for (std::uint64_t i = 0; i < 6; ++i) world.order(1);
    const Partition partition = partition_of(text_of(order_id(1)), PublisherWorld::partitions);
    world.brokers.set_position(partition, {9});
    {
        const auto member = world.brokers.member();
        Publisher publisher(world.options(*member));
        publish_all(publisher, world.clock);
    }
    CHECK(world.brokers.events().size() == 3 * PublisherWorld::messages_of_order);
    world.brokers.set_position(partition, {0});
    const auto member = world.brokers.member();
    Publisher publisher(world.options(*member));
    publish_all(publisher, world.clock);
    CHECK(world.brokers.events().size() == 9 * PublisherWorld::messages_of_order);
    CHECK(world.notices.empty());
}

TEST_CASE("a damaged partition is halted, said once, and the others go on") {
    PublisherWorld world;
    for (std::uint64_t i = 0; i < 8; ++i) world.order(i);
    {
        const auto member = world.brokers.member();
        Publisher publisher(world.options(*member));
        publish_all(publisher, world.clock);
    }
    const Partition damaged = partition_of(text_of(order_id(0)), PublisherWorld::partitions);
    const auto kept = world.brokers.kept().at(damaged);
    world.log.flip_bit(damaged, kept.anchor, 60, 1);
    for (std::uint64_t i = 8; i < 20; ++i) world.order(i);
    const auto member = world.brokers.member();
    Publisher publisher(world.options(*member));
    while (publisher.turn({})) {
    }
    CHECK(publisher.status().halted == 1);
    CHECK(world.notices.size() == 1);
    CHECK(world.brokers.kept().at(damaged) == kept);
    for (const auto& [partition, position] : world.brokers.kept()) {
        if (partition != damaged) CHECK(position.next == *world.log.end(partition));
    }
}

TEST_CASE("lag grows with what waits, and is gone when it is published") {
    PublisherWorld world;
    const auto member = world.brokers.member();
    Publisher publisher(world.options(*member));
    publisher.turn({});
    world.clock.passed = hours(1);
    world.order(1);
    world.brokers.fail_publish(0, FaultCode::unavailable);
    publisher.turn({});
    const auto behind = publisher.status();
    CHECK(behind.lag_records == 3);
    world.clock.passed = world.clock.passed + seconds(60);
    CHECK(publisher.status().lag == behind.lag + seconds(60));
    publish_all(publisher, world.clock);
    CHECK(publisher.status().lag.us == 0);
}

TEST_CASE("the group's silence is a failed turn, not the end") {
    PublisherWorld world;
    world.order(1);
    const auto member = world.brokers.member();
    Publisher publisher(world.options(*member));
    world.brokers.fail_poll();
    CHECK_FALSE(publisher.turn({}));
    CHECK(publisher.status().failures == 1);
    publish_all(publisher, world.clock);
    CHECK(world.brokers.events().size() == PublisherWorld::messages_of_order);
}

TEST_CASE("a running host publishes what comes, and stops when it is told to") {
    PublisherWorld world;
    SystemClock clock;
    const auto member = world.brokers.member();
    const auto host = integration::PublisherHost::start({world.log, *member, clock, {}});
    for (std::uint64_t i = 0; i < 20; ++i) world.order(i);
    const auto deadline = clock.monotonic() + seconds(60);
    while (world.brokers.events().size() < 20 * PublisherWorld::messages_of_order && clock.monotonic() < deadline) std::this_thread::yield();
    CHECK(checked_ids(world.brokers.events()).size() == 20 * PublisherWorld::messages_of_order);
    CHECK(host->stop(seconds(60)));
    CHECK_FALSE(member->poll({}));
}
