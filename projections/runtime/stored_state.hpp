// What the store remembers of views beside their rows: which generations there are, which one is live, and how far each
// has folded each partition.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/ports/store.hpp"

namespace granary::projections {

inline constexpr std::string_view views_table = "_views";
inline constexpr std::string_view positions_table = "_positions";

// How far one generation of a view has folded one partition: written in one batch with the rows.
struct FoldedTo {
    ChainAnchor anchor;  // the last accepted record folded
    Time time;           // of that record's commit; zero before the first
};

std::string encode(const FoldedTo& folded);
Result<FoldedTo> decode_folded_to(std::string_view bytes);
std::string position_key(std::string_view table, Partition partition);

enum class GenerationState : std::uint8_t {
    building = 1,  // a rebuild fills it; nobody folds it
    folding = 2,   // kept up to date like the live one
};

// One table of a view: `orders@3`.
struct Generation {
    std::string view;
    std::uint64_t number = 0;
    std::uint32_t version = 0;  // of the view's rows
    GenerationState state = GenerationState::folding;
    std::vector<Offset> target;  // building: one past the last record to fold, per partition; a resumed rebuild keeps it

    std::string table() const { return view + "@" + std::to_string(number); }
};

std::string encode(const Generation& generation);
Result<Generation> decode_generation(std::string_view view, std::string_view bytes);
std::string generation_key(std::string_view view, std::uint64_t number);
std::string live_key(std::string_view view);

// Everything under `_views`: all generations by view and number, and the number that is live for each view.
struct StoredViews {
    std::vector<Generation> generations;
    std::vector<std::pair<std::string, std::uint64_t>> live;
};
Result<StoredViews> read_stored_views(const ports::Store& store);

// The anchors of one table, per partition; nullopt where nothing is folded yet.
Result<std::vector<std::optional<FoldedTo>>> read_positions(const ports::Store& store, std::string_view table,
                                                            std::uint32_t partitions);

}  // namespace granary::projections
