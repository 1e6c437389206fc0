// `granary log annul`: an operator's decision, shown first, asked for, and kept in the log.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "core/limits.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "tools/granary/log_annul.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct AnnulArguments {
    std::string data;
    LogChoice log;
    std::string position;
    std::string reason;
    std::string by;
    bool yes = false;
};

int report_open(const Fault& fault) {
    const int code = report_fault(fault);
    return fault.code == FaultCode::invalid_argument ? exit_usage : code;
}

// Of the log's content: nothing to annul there, or not yet.
int report(const Fault& fault) {
    const int code = report_open(fault);
    return fault.code == FaultCode::not_found || fault.code == FaultCode::conflict ? exit_found_wrong : code;
}

// Of a person at a terminal; a script says --yes.
bool is_agreed_to(const Annulment& annulment) {
    std::fprintf(stderr, "granary: %s\ngranary: passes over the record at %s for good, whatever it said: go on? [y/N] ", annulment.why.c_str(), text_of(annulment.position).c_str());
    if (::isatty(STDIN_FILENO) == 0) return false;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "yes";
}

std::string actor_of(const AnnulArguments& arguments) {
    const char* user = std::getenv("USER");
    return "operator:" + (arguments.by.empty() ? std::string(user == nullptr ? "unknown" : user) : arguments.by);
}

int run_annul(const AnnulArguments& arguments) {
    const auto position = parse_position(arguments.position);
    if (!position) {
        std::fprintf(stderr, "granary: a position is PARTITION:OFFSET, such as 3:17\n");
        return exit_usage;
    }
    const auto actor = actor_of(arguments);
    if (actor.size() > limits::actor_bytes_max || arguments.reason.empty() || arguments.reason.size() > limits::reason_bytes_max) {
        std::fprintf(stderr, "granary: a reason has 1 to %zu bytes, and a name up to %zu\n", limits::reason_bytes_max, limits::actor_bytes_max);
        return exit_usage;
    }
    // Reading never makes a log, and works beside whoever writes it.
    const auto readable = open_log_to_read(arguments.log, arguments.data);
    if (!readable) return report_open(readable.error());
    const auto seen = examine(**readable, *position);
    if (!seen) return report(seen.error());
    if (seen->done) {
        std::fprintf(stderr, "granary: position %s is annulled already\n", text_of(*position).c_str());
        return exit_fine;
    }
    if (!arguments.yes && !is_agreed_to(*seen)) {
        std::fprintf(stderr, "\ngranary: nothing was done; --yes goes on without asking\n");
        return exit_usage;
    }
    SystemRandom random;
    const auto log = open_log(arguments.log, {.data = arguments.data}, random);
    if (!log) return report_open(log.error());
    // Looked at again, now that nobody else can write.
    const auto found = examine(**log, *position);
    if (!found) return report(found.error());
    if (const auto done = annul(**log, *found, arguments.reason, actor, SystemClock().now()); !done) return report(done.error());
    std::fprintf(stderr, "granary: position %s is annulled; start the servers of this log again\n", text_of(*position).c_str());
    return exit_fine;
}

}  // namespace

void add_annul_verb(CLI::App& log, int& exit_code) {
    auto arguments = std::make_shared<AnnulArguments>();
    auto* verb = log.add_subcommand("annul", "Pass over one record that counts and that nobody can read, where a partition is halted; stop the servers of the log first");
    verb->add_option("position", arguments->position, "where the partition is halted, PARTITION:OFFSET")->required();
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka");
    add_log_options(*verb, arguments->log);
    verb->add_option("--reason", arguments->reason, "why, for those who read the log; no personal data")->required();
    verb->add_option("--by", arguments->by, "who decides this; without it, the user's name");
    verb->add_flag("-y,--yes", arguments->yes, "don't ask: nobody can take this back");
    verb->callback([arguments, &exit_code] { exit_code = run_annul(*arguments); });
}

}  // namespace granary::cli
