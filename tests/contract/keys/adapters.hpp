// The key stores under test, behind one shape: `open` gives a node's key store, each with a store of its own where nodes share keys,
// `reopen` the one that a node has after a restart.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/adapters/keys/key_store.hpp"
#include "platform/adapters/keys/sealer.hpp"
#include "platform/adapters/keys/shared_key_store.hpp"
#include "platform/adapters/memory/memory_key_topic.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "tests/temporary_folder.hpp"

namespace granary::tests {

class SetClock final : public ports::Clock {
  public:
    Time time{1'700'000'000'000'000};
    Time now() const override { return time; }
    Duration monotonic() const override { return {time.unix_us}; }
};

inline std::unique_ptr<ports::KeyStore> opened(Result<std::unique_ptr<ports::KeyStore>> keys) {
    REQUIRE_MESSAGE(keys, keys.error().message);
    return std::move(*keys);
}

// One node's own keys in a store in memory.
struct MemoryKeysCase {
    SetClock clock;
    SystemRandom random;
    memory::MemoryStore store;

    std::unique_ptr<ports::KeyStore> open() { return opened(open_key_store(store, clock, random)); }
    std::unique_ptr<ports::KeyStore> reopen() { return open(); }
};

class RocksKeysCase {
  public:
    SetClock clock;

    std::unique_ptr<ports::KeyStore> open() {
        if (!store_) {
            rocks::StoreOptions options;
            options.path = folder_.path() + "/keys";
            auto store = rocks::open_store(options);
            REQUIRE(store);
            store_ = std::move(*store);
        }
        return opened(open_key_store(*store_, clock, random_));
    }
    std::unique_ptr<ports::KeyStore> reopen() {
        store_.reset();
        return open();
    }

  private:
    TemporaryFolder folder_;
    SystemRandom random_;
    std::unique_ptr<ports::Store> store_;
};

// Several nodes on one topic, each with a store of its own.
template <class Topic>
class SharedKeysCase {
  public:
    SetClock clock;

    SharedKeysCase() { REQUIRE(begin_shared_keys(topic_.get(), random_, log, false)); }

    std::unique_ptr<ports::KeyStore> open() {
        stores_.push_back(std::make_unique<memory::MemoryStore>());
        return on_last_store();
    }
    std::unique_ptr<ports::KeyStore> reopen() { return on_last_store(); }

  private:
    static constexpr Uuid log{7, 7};

    std::unique_ptr<ports::KeyStore> on_last_store() { return opened(open_shared_key_store({topic_.get(), *stores_.back(), clock, random_, log, "a secret of many bytes, known to nodes"})); }

    SystemRandom random_;
    Topic topic_;
    std::vector<std::unique_ptr<ports::Store>> stores_;
};

class TopicInMemory {
  public:
    ports::KeyTopic& get() { return topic_; }

  private:
    memory::MemoryKeyTopic topic_;
};

using SharedMemoryKeysCase = SharedKeysCase<TopicInMemory>;

inline const PersonId ann{{1, 1}};
inline const PersonId bob{{1, 2}};

}  // namespace granary::tests

TYPE_TO_STRING_AS("memory", granary::tests::MemoryKeysCase);
TYPE_TO_STRING_AS("rocksdb", granary::tests::RocksKeysCase);
TYPE_TO_STRING_AS("shared, in memory", granary::tests::SharedMemoryKeysCase);
#ifdef GRANARY_KEYS_ON_KAFKA  // the same suite in a program of its own, which takes brokers
#include "tests/contract/keys/kafka_keys_case.hpp"
#define GRANARY_KEYS_CASE(name) TEST_CASE_TEMPLATE(name, Case, granary::tests::KafkaKeysCase)
#define GRANARY_SHARED_KEYS_CASE(name) TEST_CASE_TEMPLATE(name, Case, granary::tests::KafkaKeysCase)
#else
#define GRANARY_KEYS_CASE(name) TEST_CASE_TEMPLATE(name, Case, granary::tests::MemoryKeysCase, granary::tests::RocksKeysCase, granary::tests::SharedMemoryKeysCase)
#define GRANARY_SHARED_KEYS_CASE(name) TEST_CASE_TEMPLATE(name, Case, granary::tests::SharedMemoryKeysCase)
#endif
