// `granary log copy`: the verb that moves a log, or makes a backup of one.
#include <CLI/CLI.hpp>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>

#include "core/limits.hpp"
#include "tools/granary/log_move.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct CopyArguments {
    std::string from;
    std::string to;
    LogChoice shared;
    LogMove move;
    unsigned parallel = 0;
    std::string format = "table";
};

constinit std::atomic<bool> copy_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

int usage_error(const Fault& fault) {
    std::fprintf(stderr, "granary: %s\n", fault.message.c_str());
    return exit_usage;
}

void print_moved(const LogMove& move, const LogMoved& moved, const CopyArguments& arguments) {
    print({{{"from"}, {"to"}, {"copied", true}, {"there_before", true}, {"compared", true}, {"goes_on_in"}},
           {{move.from.name(), move.to.name(), std::to_string(moved.copied), std::to_string(moved.there), std::to_string(moved.records), moved.live ? "to" : "from"}}},
          *parse_format(arguments.format));
    if (moved.live) std::fprintf(stderr, "granary: the log goes on at %s; %s takes nothing any more\n", move.to.name().c_str(), move.from.name().c_str());
    else std::fprintf(stderr, "granary: %s is a copy to read; with --seal the log moves there\n", move.to.name().c_str());
    std::fprintf(stderr, "granary: keys are not part of a log: the directory `keys` of the data directory belongs to it and is kept apart (docs/recovery.md)\n");
}

int run_copy(const CopyArguments& arguments) {
    LogMove move = arguments.move;
    if (move.original_lost && !move.seal) return usage_error({FaultCode::invalid_argument, "--original-lost is for --seal"});
    auto from = parse_log_address(arguments.from, arguments.shared);
    if (!from) return usage_error(from.error());
    auto to = parse_log_address(arguments.to, arguments.shared);
    if (!to) return usage_error(to.error());
    move.from = std::move(*from);
    move.to = std::move(*to);
    move.parallelism = arguments.parallel > 0 ? arguments.parallel : std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
    for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, [](int) { copy_interrupted = true; });
    const auto moved = move_log(move, copy_interrupted);
    if (!moved) return moved.error().code == FaultCode::invalid_argument ? usage_error(moved.error()) : report_fault(moved.error());
    print_moved(move, *moved, arguments);
    return exit_fine;
}

}  // namespace

void add_log_copy_verb(CLI::App& log, int& exit_code) {
    auto arguments = std::make_shared<CopyArguments>();
    arguments->move.actor = "operator";
    auto* verb = log.add_subcommand("copy", "Copy a log byte for byte: to back it up, or with --seal to move it");
    verb->add_option("--from", arguments->from, "embedded:DIR, kafka:TOPIC or kafka:HOST:PORT,HOST:PORT/TOPIC")->required();
    verb->add_option("--to", arguments->to, "the same; made when it is missing, gone on with when an earlier run left it")->required();
    verb->add_flag("--seal", arguments->move.seal, "end the original with a last record, so that the log goes on in the copy alone");
    verb->add_flag("--original-lost", arguments->move.original_lost, "with --seal: go on from a copy, because what went on is lost for good");
    verb->add_option("--actor", arguments->move.actor, "who seals it, as the record says")->check(CLI::Validator([](const std::string& text) {
        return text.empty() || text.size() > limits::actor_bytes_max ? std::string("a name of 1 to 128 bytes") : std::string();
    }, "NAME"));
    verb->add_option("--parallel", arguments->parallel, "partitions at once; 0: as many as there are processors")->check(CLI::Range(0U, 64U));
    verb->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    add_kafka_options(*verb, arguments->shared);
    verb->callback([arguments, &exit_code] { exit_code = run_copy(*arguments); });
}

}  // namespace granary::cli
