// The store in memory, for tests and the simulator.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "platform/ports/store.hpp"

namespace granary::memory {

// Thread-safe. Snapshots and scans share the tables with the store; a table that is being read is copied by the write that changes it.
class MemoryStore : public ports::Store {
  public:
    using Table = std::map<std::string, std::string, std::less<>>;
    struct Sheet {
        Table rows;
        mutable std::atomic<std::size_t> readers = 0;  // that need it as it is
    };
    using Tables = std::map<std::string, std::shared_ptr<Sheet>, std::less<>>;

    std::vector<std::string> tables() const override;
    Status create_table(std::string_view table) override;
    Status drop_table(std::string_view table) override;
    Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override;
    Result<std::vector<std::optional<std::string>>> get_many(std::string_view table, const std::vector<std::string>& keys) const override;
    Status scan(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override;
    Status scan_back(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override;
    std::unique_ptr<ports::StoreSnapshot> snapshot() const override;
    Status write(const ports::StoreBatch& batch, ports::Durability durability) override;
    Status forget_old_values(std::string_view table, std::string_view key) override;
    Result<std::unique_ptr<ports::StoreLoader>> load(std::string_view table) override;

    // The next writes fail with io_error, as if the process had died before them; 0 switches it off.
    void fail_writes(std::size_t count);
    std::size_t writes() const;

  private:
    template <class Walk>
    Status read(std::string_view table, Walk walk_through) const;
    static Table& rows_to_change(std::shared_ptr<Sheet>& sheet);

    mutable std::mutex mutex_;
    Tables tables_;
    std::size_t failing_writes_ = 0;
    std::size_t writes_ = 0;
};

}  // namespace granary::memory
