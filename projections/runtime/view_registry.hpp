// Which generations of each view there are and which one is live: kept in the store, and told to whoever reads.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/ports/store.hpp"
#include "platform/ports/view_directory.hpp"
#include "projections/runtime/stored_state.hpp"

namespace granary::projections {

// Thread-safe. Every change is durable before it is told.
class ViewRegistry final : public ports::ViewDirectory {
  public:
    // Makes the tables that are missing. A view that is new, or whose rows changed their version, gets a fresh live
    // generation, to be folded from the log's beginning; generations of other versions are dropped. The store must outlive
    // the registry.
    static Result<std::unique_ptr<ViewRegistry>> open(ports::Store& store);

    std::shared_ptr<const std::string> live_table(std::string_view view) const override;

    // By view, then number.
    std::vector<Generation> generations() const;
    std::vector<Generation> generations(std::string_view view) const;
    std::optional<std::uint64_t> live(std::string_view view) const;

    // An empty table for a rebuild up to `target`. not_found: no such view.
    Result<Generation> create(std::string_view view, std::vector<Offset> target);
    // A rebuild has reached its target: the generation is folded from here on.
    Status finish_building(const Generation& generation);
    // Atomically, durably. not_found: no such generation; conflict: it is being built.
    Status promote(std::string_view view, std::uint64_t number);
    // Drops the table and what is known of it. conflict: it is live. Nobody may fold it any more.
    Status discard(std::string_view view, std::uint64_t number);

  private:
    explicit ViewRegistry(ports::Store& store) : store_(store) {}

    Status ensure(std::string_view view, std::uint32_t version);
    Status drop_stale(std::string_view view, std::uint32_t version);
    Result<Generation> add(std::string_view view, std::uint32_t version, GenerationState state,
                           std::vector<Offset> target);
    Status set_live(std::string_view view, std::uint64_t number);
    Status forget(const Generation& generation);
    std::optional<Generation> find(std::string_view view, std::uint64_t number) const;

    ports::Store& store_;
    mutable std::mutex mutex_;
    std::vector<Generation> generations_;
    std::map<std::string, std::uint64_t, std::less<>> live_;
    std::map<std::string, std::shared_ptr<const std::string>, std::less<>> tables_;
};

}  // namespace granary::projections
