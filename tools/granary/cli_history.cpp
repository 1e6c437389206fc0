// `granary history`: what auditors see of one aggregate, read beside a running server or without one.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tools/granary/aggregate_history.hpp"
#include "tools/granary/argument_fault.hpp"
#include "tools/granary/causation_tree.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/state_difference.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct HistoryArguments {
    std::string kind;
    std::string id;
    std::string as_of;
    std::vector<std::string> diff;  // two moments, or none
    bool tree = false;
    std::string data;
    LogChoice log;
    std::size_t last = history_events_max;
    std::string format = "table";
};

// As one JSON object, or as a table or CSV.
template <class Answer>
void print_answer(const HistoryQuery& query, const Answer& answer, Format format) {
    if (format != Format::json) return print(table_of(answer), format);
    const std::string json = json_of(query, answer);
    std::fwrite(json.data(), 1, json.size(), stdout);
}

int report_unknown(const HistoryQuery& query, const History& history) {
    std::fprintf(stderr, "granary: the log knows no %s %s, as of %s\n", std::string(name_of(query.stream.kind)).c_str(), query.stream.key.c_str(), text_of(history.read_up_to).c_str());
    return exit_found_wrong;
}

int print_history(const HistoryQuery& query, const History& history, Format format) {
    if (history.events.empty()) return report_unknown(query, history);
    print_answer(query, history, format);
    std::fprintf(stderr, "granary: as of %s\n", text_of(history.read_up_to).c_str());
    if (history.left_out > 0) std::fprintf(stderr, "granary: %llu earlier events are left out\n", static_cast<unsigned long long>(history.left_out));
    return exit_fine;
}

int run_difference(ports::Log& log, const HistoryQuery& query, const HistoryArguments& arguments) {
    const auto difference = read_difference(log, query, arguments.diff[0], arguments.diff[1]);
    if (!difference) return report_argument_fault(difference.error());
    if (difference->after.events.empty() && difference->before.events.empty()) return report_unknown(query, difference->after);
    print_answer(query, *difference, *parse_format(arguments.format));
    const auto version_of = [](const History& history) { return history.events.empty() ? 0ULL : static_cast<unsigned long long>(history.events.back().version); };
    std::fprintf(stderr, "granary: %zu fields differ between version %llu and version %llu\n", difference->fields.size(), version_of(difference->before), version_of(difference->after));
    return exit_fine;
}

int run_tree(ports::Log& log, const HistoryQuery& query, const HistoryArguments& arguments) {
    const auto history = read_history(log, query);
    if (!history) return report_argument_fault(history.error());
    if (history->events.empty()) return report_unknown(query, *history);
    const auto tree = read_causation_tree(log, query, *history);
    if (!tree) return report_argument_fault(tree.error());
    print_answer(query, *tree, *parse_format(arguments.format));
    if (tree->left_out > 0) std::fprintf(stderr, "granary: %llu events are left out\n", static_cast<unsigned long long>(tree->left_out));
    return exit_fine;
}

int run_history(const HistoryArguments& arguments) {
    auto query = parse_aggregate(arguments.kind, arguments.id);
    if (!query) return report_argument_fault(query.error());
    if (!arguments.as_of.empty()) {
        if (const auto parsed = parse_as_of(arguments.as_of, *query); !parsed) return report_argument_fault(parsed.error());
    }
    const auto format = *parse_format(arguments.format);
    query->last = arguments.last;
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return report_argument_fault(log.error());
    if (!arguments.diff.empty()) return run_difference(**log, *query, arguments);
    if (arguments.tree) return run_tree(**log, *query, arguments);
    query->with_states = format == Format::json;
    const auto history = read_history(**log, *query);
    return history ? print_history(*query, *history, format) : report_argument_fault(history.error());
}

}  // namespace

void add_history_verbs(CLI::App& app, int& exit_code) {
    auto* verb = app.add_subcommand("history", "Every event of one aggregate, from the log itself");
    auto arguments = std::make_shared<HistoryArguments>();
    verb->add_option("kind", arguments->kind, "what it is")
        ->required()
        ->check(CLI::IsMember({"order", "payment", "stock", "shipment", "product", "customer", "order_fulfilment", "invoice", "customer_erasure", "access"}));
    verb->add_option("id", arguments->id, "its id, SKU, WAREHOUSE/SKU for stock, SOURCE/NUMBER for an invoice, PRINCIPAL/DAY for access; an order_fulfilment is named by its order, a customer_erasure by its customer")->required();
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka")->check(CLI::ExistingDirectory);
    add_log_options(*verb, arguments->log);
    auto* as_of = verb->add_option("--as-of", arguments->as_of, "what the log knew then: a position such as 12:3456, or an RFC 3339 time");
    auto* tree = verb->add_flag("--tree", arguments->tree, "what led to its events and what followed from them, in all contexts, each event below its cause");
    verb->add_option("--diff", arguments->diff, "two moments, as for --as-of: the fields of the state that differ between them")->expected(2)->excludes(as_of)->excludes(tree);
    verb->add_option("--last", arguments->last, "only so many of the newest events")->check(CLI::Range(std::size_t{1}, history_events_max));
    verb->add_option("--format", arguments->format, "table, json (with the state after each event) or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    verb->callback([arguments, &exit_code] { exit_code = run_history(*arguments); });
}

}  // namespace granary::cli
