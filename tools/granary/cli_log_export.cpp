// `granary log export`: the log as lines of JSON on stdout.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tools/granary/argument_fault.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/log_export.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct ExportArguments {
    std::string data;
    LogChoice log;
    std::optional<std::uint32_t> partition;
    bool raw = false;
};

Status write_out(std::string_view line) {
    if (std::fwrite(line.data(), 1, line.size(), stdout) == line.size()) return {};
    return fault(FaultCode::io_error, std::string("can't write the export: ") + std::strerror(errno));
}

// Records that are there to be exported; what a partition can't tell is left out.
std::uint64_t count_records_of(ports::Log& log, const ExportSelection& selection) {
    std::uint64_t total = 0;
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        if (selection.partition && selection.partition->number != number) continue;
        if (const auto end = log.end({number})) total += static_cast<std::uint64_t>(end->number);
    }
    return total;
}

int run_export(const ExportArguments& arguments) {
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return report_argument_fault(log.error());
    ExportSelection selection{.raw = arguments.raw};
    if (arguments.partition) selection.partition = Partition{*arguments.partition};
    if (selection.partition && selection.partition->number >= (*log)->identity().partitions) {
        std::fprintf(stderr, "granary: the log has partitions 0 to %u\n", (*log)->identity().partitions - 1);
        return exit_usage;
    }
    // Where the lines themselves run over the terminal, a bar would be torn to pieces.
    std::optional<Progress> progress;
    if (!is_terminal_out()) progress.emplace("export", "records", count_records_of(**log, selection));
    const auto summary = export_log(**log, selection, write_out, [&](std::uint64_t done) {
        if (progress) progress->update(done);
    });
    if (progress) progress->finish();
    if (!summary) return report_argument_fault(summary.error());
    if (std::fflush(stdout) != 0) return report_argument_fault(Fault{FaultCode::io_error, std::string("can't write the export: ") + std::strerror(errno)});
    if (!summary->damage) return exit_fine;
    (void)report_fault(*summary->damage);
    return exit_found_wrong;
}

}  // namespace

void add_export_verb(CLI::App& log, int& exit_code) {
    auto arguments = std::make_shared<ExportArguments>();
    auto* verb = log.add_subcommand("export", "Every record with its hash, whether it counts, and what it says, as lines of JSON on stdout");
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka");
    add_log_options(*verb, arguments->log);
    verb->add_option("--partition", arguments->partition, "only this partition");
    verb->add_flag("--raw", arguments->raw, "with the records' own bytes, which hashes are checked against; they hold payment tokens, so keep the file as safe as the log");
    verb->callback([arguments, &exit_code] { exit_code = run_export(*arguments); });
}

}  // namespace granary::cli
