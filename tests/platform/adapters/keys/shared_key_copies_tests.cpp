// Backups of keys that nodes share: what a copy holds, what a topic made anew gets back, and what stays destroyed.
#include "core/privacy_limits.hpp"
#include "tests/platform/adapters/keys/shared_keys_world.hpp"

using namespace granary;
using namespace granary::keys_test;

namespace {

// Its writes fail after so many.
class FailingStore final : public memory::MemoryStore {
  public:
    int writes_left = 1'000'000;
    Status write(const ports::StoreBatch& batch, ports::Durability durability) override {
        if (--writes_left < 0) return fault(FaultCode::io_error, "the disk is full");
        return MemoryStore::write(batch, durability);
    }
};

}  // namespace

TEST_CASE("shared keys: a backup gives a new topic back what it has, and what either has destroyed stays so") {
    Shared world;
    memory::MemoryStore backup;
    ports::SecretKey ann_key, bob_key;
    const PersonId cid{{1, 3}};
    {
        const auto keys = world.open(world.here);
        ann_key = *keys->create_person_key(ann);
        bob_key = *keys->create_person_key(bob);
        REQUIRE(keys->create_person_key(cid));
        REQUIRE(keys->destroy_person_key(cid));
        REQUIRE(world.topic.append({foreign_key(ann, 1, 9, world.random)}));  // came too late
        REQUIRE(keys->destroy_person_key(PersonId{{1, 4}}));                    // reads that, too
    }
    CHECK(*copy_keys(world.here, backup) >= 5);
    CHECK(*copy_keys(world.here, backup) == 0);

    Shared fresh;
    RecordingStore scratch;
    CHECK(*restore_replica(backup, fresh.topic, scratch, fresh.clock.time) == 5);
    {
        const auto keys = fresh.open(fresh.here);
        CHECK(**keys->person_key(ann) == ann_key);
        CHECK(**keys->person_key(bob) == bob_key);
        CHECK(keys->create_person_key(cid).error().code == FaultCode::conflict);
        CHECK(*keys->destroyed_at(cid) == std::optional(world.clock.time));
        REQUIRE(keys->destroy_person_key(bob));
    }
    RecordingStore again;
    const auto before = fresh.topic.records().size();
    CHECK(*restore_replica(backup, fresh.topic, again, fresh.clock.time) == 0);
    CHECK(fresh.topic.records().size() == before);  // the key of who was erased since does not come back
    CHECK_FALSE(fresh.open(fresh.there)->person_key(bob)->has_value());
}

TEST_CASE("shared keys: a copy that was cut off anywhere reads from the topic what it lacks") {
    Shared world;
    {
        const auto keys = world.open(world.here);
        std::vector<ports::KeyRecord> many;
        for (std::uint64_t i = 1; i <= 2 * limits::key_page_records_max + 5; ++i) many.push_back(foreign_key({{9, i}}, 1, 1, world.random));
        REQUIRE(world.topic.append(many));
        REQUIRE(keys->person_key(bob));  // reads them
    }
    const PersonId last{{9, 2 * limits::key_page_records_max + 5}};
    int cut = 0;
    for (bool done = false; !done; ++cut) {
        FailingStore copy;
        copy.writes_left = cut;
        done = copy_keys(world.here, copy).has_value();
        copy.writes_left = 1'000'000;
        CHECK((*world.try_open(copy))->person_key(last)->has_value());
    }
    CHECK(cut > 3);
}

TEST_CASE("shared keys: what holds no keys at all is no source of a copy") {
    Shared world;
    memory::MemoryStore nothing, backup;
    CHECK(copy_keys(nothing, backup).error().code == FaultCode::not_found);
    CHECK(restore_replica(nothing, world.topic, world.here, {}).error().code == FaultCode::not_found);
}

TEST_CASE("shared keys: the next copy destroys in a backup what was destroyed since") {
    Shared world;
    RecordingStore backup;
    const auto keys = world.open(world.here);
    REQUIRE(keys->create_person_key(ann));
    REQUIRE(copy_keys(world.here, backup));
    CHECK(backup.durabilities().back() == ports::Durability::device);
    CHECK(open_shared_key_store_to_read(backup, secret).value()->person_key(ann)->has_value());
    REQUIRE(keys->destroy_person_key(ann));
    CHECK(*copy_keys(world.here, backup) == 1);
    CHECK_FALSE(open_shared_key_store_to_read(backup, secret).value()->person_key(ann)->has_value());
    CHECK(backup.forgotten().size() == 1);
}
