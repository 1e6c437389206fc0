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
#include "tools/granary/log_annul.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/log_export.hpp"
#include "tools/granary/log_format.hpp"
#include "tools/granary/log_listing.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/shared_keys.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

constexpr auto follow_interval = std::chrono::milliseconds(200);

struct LogArguments {
    std::string data;
    LogChoice log;
    std::string format = "table";
    std::uint32_t partitions = limits::partitions_default;
    std::optional<std::uint32_t> partition;
    std::string from;
    std::size_t limit = listed_records_default;
    bool events = false;
    bool follow = false;
};

constinit volatile sig_atomic_t follow_interrupted = 0;

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
    if (arguments.log.on_kafka()) {
        if (const auto shared = share_keys(arguments.log, random); !shared) return report_log_fault(shared.error());
    }
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

int run_read(const LogArguments& arguments) {
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
        Progress progress("read", "records", record_count(log, selection.partition));
        const auto listing = list_records(log, selection, [&](std::uint64_t done) { progress.update(done); });
        progress.finish();
        return print_listing(listing, selection.limit, *parse_format(arguments.format));
    });
}

int run_stats(const LogArguments& arguments) {
    return with_log(arguments, [&](ports::Log& log) {
        Progress progress("count", "records", record_count(log, std::nullopt));
        const auto listing = count_records(log, [&](std::uint64_t done) { progress.update(done); });
        progress.finish();
        return print_listing(listing, listed_records_max, *parse_format(arguments.format));
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
        ::signal(SIGINT, [](int) { follow_interrupted = 1; });
        while (arguments.follow && follow_interrupted == 0) {
            std::this_thread::sleep_for(follow_interval);
            const auto more = tail->more();
            if (!more) return report_fault(more.error());
            if (!more->rows.empty()) print(*more, format);
        }
        return exit_fine;
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

void add_read_verb(CLI::App& log, int& exit_code) {
    auto arguments = std::make_shared<LogArguments>();
    auto* verb = add_verb(log, "read", "Records that count, in order", arguments, [arguments] { return run_read(*arguments); }, exit_code);
    verb->add_option("--partition", arguments->partition, "only this partition");
    verb->add_option("--from", arguments->from, "start at this position, PARTITION:OFFSET");
    verb->add_option("--limit", arguments->limit, "rows at most")->check(CLI::Range(std::size_t{1}, listed_records_max));
    verb->add_flag("--events", arguments->events, "a row per event, with its fields as JSON");
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

}  // namespace

void add_log_verbs(CLI::App& app, int& exit_code) {
    auto* log = app.add_subcommand("log", "Make, read and audit the log");
    log->require_subcommand(1);
    add_create_verb(*log, exit_code);
    add_read_verb(*log, exit_code);
    add_tail_verb(*log, exit_code);
    add_log_audit_verbs(*log, exit_code);
    auto stats = std::make_shared<LogArguments>();
    add_verb(*log, "stats", "What the log holds: records, events by name, bytes", stats, [stats] { return run_stats(*stats); }, exit_code);
    add_export_verb(*log, exit_code);
    add_log_copy_verb(*log, exit_code);
    add_annul_verb(*log, exit_code);
    add_log_format_verb(*log, exit_code);
}

}  // namespace granary::cli
