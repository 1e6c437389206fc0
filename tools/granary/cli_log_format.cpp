// `granary log format`: which level each partition may hold; with --raise, the last step of an upgrade of several nodes.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "core/limits.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "schemas/format_levels.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/log_format.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct FormatArguments {
    std::string data;
    LogChoice log;
    std::string format = "table";
    bool raise = false;
    std::uint32_t level = newest_format_level;
    std::string by;
};

int report_open(const Fault& fault) {
    const int code = report_fault(fault);
    return fault.code == FaultCode::invalid_argument ? exit_usage : code;
}

Table table_of(const std::vector<PartitionFormat>& formats) {
    Table table{{{"partition", true}, {"level", true}, {"position"}, {"time"}, {"by"}}, {}};
    for (const auto& one : formats) {
        table.rows.push_back({std::to_string(one.partition.number), std::to_string(one.level), one.position ? text_of(*one.position) : "", one.position ? rfc3339_of(one.time) : "", one.actor});
    }
    return table;
}

int raise(const FormatArguments& arguments) {
    const char* user = std::getenv("USER");
    const std::string actor = "operator:" + (arguments.by.empty() ? std::string(user == nullptr ? "unknown" : user) : arguments.by);
    if (arguments.level < 1 || arguments.level > newest_format_level || actor.size() > limits::actor_bytes_max) {
        std::fprintf(stderr, "granary: a level is from 1 to %u, which this build can read, and a name has up to %zu bytes\n", newest_format_level, limits::actor_bytes_max);
        return exit_usage;
    }
    SystemRandom random;
    const auto log = open_log(arguments.log, {.data = arguments.data}, random);
    if (!log) return report_open(log.error());
    const auto raised = raise_format(**log, {arguments.level, actor, SystemClock().now()});
    if (!raised) return report_fault(raised.error());
    std::fprintf(stderr, "granary: %u partitions may hold level %u now\n", *raised, arguments.level);
    return exit_fine;
}

int run_format(const FormatArguments& arguments) {
    if (arguments.raise) return raise(arguments);
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return report_open(log.error());
    const auto formats = formats_of(**log);
    if (!formats) return report_fault(formats.error());
    print(table_of(*formats), *parse_format(arguments.format));
    return exit_fine;
}

}  // namespace

void add_log_format_verb(CLI::App& log, int& exit_code) {
    auto arguments = std::make_shared<FormatArguments>();
    auto* verb = log.add_subcommand("format", "Which level of the format each partition may hold; --raise it once every node runs a release that reads more");
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka");
    add_log_options(*verb, arguments->log);
    verb->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    verb->add_flag("--raise", arguments->raise, "write Format records: nodes of older releases halt where they read them");
    verb->add_option("--level", arguments->level, "with --raise: up to this level; without it, the newest that this build can read");
    verb->add_option("--by", arguments->by, "with --raise: who decides this; without it, the user's name");
    verb->callback([arguments, &exit_code] { exit_code = run_format(*arguments); });
}

}  // namespace granary::cli
