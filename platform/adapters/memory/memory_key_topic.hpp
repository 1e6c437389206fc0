// A topic of keys in memory, for tests: compacts when told to, and fails at any moment.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "platform/ports/key_topic.hpp"

namespace granary::memory {

// Thread-safe.
class MemoryKeyTopic final : public ports::KeyTopic {
  public:
    Status append(const std::vector<ports::KeyRecord>& records) override;
    Result<ports::KeyPage> read(Offset from) override;
    Duration rolls_after() const override { return hours(24); }

    // Of each name only the newest record stays, and none that takes something away.
    void compact();
    std::vector<ports::StoredKeyRecord> records() const;
    std::size_t appends() const;

    // The next appends fail; `stored`: what they append is there nonetheless.
    void fail_appends(std::size_t count, bool stored);
    void fail_reads(std::size_t count);
    // Records that the brokers never had: the topic is another one.
    void cut(Offset end);

  private:
    mutable std::mutex mutex_;
    std::vector<ports::StoredKeyRecord> records_;
    Offset end_{0};
    std::size_t appends_ = 0;
    std::size_t appends_fail_ = 0;
    bool stored_nonetheless_ = false;
    std::size_t reads_fail_ = 0;
};

}  // namespace granary::memory
