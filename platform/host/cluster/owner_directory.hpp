// Remembers the newest claim of each partition that this node has read, across restarts.
#pragma once

#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "platform/ports/owners.hpp"
#include "platform/ports/store.hpp"

namespace granary {

// Kept in the table `owners`: readers start behind old claims, so what was read once must not be forgotten.
class OwnerDirectory final : public ports::Owners {
  public:
    // Store outlives the directory. A row that can't be read is as if it were not there: this is a hint.
    static Result<std::unique_ptr<OwnerDirectory>> open(ports::Store& store, std::uint32_t partitions);

    void note(Partition partition, ports::Owner owner) override;
    std::optional<ports::Owner> find(Partition partition) const override;
    // Of all owners known, each once, ascending.
    std::vector<std::string> urls() const;

  private:
    OwnerDirectory(ports::Store& store, std::uint32_t partitions) : store_(store), owners_(partitions) {}

    ports::Store& store_;
    mutable std::shared_mutex mutex_;
    std::vector<std::optional<ports::Owner>> owners_;
};

}  // namespace granary
