// Keys that nodes share: what lies in the topic, what compaction may take, and what happens when the topic is away, cut or restored.
#include <algorithm>
#include <future>
#include <thread>

#include "core/privacy_limits.hpp"
#include "platform/adapters/keys/cluster_secret.hpp"
#include "platform/adapters/keys/key_replica.hpp"
#include "platform/adapters/keys/shared_key_store.hpp"
#include "platform/adapters/memory/memory_key_topic.hpp"
#include "tests/platform/adapters/keys/shared_keys_world.hpp"

using namespace granary;
using namespace granary::keys_test;

namespace {

ports::SecretKey filled(unsigned char fill) {
    ports::SecretKey key{};
    key.fill(fill);
    return key;
}

}  // namespace

TEST_CASE("shared keys: the topic has a key wrapped only, for its own record and log") {
    Shared world;
    const auto key = *world.open(world.here)->create_person_key(ann);
    const auto stored = world.topic.records().back().record;
    const std::string clear(key.begin(), key.end());
    CHECK(stored.name.substr(1, 16) == std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 16));
    CHECK(stored.value->find(clear) == std::string::npos);
    const ClusterSecret ours(secret);
    CHECK(*ours.unwrap(*stored.value, about_key(shop, stored.name)) == key);
    CHECK(ours.unwrap(*stored.value, about_key({5, 6}, stored.name)).error().code == FaultCode::corrupt);
    CHECK(ours.unwrap(*stored.value, about_key(shop, key_record(bob, 1, {}).name)).error().code == FaultCode::corrupt);
    CHECK(ClusterSecret("another secret").unwrap(*stored.value, about_key(shop, stored.name)).error().code == FaultCode::corrupt);
    CHECK(ours.unwrap("", about_key(shop, stored.name)).error().code == FaultCode::corrupt);
}

TEST_CASE("shared keys: of several for one person the first in the topic is the key, also after compaction") {
    Shared world;
    REQUIRE(world.topic.append({foreign_key(ann, 9, 1, world.random), foreign_key(ann, 3, 2, world.random), foreign_key(ann, 12, 3, world.random)}));
    CHECK(**world.open(world.here)->person_key(ann) == filled(1));
    world.topic.compact();
    CHECK(world.keys_stored() == 3);
    CHECK(**world.open(world.there)->person_key(ann) == filled(1));
}

TEST_CASE("shared keys: a key that another node appended first, unseen by this one, wins") {
    Shared world;
    const auto keys = world.open(world.here);
    REQUIRE(world.topic.append({foreign_key(ann, 1, 7, world.random)}));
    CHECK(*keys->create_person_key(ann) == filled(7));
}

TEST_CASE("shared keys: a mark forbids every key of its person, those in front of it and those behind it") {
    for (const bool behind : {false, true}) {
        Shared world;
        auto key = foreign_key(ann, 1, 7, world.random);
        const auto mark = destroyed_record(ann, world.clock.time);
        REQUIRE(world.topic.append(behind ? std::vector{mark, key} : std::vector{key, mark}));
        const auto keys = world.open(world.here);
        CHECK_FALSE(keys->person_key(ann)->has_value());
        CHECK(keys->create_person_key(ann).error().code == FaultCode::conflict);
        // Destroyed again, all of them are taken away.
        REQUIRE(keys->destroy_person_key(ann));
        world.topic.compact();
        CHECK(world.keys_stored() == 0);
        CHECK_FALSE(world.open(world.there)->person_key(ann)->has_value());
    }
}

TEST_CASE("shared keys: what was destroyed leaves the topic with its compaction, and the node's files at once") {
    Shared world;
    const auto keys = world.open(world.here);
    REQUIRE(keys->create_person_key(ann));
    REQUIRE(keys->create_person_key(bob));
    REQUIRE(keys->destroy_person_key(ann));
    world.topic.compact();
    CHECK(world.keys_stored() == 1);
    REQUIRE(world.here.forgotten().size() == 1);
    CHECK(world.here.forgotten()[0].starts_with("shared_keys " + std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 16)));
    const auto row = *world.here.get("shared_keys", world.here.forgotten()[0].substr(12));
    if (row) CHECK(row->size() == 8);  // the offset alone
}

TEST_CASE("shared keys: when many were destroyed elsewhere, a node takes them out of its files some at a time, and all of them in the end") {
    Shared world;
    constexpr std::uint64_t persons = 5 * limits::keys_forgotten_at_once_max;
    std::vector<ports::KeyRecord> keys_and_marks;
    for (std::uint64_t i = 1; i <= persons; ++i) keys_and_marks.push_back(foreign_key({{9, i}}, 1, 1, world.random));
    for (std::uint64_t i = 1; i <= persons; ++i) keys_and_marks.push_back(destroyed_record({{9, i}}, world.clock.time));
    REQUIRE(world.topic.append(keys_and_marks));
    {
        auto replica = *KeyReplica::open(world.there, *read_begun(world.topic));
        REQUIRE(replica.fold(*world.topic.read({0}), world.clock.time));
        REQUIRE(replica.forget_destroyed(3));
        CHECK(world.there.forgotten().size() == 3);
    }
    const auto keys = world.open(world.here);
    CHECK(world.here.forgotten().size() < persons);
    while (world.here.forgotten().size() < persons) std::this_thread::yield();
    CHECK(keys->create_person_key(bob));
}

TEST_CASE("shared keys: a destruction that was cut off at any append is finished by doing it again, by any node") {
    for (const bool stored : {false, true}) {
        for (std::size_t failing = 0; failing < 2; ++failing) {
            Shared world;
            const auto keys = world.open(world.here);
            REQUIRE(keys->create_person_key(ann));
            if (failing == 1) {
                // The mark gets through and what follows does not.
                REQUIRE(world.topic.append({destroyed_record(ann, world.clock.time)}));
            }
            world.topic.fail_appends(1, stored);
            CHECK(keys->destroy_person_key(ann).error().retryable());
            REQUIRE(world.open(world.there)->destroy_person_key(ann));
            world.topic.compact();
            CHECK(world.keys_stored() == 0);
            CHECK(world.open(world.there)->create_person_key(ann).error().code == FaultCode::conflict);
        }
    }
}

TEST_CASE("shared keys: an append of unknown fate gives no key; the next try gives one that all have, whether it was stored or not") {
    for (const bool stored : {false, true}) {
        Shared world;
        const auto keys = world.open(world.here);
        world.topic.fail_appends(1, stored);
        CHECK(keys->create_person_key(ann).error().retryable());
        const auto key = *keys->create_person_key(ann);
        CHECK(**world.open(world.there)->person_key(ann) == key);
    }
}

TEST_CASE("shared keys: while the topic is away known keys are used, and of unknown persons nothing is said") {
    Shared world;
    const auto keys = world.open(world.here);
    const auto key = *keys->create_person_key(ann);
    world.topic.fail_reads(1'000'000);
    CHECK(**keys->person_key(ann) == key);
    CHECK(keys->person_key(bob).error().retryable());
    CHECK(keys->create_person_key(bob).error().retryable());
    CHECK(keys->destroy_person_key(ann).error().retryable());
    world.topic.fail_reads(0);
    CHECK(**keys->person_key(ann) == key);
    CHECK_FALSE(keys->person_key(PersonId{{1, 3}})->has_value());
}

TEST_CASE("shared keys: while the topic can't be read, however often a key is asked for, it gets no more than one record") {
    Shared world;
    const auto keys = world.open(world.here);
    world.topic.fail_reads(1'000'000);
    for (int tries = 0; tries < 20; ++tries) CHECK(keys->create_person_key(bob).error().retryable());
    CHECK(world.keys_stored() <= 1);
    world.topic.fail_reads(0);
    const auto key = *keys->create_person_key(bob);
    CHECK(**world.open(world.there)->person_key(bob) == key);
}

TEST_CASE("shared keys: many that wait share appends") {
    Shared world;
    const auto keys = world.open(world.here);
    const auto before = world.topic.appends();
    constexpr std::uint64_t persons = 2000;
    std::vector<std::promise<void>> done(persons);
    std::atomic<std::uint64_t> failed = 0;
    for (std::uint64_t i = 0; i < persons; ++i) {
        keys->prepare({{9, i + 1}}, [&, i](const Status& status) {
            if (!status) ++failed;
            done[i].set_value();
        });
    }
    for (auto& each : done) each.get_future().wait();
    CHECK(failed == 0);
    CHECK(world.topic.appends() - before < persons / 2);
    CHECK(world.keys_stored() == persons);
}

TEST_CASE("shared keys: too many that wait are refused at once") {
    Shared world;
    const auto keys = world.open(world.here);
    world.topic.fail_appends(1'000'000, false);
    std::atomic<std::uint64_t> answered = 0;
    const std::uint64_t persons = 2 * limits::keys_waiting_max;
    for (std::uint64_t i = 0; i < persons; ++i) {
        keys->prepare({{9, i + 1}}, [&](const Status& status) {
            CHECK_FALSE(status.has_value());
            ++answered;
        });
    }
    while (answered < persons) std::this_thread::yield();
}

TEST_CASE("shared keys: data from before, under keys worked out from the secret, opens until its person is destroyed, beside what came later") {
    Shared world(true);
    const auto earlier = ClusterSecret(secret).earlier_person_key(ann);
    const auto keys = world.open(world.here);
    const auto other_node = world.open(world.there);
    CHECK(**keys->person_key(ann) == earlier);
    const auto made = *keys->create_person_key(ann);
    CHECK(made != earlier);
    for (const auto* node : {&keys, &other_node}) {
        const auto first = **(*node)->person_key(ann);
        const auto second = **(*node)->other_person_key(ann, first);
        CHECK(std::set{first, second} == std::set{made, earlier});
    }
    REQUIRE(other_node->destroy_person_key(ann));
    CHECK_FALSE(other_node->person_key(ann)->has_value());
    CHECK_FALSE(other_node->other_person_key(ann, made)->has_value());
    CHECK_FALSE(keys->other_person_key(ann, earlier)->has_value());  // asks, for it has not heard of it yet
    CHECK_FALSE(keys->person_key(ann)->has_value());
    CHECK(keys->create_person_key(ann).error().code == FaultCode::conflict);
}

TEST_CASE("shared keys: a sealer opens what was sealed before and after a person got a key of its own") {
    Shared world(true);
    World old;  // seals under the earlier key
    ports::StoreBatch batch;
    const auto earlier = ClusterSecret(secret).earlier_person_key(ann);
    batch.put("person_keys", std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 16), "K" + std::string(earlier.begin(), earlier.end()));
    REQUIRE(old.store.write(batch, ports::Durability::process));
    const auto before = *old.sealer()->seal(ann, "1 High Street");

    const auto keys = world.open(world.here);
    const auto elsewhere = world.open(world.there);
    const auto sealer = *make_sealer(*keys, world.random);
    const auto sealer_elsewhere = *make_sealer(*elsewhere, world.random);
    CHECK(**sealer->open(before) == "1 High Street");
    const auto after = *sealer->seal(ann, "2 High Street");
    for (const auto* each : {&sealer, &sealer_elsewhere}) {
        CHECK(**(*each)->open(before) == "1 High Street");
        CHECK(**(*each)->open(after) == "2 High Street");
    }
    auto damaged = after;
    damaged.box.back() ^= 1;
    CHECK(sealer->open(damaged).error().code == FaultCode::corrupt);
}

TEST_CASE("shared keys: a log that has its topic from the first day has no keys that can be worked out") {
    Shared world;
    const auto keys = world.open(world.here);
    CHECK_FALSE(keys->person_key(ann)->has_value());
    CHECK_FALSE(keys->other_person_key(ann, filled(1))->has_value());
}

TEST_CASE("shared keys: a topic that was cut, made anew, or is of another log is not gone on with") {
    Shared world;
    REQUIRE(world.open(world.here)->create_person_key(ann));
    CHECK(world.try_open(world.there, secret, {6, 6}).error().code == FaultCode::conflict);
    world.topic.cut({1});
    CHECK(world.try_open(world.here).error().code == FaultCode::corrupt);
    world.topic.cut({0});
    CHECK(world.try_open(world.here).error().code == FaultCode::not_found);
    REQUIRE(begin_shared_keys(world.topic, world.random, shop, false));
    CHECK(world.try_open(world.here).error().code == FaultCode::conflict);
    CHECK(begin_shared_keys(world.topic, world.random, {6, 6}, false).error().code == FaultCode::conflict);
    REQUIRE(begin_shared_keys(world.topic, world.random, shop, true));  // nothing is done twice
    CHECK(world.topic.records().size() == 1);
}

TEST_CASE("shared keys: a record of a later build stops a node instead of being skipped") {
    Shared world;
    REQUIRE(world.topic.append({{"Z something new", "1"}}));
    CHECK(world.try_open(world.here).error().code == FaultCode::unsupported);
}

TEST_CASE("shared keys: another secret opens no key") {
    Shared world;
    REQUIRE(world.open(world.here)->create_person_key(ann));
    const auto keys = world.try_open(world.there, "a secret that the others do not have");
    REQUIRE(keys);
    CHECK((*keys)->person_key(ann).error().code == FaultCode::corrupt);
    CHECK((*keys)->create_person_key(ann).error().code == FaultCode::corrupt);
}

TEST_CASE("shared keys: what was taken away is swept once the topic would close its segment, and not again") {
    Shared world;
    const auto is_swept = [&] { return std::ranges::any_of(world.topic.records(), [](const auto& stored) { return stored.record.name == "S"; }); };
    auto keys = world.open(world.here);
    REQUIRE(keys->create_person_key(ann));
    REQUIRE(keys->destroy_person_key(ann));
    keys.reset();
    world.open(world.here).reset();  // has read what was taken away, whether the first one had or not
    CHECK_FALSE(is_swept());
    world.clock.time = world.clock.time + world.topic.rolls_after();
    keys = world.open(world.here);
    while (!is_swept()) std::this_thread::yield();
    keys.reset();
    const auto replica = KeyReplica::open(world.there, *read_begun(world.topic));
    REQUIRE(replica);
    auto copy = *replica;
    REQUIRE(copy.fold(*world.topic.read({0}), world.clock.time));
    CHECK_FALSE(copy.unswept_since()->has_value());
}
