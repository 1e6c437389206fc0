// One view in a store of its own, as of some moment: built from a log, or copied from a store that others fold. Whoever reads
// stored views finds it there as `VIEW@1`, live, with its positions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/store.hpp"
#include "projections/runtime/rebuild.hpp"
#include "projections/runtime/stored_state.hpp"

namespace granary::projections {

// A view as of one moment, and where it lies.
struct StoredView {
    Generation generation;
    std::vector<std::optional<FoldedTo>> folded;  // by partition

    PositionVector positions() const;
};

// The live generation of a view in a store that others may fold, as of now. not_found: the view is not there, or of a version
// that this build does not read.
Result<StoredView> find_live(const ports::Store& store, std::string_view view, std::uint32_t partitions, views::Table views = views::all);

// Copies rows and positions, all of one moment, into a store that has no such view yet. `on_rows` is told how many there are so far;
// a fault of it ends the copy.
Result<StoredView> copy_view(const ports::Store& from, std::string_view view, std::uint32_t partitions, ports::Store& to,
                             const std::function<Status(std::uint64_t)>& on_rows = {}, views::Table views = views::all);

// Folds a view into a store up to `ends` (or options.until), from where a copy in it stands or from the beginning. The copy's
// positions must not lie behind the ends; each is read again and compared before anything is built on it (corrupt).
// Interrupted, it goes on from there.
Result<RebuildProgress> build_view(ports::Log& log, ports::Store& store, const ports::Clock& clock, std::string_view view,
                                   std::vector<Offset> ends, RebuildOptions options);

}  // namespace granary::projections
