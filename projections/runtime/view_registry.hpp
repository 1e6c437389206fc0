// Which generations of each view there are and which one is live: kept in the store, and told to whoever reads.
#pragma once

#include <functional>
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
#include "projections/views/table.hpp"

namespace granary::projections {

// Thread-safe. Every change is durable before it is told.
//
// A store may come from a build with other versions of views. What was live there goes on being live, and folded, if this
// build reads its rows (views::View::reads); otherwise its view has no live table until one of this build's version is
// promoted. Either way it is kept until it is discarded.
class ViewRegistry final : public ports::ViewDirectory {
  public:
    // Makes the tables that are missing. In a store without any view each gets a fresh live generation, to be folded from the
    // log's beginning, all in one pass; a view that is new in a store with others is `outdated` until it was built. The store
    // must outlive the registry. Where a table is missing that should be there, a damaged file took it along: then all views
    // begin afresh and `begun_afresh` is told why, or without one that is said (corrupt) and nothing is changed.
    using BegunAfresh = std::function<void(std::string_view why)>;
    static Result<std::unique_ptr<ViewRegistry>> open(ports::Store& store, views::Table views = views::all, const BegunAfresh& begun_afresh = {});

    std::shared_ptr<const std::string> live_table(std::string_view view) const override;
    std::string why_missing(std::string_view view) const override;

    views::Table views() const { return views_; }
    // By view, then number.
    std::vector<Generation> generations() const;
    std::vector<Generation> generations(std::string_view view) const;
    bool is_folded(const Generation& generation) const;
    // Those to be kept up to date.
    std::vector<Generation> folded() const;
    std::optional<std::uint64_t> live(std::string_view view) const;
    std::optional<Generation> find(std::string_view view, std::uint64_t number) const;
    std::optional<Generation> live_generation(std::string_view view) const;
    // Views whose live table is of another version than this build's, or missing.
    std::vector<std::string> outdated() const;

    // How far the table is that an outdated view waits for.
    void note_building(std::string_view view, std::uint64_t done, std::uint64_t total);
    // An empty table for a rebuild up to `target`. not_found: no such view.
    Result<Generation> create(std::string_view view, std::vector<Offset> target);
    // The rebuild goes on to another target.
    Result<Generation> retarget(const Generation& generation, std::vector<Offset> target);
    // A rebuild has reached its target: the generation, as it is answered, is folded from here on.
    Result<Generation> finish_building(const Generation& generation);
    // Atomically, durably. not_found: no such generation; conflict: it is being built, or of another version.
    Status promote(std::string_view view, std::uint64_t number);
    // Drops the table and what is known of it. conflict: it is live. Nobody may fold it any more.
    Status discard(std::string_view view, std::uint64_t number);

  private:
    ViewRegistry(ports::Store& store, views::Table views) : store_(store), views_(views) {}

    Status ensure(const views::View& view, bool store_is_new);
    Status drop_half_built(const views::View& view);
    Status start_anew(const views::View& view);
    Status reopen(const views::View& view);
    Result<Generation> put(Generation generation, GenerationState state, std::vector<Offset> target);
    void show(std::string_view view, std::uint64_t number);
    Result<Generation> add(std::string_view view, std::uint32_t version, GenerationState state,
                           std::vector<Offset> target);
    Status set_live(std::string_view view, std::uint64_t number);
    Status forget(const Generation& generation);

    struct Building {
        std::uint64_t done = 0;
        std::uint64_t total = 0;
    };

    ports::Store& store_;
    const views::Table views_;
    mutable std::mutex mutex_;
    std::vector<Generation> generations_;
    std::map<std::string, std::uint64_t, std::less<>> live_;  // only what this build can serve
    std::map<std::string, Building, std::less<>> building_;
    std::map<std::string, std::shared_ptr<const std::string>, std::less<>> tables_;
};

}  // namespace granary::projections
