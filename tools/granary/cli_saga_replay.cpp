// `granary saga replay`: recorded inputs of sagas through today's code, from the log itself, beside a running server or without one.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "sagas/runtime/replay_limits.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/saga_replay.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t divergences_listed = 100;

struct ReplayArguments {
    std::string id;
    bool erasure = false;
    bool all = false;
    bool at_rest = false;
    std::string data;
    LogChoice log;
    unsigned parallel = 0;
    std::size_t listed_max = divergences_listed;
    std::string format = "table";
};

int usage(const std::string& message) {
    std::fprintf(stderr, "granary: %s\n", message.c_str());
    return exit_usage;
}

void print_report(const ReplayReport& report, bool one, Format format) {
    if (format == Format::json) {
        const std::string json = json_of(report);
        std::fwrite(json.data(), 1, json.size(), stdout);
        return;
    }
    if (one) print(steps_of(report), format);
    if (!one && (format == Format::csv || !report.divergences.empty())) print(divergences_of(report), format);
}

// One saga's table is that of its steps, so where it parts is said in words.
void print_parting(const ReplayReport& report) {
    for (const auto& d : report.divergences) {
        const std::string recorded = d.recorded.empty() ? "nothing" : d.recorded;
        std::fprintf(stderr, "granary: %s parts at %s\n  recorded: %s\n  today's code %s\n", sagas::id_text(d).c_str(), text_of(d.position).c_str(), recorded.c_str(), d.today.c_str());
    }
}

int print_all(const ReplayReport& report, bool one, Format format, double seconds) {
    if (one && report.counts.sagas == 0 && report.divergences.empty()) {
        std::fprintf(stderr, "granary: the log knows no such saga, as of %s\n", text_of(report.read_up_to).c_str());
        return exit_found_wrong;
    }
    print_report(report, one, format);
    if (one && format != Format::json) print_parting(report);
    std::fprintf(stderr, "granary: as of %s\n", text_of(report.read_up_to).c_str());
    if (report.counts.diverged > report.divergences.size()) {
        std::fprintf(stderr, "granary: there are more; --limit shows up to %zu\n", limits::replay_divergences_shown_max);
    }
    std::fprintf(stderr, "granary: %s\n", summary_of(report, seconds).c_str());
    return report.counts.diverged > 0 ? exit_found_wrong : exit_fine;
}

int run_replay(const ReplayArguments& arguments) {
    if (arguments.all == !arguments.id.empty()) return usage("name one order or customer, or --all sagas");
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return log.error().code == FaultCode::invalid_argument ? usage(log.error().message) : report_fault(log.error());
    ReplayOptions options;
    if (const auto customer = parse_id<CustomerKind>(arguments.id)) {
        options.only = sagas::ErasureSubject{{customer->value}, *customer, {}};
    } else if (const auto order = parse_id<OrderKind>(arguments.id)) {
        if (arguments.erasure) options.only = sagas::ErasureSubject{{order->value}, {}, *order};
        else options.only = *order;
    }
    options.at_rest = arguments.at_rest;
    options.threads = arguments.parallel > 0 ? arguments.parallel : std::max(1U, std::thread::hardware_concurrency());
    options.listed_max = arguments.listed_max;
    Progress progress("replay", "records", 0);
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
        progress.set_total(total);
        progress.update(done);
    };
    const auto begun = std::chrono::steady_clock::now();
    const auto report = replay_sagas(**log, options);
    progress.finish();
    if (!report) return report_fault(report.error());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    return print_all(*report, !arguments.all, *parse_format(arguments.format), taken.count());
}

std::string check_id(const std::string& text) {
    return parse_id<OrderKind>(text) || parse_id<CustomerKind>(text) ? std::string() : "an id is ord_ or cus_ and 32 hex digits";
}

}  // namespace

void add_saga_replay_verb(CLI::App& saga, int& exit_code) {
    auto arguments = std::make_shared<ReplayArguments>();
    auto* verb = saga.add_subcommand("replay", "Run what the log recorded of sagas through today's code; exits 1 and names where the first step differs");
    verb->add_option("id", arguments->id, "the order whose saga, or the customer whose erasure is replayed, step by step")->check(CLI::Validator(check_id, "ID"));
    verb->add_flag("--erasure", arguments->erasure, "of an order without a customer: the erasure of its buyer");
    verb->add_flag("--all", arguments->all, "every saga of the log");
    verb->add_flag("--at-rest", arguments->at_rest, "the shop had come to rest: a step that today's code asks for and the log never answers is a difference, too");
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka")->check(CLI::ExistingDirectory);
    add_log_options(*verb, arguments->log);
    verb->add_option("--parallel", arguments->parallel, "partitions read at once; 0: as many as there are processors")->check(CLI::Range(0U, 64U));
    verb->add_option("--limit", arguments->listed_max, "how many sagas that differ are listed at most")->check(CLI::Range(std::size_t{1}, limits::replay_divergences_shown_max));
    verb->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    verb->callback([arguments, &exit_code] { exit_code = run_replay(*arguments); });
}

}  // namespace granary::cli
