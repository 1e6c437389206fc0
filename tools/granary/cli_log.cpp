// `granary log`: makes a log, and reads, follows, audits and counts one, beside a running server or without it.
#include <CLI/CLI.hpp>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>

#include "core/limits.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "platform/host/log_standing.hpp"
#include "tools/granary/audit_mark.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/log_annul.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/log_export.hpp"
#include "tools/granary/log_format.hpp"
#include "tools/granary/log_listing.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/verbs.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t audit_mark_bytes_max = 1024 * 1024;
constexpr unsigned audit_mark_mode = 0644;
constexpr auto follow_interval = std::chrono::milliseconds(200);

struct LogArguments {
    std::string data;
    LogChoice log;
    std::string format = "table";
    std::uint32_t partitions = limits::partitions_default;
    std::optional<std::uint32_t> partition;
    std::string from;
    std::size_t limit = listed_records_default;
    unsigned parallel = 0;
    std::string since;
    std::string save;
    bool events = false;
    bool follow = false;
};

constinit volatile sig_atomic_t interrupted = 0;

std::uint64_t record_count(ports::Log& log, std::optional<Partition> only) {
    std::uint64_t total = 0;
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        if (only && only->number != number) continue;
        const auto end = log.end({number});
        if (end) total += static_cast<std::uint64_t>(end->number);
    }
    return total;
}

// Options that make no sense are the caller's mistake.
int report_log_fault(const Fault& fault) {
    const int code = report_fault(fault);
    return fault.code == FaultCode::invalid_argument ? exit_usage : code;
}

int run_create(const LogArguments& arguments) {
    SystemRandom random;
    const ports::LogIdentity identity{uuid_v8(random.bits()), arguments.partitions};
    if (const auto made = create_log(arguments.log, arguments.data, identity); !made) return report_log_fault(made.error());
    print({{{"log"}, {"id"}, {"partitions", true}}, {{name_of_log(arguments.log, arguments.data), hex_of(identity.id), std::to_string(identity.partitions)}}}, *parse_format(arguments.format));
    return exit_fine;
}

// Opens the log and runs `body(log)`, which gives the exit code.
template <class Body>
int with_log(const LogArguments& arguments, Body body) {
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return report_log_fault(log.error());
    if (arguments.partition && *arguments.partition >= (*log)->identity().partitions) {
        std::fprintf(stderr, "granary: the log has partitions 0 to %u\n", (*log)->identity().partitions - 1);
        return exit_usage;
    }
    return body(**log);
}

int print_listing(const Listing& listing, const LogArguments& arguments) {
    print(listing.table, *parse_format(arguments.format));
    if (!listing.fault) return exit_fine;
    (void)report_fault(*listing.fault);
    return listing.fault->code == FaultCode::corrupt || listing.fault->code == FaultCode::halted ? exit_found_wrong : exit_fault;
}

using List = Listing (*)(ports::Log&, const LogSelection&, const RecordProgress&);

int run_list(const LogArguments& arguments, List list, const char* what) {
    LogSelection selection;
    if (arguments.partition) selection.partition = Partition{*arguments.partition};
    if (!arguments.from.empty()) {
        const auto position = parse_position(arguments.from);
        if (!position || (arguments.partition && position->partition.number != *arguments.partition)) {
            std::fprintf(stderr, "granary: --from takes PARTITION:OFFSET, such as 3:17, of the partition that is read\n");
            return exit_usage;
        }
        selection.partition = position->partition;
        selection.from = position->offset;
    }
    LogArguments checked = arguments;
    if (selection.partition) checked.partition = selection.partition->number;
    selection.limit = arguments.limit;
    selection.events = arguments.events;
    return with_log(checked, [&](ports::Log& log) {
        Progress progress(what, "records", record_count(log, selection.partition));
        const auto listing = list(log, selection, [&](std::uint64_t done) { progress.update(done); });
        progress.finish();
        if (listing.table.rows.size() >= selection.limit) std::fprintf(stderr, "granary: there may be more; --limit shows up to %zu\n", listed_records_max);
        return print_listing(listing, arguments);
    });
}

int run_stats(const LogArguments& arguments) {
    return with_log(arguments, [&](ports::Log& log) {
        Progress progress("count", "records", record_count(log, std::nullopt));
        const auto listing = count_records(log, [&](std::uint64_t done) { progress.update(done); });
        progress.finish();
        return print_listing(listing, arguments);
    });
}

int run_tail(const LogArguments& arguments) {
    return with_log(arguments, [&](ports::Log& log) {
        std::optional<Partition> only;
        if (arguments.partition) only = Partition{*arguments.partition};
        auto tail = LogTail::open(log, only, arguments.limit);
        if (!tail) return report_fault(tail.error());
        const auto format = *parse_format(arguments.format);
        const auto newest = tail->newest(arguments.limit);
        if (!newest) return report_fault(newest.error());
        print(*newest, format);
        ::signal(SIGINT, [](int) { interrupted = 1; });
        while (arguments.follow && interrupted == 0) {
            std::this_thread::sleep_for(follow_interval);
            const auto more = tail->more();
            if (!more) return report_fault(more.error());
            if (!more->rows.empty()) print(*more, format);
        }
        return exit_fine;
    });
}

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
                 static_cast<unsigned long long>(voids), verdict.sound() ? "verifies" : "IS BROKEN");
    if (unvouched > 0) {
        std::fprintf(stderr, "granary: in %zu partitions the newest records lie behind every checkpoint: there the chain and the file's checksums vouch for them alone\n", unvouched);
    }
    print_seals(verdict, log);
    for (const auto& partition : verdict.partitions) {
        if (!partition.bad) continue;
        std::fprintf(stderr, "granary: bad position %s: %s\n", text_of(Position{partition.partition, *partition.bad}).c_str(), partition.reason.c_str());
    }
}

// What the mark of an earlier audit spares this one.
Status read_since(const LogArguments& arguments, const ports::LogIdentity& log, VerifyOptions& options) {
    if (arguments.since.empty()) return {};
    const auto text = read_whole_file(arguments.since, audit_mark_bytes_max);
    if (!text) return std::unexpected(text.error());
    auto mark = parse_mark(log, *text);
    if (!mark) return fault(mark.error().code, arguments.since + ": " + mark.error().message);
    options.since = std::move(*mark);
    return {};
}

// Only of a sound log: the next audit must see what this one has found.
Status save_mark(const LogArguments& arguments, const ports::LogIdentity& log, const LogVerdict& verdict) {
    if (arguments.save.empty() || !verdict.sound()) return {};
    return write_whole_file(arguments.save, text_of(log, mark_of(verdict)), audit_mark_mode);
}

int run_verify(const LogArguments& arguments) {
    return with_log(arguments, [&](ports::Log& log) {
        VerifyOptions options;
        if (auto read = read_since(arguments, log.identity(), options); !read) return report_log_fault(read.error());
        // The audit takes the log's ends later than this, so whatever a checkpoint names lies before them.
        decltype(checkpoint_anchors("", 0)) anchors;
        if (!arguments.data.empty()) anchors = checkpoint_anchors(DataDirectory{arguments.data}.state(), log.identity().partitions);
        if (!anchors) std::fprintf(stderr, "granary: the checkpoints can't be read, so they don't vouch for the log: %s\n", anchors.error().message.c_str());
        Progress progress("verify", "records", 0);
        options.parallelism = arguments.parallel > 0 ? arguments.parallel : std::max(1U, std::thread::hardware_concurrency());
        options.progress = [&](std::uint64_t done, std::uint64_t total) {
            progress.set_total(total);
            progress.update(done);
        };
        if (anchors) options.anchors = std::move(*anchors);
        const auto verdict = verify_log(log, options);
        progress.finish();
        print(table_of(verdict), *parse_format(arguments.format));
        print_summary(verdict, log.identity());
        if (auto saved = save_mark(arguments, log.identity(), verdict); !saved) return report_log_fault(saved.error());
        return verdict.sound() ? exit_fine : exit_found_wrong;
    });
}

CLI::App* add_verb(CLI::App& log, const char* name, const char* about, const std::shared_ptr<LogArguments>& arguments, std::function<int()> run, int& exit_code) {
    auto* verb = log.add_subcommand(name, about);
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka");
    add_log_options(*verb, arguments->log);
    verb->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    verb->callback([run = std::move(run), &exit_code] { exit_code = run(); });
    return verb;
}

void add_list_verb(CLI::App& log, const char* name, const char* about, List list, int& exit_code) {
    auto arguments = std::make_shared<LogArguments>();
    auto* verb = add_verb(log, name, about, arguments, [arguments, list, name] { return run_list(*arguments, list, name); }, exit_code);
    verb->add_option("--partition", arguments->partition, "only this partition");
    verb->add_option("--from", arguments->from, "start at this position, PARTITION:OFFSET");
    verb->add_option("--limit", arguments->limit, "rows at most")->check(CLI::Range(std::size_t{1}, listed_records_max));
    if (list == list_records) verb->add_flag("--events", arguments->events, "a row per event, with its fields as JSON");
}

void add_create_verb(CLI::App& log, int& exit_code) {
    auto arguments = std::make_shared<LogArguments>();
    auto* verb = add_verb(log, "create", "Make an empty log; its id and number of partitions never change", arguments, [arguments] { return run_create(*arguments); }, exit_code);
    verb->add_option("--partitions", arguments->partitions, "how many partitions")->check(CLI::Range(1U, limits::partitions_max));
}

void add_tail_verb(CLI::App& log, int& exit_code) {
    auto arguments = std::make_shared<LogArguments>();
    arguments->limit = 20;
    auto* verb = add_verb(log, "tail", "The newest records as they are stored, whether they count or not", arguments, [arguments] { return run_tail(*arguments); }, exit_code);
    verb->add_option("-n,--limit", arguments->limit, "how many")->check(CLI::Range(std::size_t{1}, limits::log_read_records_max));
    verb->add_option("--partition", arguments->partition, "only this partition");
    verb->add_flag("-f,--follow", arguments->follow, "go on showing what is appended, until interrupted");
}

void add_verify_verb(CLI::App& log, int& exit_code) {
    const auto arguments = std::make_shared<LogArguments>();
    auto* verb = add_verb(log, "verify", "Read everything and check the chain; exits 1 and names the position when something is wrong", arguments, [arguments] { return run_verify(*arguments); }, exit_code);
    verb->add_option("--parallel", arguments->parallel, "partitions read at once; 0: as many as there are processors")->check(CLI::Range(0U, 64U));
    verb->add_option("--since", arguments->since, "read only what is new since the audit that saved this file");
    verb->add_option("--save", arguments->save, "file to write when nothing is wrong, for --since of the next audit; keep it where whoever keeps the log can't change it");
}

}  // namespace

void add_log_verbs(CLI::App& app, int& exit_code) {
    auto* log = app.add_subcommand("log", "Make, read and audit the log");
    log->require_subcommand(1);
    add_create_verb(*log, exit_code);
    add_list_verb(*log, "read", "Records that count, in order", list_records, exit_code);
    add_tail_verb(*log, exit_code);
    add_verify_verb(*log, exit_code);
    auto stats = std::make_shared<LogArguments>();
    add_verb(*log, "stats", "What the log holds: records, events by name, bytes", stats, [stats] { return run_stats(*stats); }, exit_code);
    add_export_verb(*log, exit_code);
    add_log_copy_verb(*log, exit_code);
    add_list_verb(*log, "voids", "Records that don't count: lost races, fenced writers, duplicates", list_voids, exit_code);
    add_annul_verb(*log, exit_code);
    add_log_format_verb(*log, exit_code);
}

}  // namespace granary::cli
