// The rebuild that servers use, with an end that the caller chooses.
#include "tools/granary/exports/view_build.hpp"

#include <algorithm>
#include <thread>

#include "core/limits.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/host/chain_reader.hpp"
#include "projections/runtime/rebuild.hpp"
#include "projections/runtime/view_registry.hpp"

namespace granary::cli {
namespace {

// Behind the last commit of that time or before. Times of one partition never fall.
Result<Offset> end_as_of(ports::Log& log, Partition partition, Offset end, Time time) {
    auto reader = ChainReader::open(log, partition, std::nullopt);
    if (!reader) return std::unexpected(std::move(reader.error()));
    Offset taken{0};
    while (reader->next() < end) {
        const auto records = reader->read(limits::log_read_bytes_max);
        if (!records) return std::unexpected(records.error());
        if (records->empty()) break;
        for (const auto& record : *records) {
            const auto* commit = std::get_if<Commit>(&record.entry);
            if (commit != nullptr && commit->meta.time > time) return taken;
            if (record.position.offset < end) taken = record.position.offset.next();
        }
    }
    return taken;
}

Result<LogEnds> ends_at(ports::Log& log, const LogEnds& now, Time time) {
    LogEnds ends;
    for (std::uint32_t number = 0; number < now.size(); ++number) {
        const auto end = end_as_of(log, {number}, now[number], time);
        if (!end) return std::unexpected(end.error());
        ends.push_back(*end);
    }
    return ends;
}

Result<LogEnds> ends_of_positions(const LogEnds& now, std::string_view text) {
    LogEnds ends(now.size(), Offset{0});
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const auto position = parse_position(text.substr(0, comma));
        if (!position || position->partition.number >= now.size()) return fault(FaultCode::invalid_argument, "--as-of takes positions such as 0:17,3:9 of partitions that the log has, or an RFC 3339 time");
        auto& end = ends[position->partition.number];
        if (end.number != 0) return fault(FaultCode::invalid_argument, "--as-of names partition " + std::to_string(position->partition.number) + " twice");
        end = position->offset.next();
        if (end > now[position->partition.number]) return fault(FaultCode::invalid_argument, "the log has not come to " + text_of(*position) + " yet");
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return ends;
}

}  // namespace

Result<LogEnds> parse_ends(ports::Log& log, const std::string& as_of) {
    auto now = projections::ends_of(log);
    if (!now || as_of.empty()) return now;
    if (as_of == "-") return LogEnds(now->size(), Offset{0});
    if (const auto time = parse_rfc3339(as_of)) return ends_at(log, *now, *time);
    return ends_of_positions(*now, as_of);
}

PositionVector positions_of(const LogEnds& ends) {
    PositionVector positions;
    for (const auto& end : ends) positions.push_back({end.number - 1});
    return positions;
}

Result<std::string> build_view(ports::Log& log, ports::Store& store, std::string_view view, const LogEnds& ends, const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
    auto registry = projections::ViewRegistry::open(store);
    if (!registry) return std::unexpected(std::move(registry.error()));
    const auto generation = (*registry)->create(view, ends);
    if (!generation) return std::unexpected(generation.error());
    projections::RebuildOptions options;
    options.threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, limits::rebuild_threads_max);
    options.on_progress = [&](const projections::RebuildProgress& done) {
        if (progress) progress(done.done, done.total);
    };
    const SystemClock clock;
    auto built = projections::rebuild(log, store, clock, *generation, options);
    if (!built) return std::unexpected(std::move(built.error()));
    return generation->table();
}

}  // namespace granary::cli
