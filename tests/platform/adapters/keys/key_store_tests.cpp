// Keys are made once, found again, and gone for good when destroyed.
#include <atomic>
#include <set>
#include <thread>

#include "core/limits.hpp"
#include "tests/platform/adapters/keys/keys_world.hpp"

using namespace granary;
using namespace granary::keys_test;

TEST_CASE("a person's key is made once, durably, and costs no write afterwards") {
    World world;
    CHECK_FALSE(world.keys->person_key(ann)->has_value());
    const auto first = *world.keys->create_person_key(ann);
    CHECK(world.store.durabilities() == std::vector{ports::Durability::device});
    CHECK(*world.keys->create_person_key(ann) == first);
    CHECK(**world.keys->person_key(ann) == first);
    CHECK(world.store.durabilities().size() == 1);
    CHECK(*world.keys->create_person_key(bob) != first);
}

TEST_CASE("keys outlive the process") {
    World world;
    const auto key = *world.keys->create_person_key(ann);
    const auto secret = *world.keys->secret("command-ids");
    world.keys = world.reopened();
    CHECK(**world.keys->person_key(ann) == key);
    CHECK(*world.keys->create_person_key(ann) == key);
    CHECK(*world.keys->secret("command-ids") == secret);
    CHECK(*world.keys->secret("cursors") != secret);
}

TEST_CASE("a destroyed key never comes back, not even after a restart, and leaves when it went") {
    World world;
    REQUIRE(world.keys->create_person_key(ann).has_value());
    world.clock.time = world.clock.time + hours(1);
    REQUIRE(world.keys->destroy_person_key(ann).has_value());
    for (int run = 0; run < 2; ++run) {
        CHECK_FALSE(world.keys->person_key(ann)->has_value());
        CHECK(world.keys->create_person_key(ann).error().code == FaultCode::conflict);
        world.keys = world.reopened();
    }
    const auto entry = **world.store.get("person_keys", std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 16));
    REQUIRE(entry.size() == 9);
    CHECK(entry[0] == 'D');
    std::int64_t when = 0;
    for (char c : entry.substr(1)) when = when << 8 | static_cast<unsigned char>(c);
    CHECK(when == world.clock.time.unix_us);
    CHECK(world.store.durabilities().back() == ports::Durability::device);
}

TEST_CASE("destroying twice keeps the first time; destroying before the key was made forbids it") {
    World world;
    REQUIRE(world.keys->destroy_person_key(ann).has_value());
    CHECK(world.keys->create_person_key(ann).error().code == FaultCode::conflict);
    const auto writes = world.store.durabilities().size();
    REQUIRE(world.keys->destroy_person_key(ann).has_value());
    CHECK(world.store.durabilities().size() == writes);
}

TEST_CASE("what the store still holds of a destroyed key is forgotten, and again when asked again, for a crash may have come between") {
    World world;
    REQUIRE(world.keys->create_person_key(ann).has_value());
    CHECK(world.store.forgotten().empty());
    const std::string row = "person_keys " + std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 16);
    REQUIRE(world.keys->destroy_person_key(ann).has_value());
    CHECK(world.store.forgotten() == std::vector{row});
    REQUIRE(world.keys->destroy_person_key(ann).has_value());
    CHECK(world.store.forgotten() == std::vector{row, row});
}

TEST_CASE("more persons than the cache holds still find their keys") {
    World world;
    std::vector<ports::SecretKey> made;
    const std::uint64_t persons = limits::person_keys_cached_max + 500;
    for (std::uint64_t i = 1; i <= persons; ++i) made.push_back(*world.keys->create_person_key(PersonId{{i, i}}));
    bool all_found = true;
    for (std::uint64_t i = 1; i <= persons; ++i) all_found = all_found && **world.keys->person_key(PersonId{{i, i}}) == made[i - 1];
    CHECK(all_found);
    CHECK(std::set(made.begin(), made.end()).size() == persons);
    CHECK(world.store.durabilities().size() == persons);
}

TEST_CASE("threads that ask for one person's first key at once all get the same") {
    World world;
    std::vector<ports::SecretKey> got(8);
    std::vector<std::thread> threads;
    for (auto& key : got) threads.emplace_back([&] { key = *world.keys->create_person_key(ann); });
    for (auto& thread : threads) thread.join();
    CHECK(std::set(got.begin(), got.end()).size() == 1);
    CHECK(world.store.durabilities().size() == 1);
}

TEST_CASE("a write that fails gives no key; the next try does") {
    World world;
    world.store.fail_writes(1);
    CHECK(world.keys->create_person_key(ann).error().code == FaultCode::io_error);
    CHECK_FALSE(world.keys->person_key(ann)->has_value());
    world.store.fail_writes(0);
    REQUIRE(world.keys->create_person_key(ann).has_value());
    world.store.fail_writes(1);
    CHECK_FALSE(world.keys->destroy_person_key(ann).has_value());
    world.store.fail_writes(0);
    CHECK(world.keys->person_key(ann)->has_value());
}

TEST_CASE("an entry that is not what was written is corrupt, not a key") {
    World world;
    for (const std::string& bad : {std::string(), std::string(32, 'x'), std::string("K"), "K" + std::string(31, 'x'), "X" + std::string(32, 'x'), std::string("D1234567")}) {
        ports::StoreBatch batch;
        batch.put("person_keys", std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 16), bad);
        REQUIRE(world.store.write(batch, ports::Durability::process).has_value());
        CHECK(world.keys->person_key(ann).error().code == FaultCode::corrupt);
        CHECK(world.keys->create_person_key(ann).error().code == FaultCode::corrupt);
        CHECK(world.keys->destroy_person_key(ann).error().code == FaultCode::corrupt);
    }
}

TEST_CASE("nobody has no key") {
    World world;
    CHECK_FALSE(world.keys->person_key(PersonId{})->has_value());
    CHECK(world.keys->create_person_key(PersonId{}).error().code == FaultCode::invalid_argument);
    CHECK(world.keys->destroy_person_key(PersonId{}).error().code == FaultCode::invalid_argument);
    CHECK(world.keys->secret("").error().code == FaultCode::invalid_argument);
}

TEST_CASE("keys are copied as they are, again only what is new, and what was destroyed on either side stays so") {
    World world;
    const auto ann_key = *world.keys->create_person_key(ann);
    const auto bob_key = *world.keys->create_person_key(bob);
    const auto secret = *world.keys->secret("command-ids");
    World backup;
    backup.keys.reset();
    CHECK(*copy_keys(world.store, backup.store) == 3);
    CHECK(*copy_keys(world.store, backup.store) == 0);
    backup.keys = backup.reopened();
    CHECK(**backup.keys->person_key(ann) == ann_key);
    CHECK(*backup.keys->secret("command-ids") == secret);

    REQUIRE(world.keys->destroy_person_key(ann));
    CHECK(*copy_keys(world.store, backup.store) == 1);  // the backup forgets, too
    backup.keys = backup.reopened();
    CHECK_FALSE(backup.keys->person_key(ann)->has_value());
    CHECK(**backup.keys->person_key(bob) == bob_key);

    REQUIRE(backup.keys->destroy_person_key(bob));
    CHECK(*copy_keys(backup.store, world.store) == 1);
    world.keys = world.reopened();
    CHECK_FALSE(world.keys->person_key(bob)->has_value());
    CHECK(*copy_keys(world.store, backup.store) == 0);
}

TEST_CASE("a copy that ended before it had forgotten a destroyed key forgets it the next time") {
    struct StumblingStore final : RecordingStore {
        bool stumbles = false;
        Status forget_old_values(std::string_view table, std::string_view key) override {
            if (stumbles) return fault(FaultCode::disk_full, "no room");
            return RecordingStore::forget_old_values(table, key);
        }
    };
    World world;
    REQUIRE(world.keys->create_person_key(ann));
    StumblingStore backup;
    REQUIRE(copy_keys(world.store, backup));
    REQUIRE(world.keys->destroy_person_key(ann));
    backup.stumbles = true;
    CHECK(copy_keys(world.store, backup).error().code == FaultCode::disk_full);
    CHECK(backup.forgotten().empty());
    backup.stumbles = false;
    REQUIRE(copy_keys(world.store, backup));
    CHECK(backup.forgotten().size() == 1);
    REQUIRE(copy_keys(world.store, backup));
    CHECK(backup.forgotten().size() == 1);
}

TEST_CASE("keys of one log are not mixed with those of another") {
    World world;
    World other;
    (void)other.random.bits();  // else the two would draw the same
    (void)world.keys->secret("command-ids");
    (void)other.keys->secret("command-ids");
    REQUIRE(world.keys->create_person_key(ann));
    const auto copied = copy_keys(world.store, other.store);
    REQUIRE_FALSE(copied);
    CHECK(copied.error().code == FaultCode::conflict);
    CHECK_FALSE(other.keys->person_key(ann)->has_value());
}
