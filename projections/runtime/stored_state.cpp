// Fixed little layouts, big-endian, checked for size when read.
#include "projections/runtime/stored_state.hpp"

#include <algorithm>
#include <array>

#include "query-side/read_models/keys.hpp"

namespace granary::projections {
namespace {

using read_models::KeyReader;
using read_models::KeyWriter;

constexpr std::string_view generation_prefix = "g";
constexpr std::string_view live_prefix = "l";

std::unexpected<Fault> damaged(std::string_view what) {
    return fault(FaultCode::corrupt, "the stored " + std::string(what) + " can't be read; delete the views and let them be built again");
}

struct Collector {
    StoredViews views;
    Status status;

    bool generation(std::string_view key, std::string_view value) {
        KeyReader reader(key.substr(generation_prefix.size()));
        const auto view = reader.word();
        auto decoded = view ? decode_generation(*view, value) : Result<Generation>(damaged("list of views"));
        if (!decoded) {
            status = std::unexpected(std::move(decoded.error()));
            return false;
        }
        views.generations.push_back(std::move(*decoded));
        return true;
    }
    bool live(std::string_view key, std::string_view value) {
        const auto number = KeyReader(value).number();
        if (!number) {
            status = damaged("list of live views");
            return false;
        }
        views.live.emplace_back(std::string(key.substr(live_prefix.size())), *number);
        return true;
    }
};

}  // namespace

std::string encode(const FoldedTo& folded) {
    return KeyWriter()
        .number(static_cast<std::uint64_t>(folded.anchor.offset.number))
        .number(static_cast<std::uint64_t>(folded.time.unix_us))
        .text(folded.anchor.hash.view())
        .take();
}

Result<FoldedTo> decode_folded_to(std::string_view bytes) {
    KeyReader reader(bytes);
    const auto offset = reader.number();
    const auto time = reader.number();
    const auto hash = reader.text(Digest{}.bytes.size());
    if (!offset || !time || !hash || !reader.rest().empty()) return damaged("position of a view");
    FoldedTo folded;
    folded.anchor.offset.number = static_cast<std::int64_t>(*offset);
    folded.time.unix_us = static_cast<std::int64_t>(*time);
    std::ranges::copy(*hash, reinterpret_cast<char*>(folded.anchor.hash.bytes.data()));
    return folded;
}

std::string position_key(std::string_view table, Partition partition) {
    return KeyWriter().word(table).small(partition.number).take();
}

std::string encode(const Generation& generation) {
    KeyWriter writer;
    writer.number(generation.number).small(generation.version).tag(static_cast<char>(generation.state));
    for (const Offset offset : generation.target) writer.number(static_cast<std::uint64_t>(offset.number));
    return writer.take();
}

Result<Generation> decode_generation(std::string_view view, std::string_view bytes) {
    KeyReader reader(bytes);
    const auto number = reader.number();
    const auto version = reader.small();
    const auto state = reader.text(1);
    if (!number || !version || !state) return damaged("generation of a view");
    Generation generation{std::string(view), *number, *version, static_cast<GenerationState>((*state)[0]), {}};
    while (!reader.rest().empty()) {
        const auto offset = reader.number();
        if (!offset) return damaged("target of a rebuild");
        generation.target.push_back({static_cast<std::int64_t>(*offset)});
    }
    return generation;
}

std::string generation_key(std::string_view view, std::uint64_t number) {
    return KeyWriter().text(generation_prefix).word(view).number(number).take();
}

std::string live_key(std::string_view view) { return KeyWriter().text(live_prefix).text(view).take(); }

Result<StoredViews> read_stored_views(const ports::Store& store) {
    Collector collector;
    const auto scanned = store.scan(views_table, {}, {}, [&](std::string_view key, std::string_view value) {
        if (key.starts_with(generation_prefix)) return collector.generation(key, value);
        if (key.starts_with(live_prefix)) return collector.live(key, value);
        return true;
    });
    if (!scanned) return std::unexpected(scanned.error());
    if (!collector.status) return std::unexpected(collector.status.error());
    return std::move(collector.views);
}

Result<std::vector<std::optional<FoldedTo>>> read_positions(const ports::Store& store, std::string_view table,
                                                            std::uint32_t partitions) {
    std::vector<std::string> keys;
    for (std::uint32_t i = 0; i < partitions; ++i) keys.push_back(position_key(table, {i}));
    auto stored = store.get_many(positions_table, keys);
    if (!stored) return std::unexpected(std::move(stored.error()));
    std::vector<std::optional<FoldedTo>> positions(partitions);
    for (std::uint32_t i = 0; i < partitions; ++i) {
        if (!(*stored)[i]) continue;
        auto folded = decode_folded_to(*(*stored)[i]);
        if (!folded) return std::unexpected(std::move(folded.error()));
        positions[i] = *folded;
    }
    return positions;
}

}  // namespace granary::projections
