// `granary log verify` and `voids`: whole logs read as fast as they hash, all partitions side by side, beside a running server or without it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>

#include "core/limits.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/host/log_standing.hpp"
#include "tools/granary/argument_fault.hpp"
#include "tools/granary/audit_limits.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/log_listing.hpp"
#include "tools/granary/mark_keeper.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/stop_signals.hpp"
#include "tools/granary/verbs.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

struct AuditArguments {
    std::string data;
    LogChoice log;
    std::string format = "table";
    unsigned parallel = 0;
    std::string since;
    std::string save;                        // of verify
    std::optional<std::uint32_t> partition;  // of voids, as what follows
    std::string from;
    std::size_t limit = listed_records_default;
};

// Where the log goes on, when it does not simply go on here.
void print_seals(const LogVerdict& verdict, const ports::LogIdentity& log) {
    const std::size_t sealed = static_cast<std::size_t>(std::ranges::count_if(verdict.partitions, [](const auto& partition) { return partition.seal.has_value(); }));
    if (!log.live) std::fprintf(stderr, "granary: this is a copy, which is not served: the log may go on elsewhere\n");
    if (sealed == 0) return;
    const auto& seal = *std::ranges::find_if(verdict.partitions, [](const auto& partition) { return partition.seal.has_value(); })->seal;
    if (names_place(seal, log.place)) {
        std::fprintf(stderr, "granary: in %zu of %u partitions the newest record is the seal with which the log was moved here\n", sealed, log.partitions);
    } else if (sealed < log.partitions) {
        std::fprintf(stderr, "granary: %zu of %u partitions are sealed (%s): the command that seals was cut short, give it again\n", sealed, log.partitions, seal.reason.c_str());
    } else {
        std::fprintf(stderr, "granary: the log is sealed, nothing can be appended to it here: %s\n", seal.reason.c_str());
    }
}

void print_summary(const LogVerdict& verdict, const ports::LogIdentity& log) {
    std::uint64_t voids = 0;
    std::size_t unvouched = 0;
    for (const auto& partition : verdict.partitions) {
        voids += partition.void_records;
        if (partition.accepted > 0 && (!partition.vouched || *partition.vouched < partition.head.offset)) ++unvouched;
    }
    std::fprintf(stderr, "granary: %llu records read, %llu of them void: the chain %s\n", static_cast<unsigned long long>(verdict.records()),
                 static_cast<unsigned long long>(voids), verdict.sound() ? (verdict.interrupted ? "verifies so far" : "verifies") : "IS BROKEN");
    if (unvouched > 0 && !verdict.interrupted) {
        std::fprintf(stderr, "granary: in %zu partitions the newest records lie behind every checkpoint: there the chain and the file's checksums vouch for them alone\n", unvouched);
    }
    if (!verdict.interrupted) print_seals(verdict, log);
    for (const auto& partition : verdict.partitions) {
        if (!partition.bad) continue;
        std::fprintf(stderr, "granary: bad position %s: %s\n", text_of(Position{partition.partition, *partition.bad}).c_str(), partition.reason.c_str());
    }
}

// What the mark of an earlier audit spares this one. The same file to begin with and to write may not be there yet.
Status read_since(const AuditArguments& arguments, const ports::LogIdentity& log, VerifyOptions& options) {
    if (arguments.since.empty()) return {};
    const auto text = read_whole_file(arguments.since, limits::audit_mark_bytes_max);
    if (!text && text.error().code == FaultCode::not_found && arguments.since == arguments.save) {
        std::fprintf(stderr, "granary: there is no %s yet, so everything is read\n", arguments.since.c_str());
        return {};
    }
    if (!text) return std::unexpected(text.error());
    auto mark = parse_mark(log, *text);
    if (!mark) return fault(mark.error().code, arguments.since + ": " + mark.error().message);
    options.since = std::move(*mark);
    return {};
}

// Opens the log, fills in what both verbs share, and runs `body(log, options)`, which gives the exit code.
template <class Body>
int with_audit(const AuditArguments& arguments, const char* what, Body body) {
    const StopOnSignal stop;
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return report_argument_fault(log.error());
    const auto& identity = (*log)->identity();
    VerifyOptions options;
    if (auto read = read_since(arguments, identity, options); !read) return report_argument_fault(read.error());
    Progress progress(what, "records", 0);
    options.stop = stop.token();
    options.parallelism = arguments.parallel > 0 ? arguments.parallel : std::max(1U, std::thread::hardware_concurrency());
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
        progress.set_total(total);
        progress.update(done);
    };
    return body(**log, options, progress);
}

int run_verify(const AuditArguments& arguments) {
    return with_audit(arguments, "verify", [&](ports::Log& log, VerifyOptions& options, Progress& progress) {
        // The audit takes the log's ends later than this, so whatever a checkpoint names lies before them.
        decltype(checkpoint_anchors("", 0)) anchors;
        if (!arguments.data.empty()) anchors = checkpoint_anchors(DataDirectory{arguments.data}.state(), log.identity().partitions);
        if (!anchors) std::fprintf(stderr, "granary: the checkpoints can't be read, so they don't vouch for the log: %s\n", anchors.error().message.c_str());
        if (anchors) options.anchors = std::move(*anchors);
        const SystemClock clock;
        MarkKeeper keeper(arguments.save, log.identity(), options.since, limits::audit_mark_interval, clock);
        if (auto saved = keeper.save(); !saved) return report_argument_fault(saved.error());
        options.passed = [&](Partition partition, const ChainAnchor& record) { keeper.passed(partition, record); };
        const auto verdict = verify_log(log, options);
        progress.finish();
        print(table_of(verdict), *parse_format(arguments.format));
        print_summary(verdict, log.identity());
        // What is wrong must be seen by the next audit as well: its partition's mark stays in front of it.
        const auto saved = verdict.interrupted || !verdict.sound() ? keeper.save() : keeper.save(mark_of(verdict));
        if (!saved) return report_argument_fault(saved.error());
        if (!verdict.sound()) return exit_found_wrong;
        if (!verdict.interrupted) return exit_fine;
        std::fprintf(stderr, "granary: interrupted%s%s\n", arguments.save.empty() ? "" : "; it goes on from here with --since ", arguments.save.c_str());
        return exit_fault;
    });
}

// Where --from says to begin, and of which partition.
std::optional<LogSelection> selection_of(const AuditArguments& arguments) {
    LogSelection selection;
    selection.limit = arguments.limit;
    if (arguments.partition) selection.partition = Partition{*arguments.partition};
    if (arguments.from.empty()) return selection;
    const auto position = parse_position(arguments.from);
    if (!position || (arguments.partition && position->partition.number != *arguments.partition)) return std::nullopt;
    selection.partition = position->partition;
    selection.from = position->offset;
    return selection;
}

int run_voids(const AuditArguments& arguments) {
    const auto selection = selection_of(arguments);
    if (!selection) {
        std::fprintf(stderr, "granary: --from takes PARTITION:OFFSET, such as 3:17, of the partition that is read\n");
        return exit_usage;
    }
    return with_audit(arguments, "voids", [&](ports::Log& log, VerifyOptions& options, Progress& progress) {
        if (selection->partition && selection->partition->number >= log.identity().partitions) {
            std::fprintf(stderr, "granary: the log has partitions 0 to %u\n", log.identity().partitions - 1);
            return exit_usage;
        }
        const auto listing = list_voids(log, *selection, options);
        progress.finish();
        return print_listing(listing, selection->limit, *parse_format(arguments.format));
    });
}

CLI::App* add_audit_verb(CLI::App& log, const char* name, const char* about, const std::shared_ptr<AuditArguments>& arguments, std::function<int()> run, int& exit_code) {
    auto* verb = log.add_subcommand(name, about);
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka");
    add_log_options(*verb, arguments->log);
    verb->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    verb->add_option("--parallel", arguments->parallel, "partitions read at once; 0: as many as there are processors")->check(CLI::Range(0U, 64U));
    verb->add_option("--since", arguments->since, "read only what is new since the audit that saved this file");
    verb->callback([run = std::move(run), &exit_code] { exit_code = run(); });
    return verb;
}

}  // namespace

void add_log_audit_verbs(CLI::App& log, int& exit_code) {
    const auto verify = std::make_shared<AuditArguments>();
    auto* verb = add_audit_verb(log, "verify", "Read everything and check the chain; exits 1 and names the position when something is wrong", verify, [verify] { return run_verify(*verify); }, exit_code);
    verb->add_option("--save", verify->save, "file to write how far this has come, now and then and at the end, for --since of the next audit, or of this one when it was cut short; keep it where whoever keeps the log can't change it");
    const auto voids = std::make_shared<AuditArguments>();
    verb = add_audit_verb(log, "voids", "Records that don't count: lost races, fenced writers, duplicates", voids, [voids] { return run_voids(*voids); }, exit_code);
    verb->add_option("--partition", voids->partition, "only this partition");
    verb->add_option("--from", voids->from, "start at this position, PARTITION:OFFSET");
    verb->add_option("--limit", voids->limit, "rows at most")->check(CLI::Range(std::size_t{1}, listed_records_max));
}

}  // namespace granary::cli
