// A key store on a store in memory, with randomness and a clock that a test sets.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <mutex>
#include <vector>

#include "platform/adapters/keys/key_store.hpp"
#include "platform/adapters/keys/sealer.hpp"
#include "platform/adapters/memory/memory_store.hpp"

namespace granary::keys_test {

class RecordingStore : public memory::MemoryStore {
  public:
    Status write(const ports::StoreBatch& batch, ports::Durability durability) override {
        {
            const std::lock_guard lock(mutex_);
            durabilities_.push_back(durability);
        }
        return MemoryStore::write(batch, durability);
    }
    Status forget_old_values(std::string_view table, std::string_view key) override {
        const std::lock_guard lock(mutex_);
        forgotten_.push_back(std::string(table) + " " + std::string(key));
        return {};
    }
    std::vector<std::string> forgotten() const {
        const std::lock_guard lock(mutex_);
        return forgotten_;
    }
    std::vector<ports::Durability> durabilities() const {
        const std::lock_guard lock(mutex_);
        return durabilities_;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<ports::Durability> durabilities_;
    std::vector<std::string> forgotten_;
};

// Different each time, the same in each run.
class CountingRandom final : public ports::Random {
  public:
    Uuid bits() override {
        const std::lock_guard lock(mutex_);
        ++count_;
        return {count_ * 0x9E3779B97F4A7C15ULL, count_ * 0xC2B2AE3D27D4EB4FULL};
    }

  private:
    std::mutex mutex_;
    std::uint64_t count_ = 0;
};

class SetClock final : public ports::Clock {
  public:
    Time time{1'700'000'000'000'000};
    Time now() const override { return time; }
    Duration monotonic() const override { return {time.unix_us}; }
};

struct World {
    RecordingStore store;
    CountingRandom random;
    SetClock clock;
    std::unique_ptr<ports::KeyStore> keys = reopened();

    std::unique_ptr<ports::KeyStore> reopened() {
        auto opened = open_key_store(store, clock, random);
        REQUIRE(opened.has_value());
        return std::move(*opened);
    }
    std::unique_ptr<ports::Sealer> sealer() {
        auto made = make_sealer(*keys, random);
        REQUIRE(made.has_value());
        return std::move(*made);
    }
};

inline const PersonId ann{{1, 1}};
inline const PersonId bob{{1, 2}};

}  // namespace granary::keys_test
