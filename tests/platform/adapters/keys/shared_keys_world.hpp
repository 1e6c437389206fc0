// Two nodes' copies of one topic of keys, in memory.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "platform/adapters/keys/cluster_secret.hpp"
#include "platform/adapters/keys/key_replica.hpp"
#include "platform/adapters/keys/shared_key_store.hpp"
#include "platform/adapters/memory/memory_key_topic.hpp"
#include "tests/platform/adapters/keys/keys_world.hpp"

namespace granary::keys_test {

inline constexpr Uuid shop{5, 5};
inline const std::string secret = "thirty-two bytes that all nodes know";

struct Shared {
    memory::MemoryKeyTopic topic;
    CountingRandom random;
    SetClock clock;
    RecordingStore here, there;

    explicit Shared(bool derived_before = false) { REQUIRE(begin_shared_keys(topic, random, shop, derived_before)); }

    Result<std::unique_ptr<ports::KeyStore>> try_open(ports::Store& store, const std::string& with = secret, Uuid log = shop) {
        return open_shared_key_store({topic, store, clock, random, log, with});
    }
    std::unique_ptr<ports::KeyStore> open(ports::Store& store) {
        auto keys = try_open(store);
        REQUIRE_MESSAGE(keys, keys.error().message);
        return std::move(*keys);
    }
    std::size_t keys_stored() const {
        return static_cast<std::size_t>(std::ranges::count_if(topic.records(), [](const auto& stored) { return stored.record.name[0] == 'K' && stored.record.value; }));
    }
};

// A key of somebody else's making, as another node would append it.
inline ports::KeyRecord foreign_key(PersonId person, std::uint64_t ticket, unsigned char fill, CountingRandom& random) {
    ports::SecretKey key{};
    key.fill(fill);
    auto record = key_record(person, ticket, {});
    record.value = ClusterSecret(secret).wrap(key, about_key(shop, record.name), random);
    return record;
}

}  // namespace granary::keys_test
