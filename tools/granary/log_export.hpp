// The whole log as lines of JSON (NDJSON), for auditors and programs in other languages: docs/export.md describes each member.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/position.hpp"
#include "core/result.hpp"
#include "platform/ports/log.hpp"

namespace CLI {
class App;
}

namespace granary::cli {

struct ExportSelection {
    std::optional<Partition> partition;  // none: all, one after the other
    // With the records' own bytes: whoever wants to check a hash needs them. They hold what the schemas mark as secret,
    // such as payment tokens; personal data stays sealed in them.
    bool raw = false;
};

struct ExportSummary {
    std::uint64_t records = 0;
    std::uint64_t counted = 0;
    std::uint64_t void_records = 0;
    // The first partition that can't be followed to its end; its other records are exported all the same, as far as they
    // can be read.
    std::optional<Fault> damage;
};

// Takes one line with its line feed; a fault ends the export.
using LineSink = std::function<Status(std::string_view line)>;

// Writes every record, void ones too, up to the end that each partition has when its turn comes; holds about a page of the log
// in memory. Faults: the sink's, and those of the log but for damage, which is part of the export.
Result<ExportSummary> export_log(ports::Log& log, const ExportSelection& selection, const LineSink& sink, const std::function<void(std::uint64_t done)>& progress);

// `granary log export`
void add_export_verb(CLI::App& log, int& exit_code);

}  // namespace granary::cli
