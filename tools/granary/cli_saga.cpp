// `granary saga`: what operators see of, and do about, the sagas of a running server; and the replay of a log's.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "core/ids.hpp"
#include "core/limits.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "tools/granary/saga_calls.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t listed_default = 100;
constexpr std::size_t listed_max = 100'000;

struct SagaArguments {
    ServerArguments server;
    SagaAction action;
    std::size_t count_max = listed_default;
    bool parked = false;
    bool yes = false;
    std::string format = "table";
};

void print_object(const JsonValue& object, Format format) {
    if (format == Format::json) {
        std::printf("%s\n", object.json().c_str());
    } else if (!object.items.empty()) {
        print(table_of_fields(object), format);
    }
}

int print_list(const SagaList& list, Format format) {
    if (format == Format::json) {
        std::printf("%s\n", list.instances.json().c_str());
    } else if (!list.instances.items.empty()) {
        print(table_of_objects(list.instances), format);
    }
    if (list.more) std::fprintf(stderr, "granary: there are more; --limit shows up to %zu\n", listed_max);
    return exit_fine;
}

template <class Body>
int with_format(const SagaArguments& arguments, Body body) {
    return with_server(arguments.server, [&](ServerCalls& server) { return body(server, *parse_format(arguments.format)); });
}

int run_list(const SagaArguments& arguments) {
    return with_format(arguments, [&](ServerCalls& server, Format format) {
        const auto list = list_sagas(server, arguments.parked, arguments.count_max);
        return list ? print_list(*list, format) : report_failure(list.error());
    });
}

int run_show(const SagaArguments& arguments) {
    return with_format(arguments, [&](ServerCalls& server, Format format) {
        const auto saga = show_saga(server, arguments.action.order_id, arguments.action.erasure);
        if (!saga) return report_failure(saga.error());
        print_object(*saga, format);
        return exit_fine;
    });
}

// Each call of the program is an intention of its own; only the retries inside it share their key.
std::string fresh_key() {
    SystemRandom random;
    return "granary-saga/" + hex_of(random.bits());
}

// On stderr, for stdout is the answer's.
void describe(const SagaAction& action, const JsonValue& plan) {
    if (action.verb == "skip") std::fprintf(stderr, "granary: takes the step %s of %s for done, whether it is or not\n", action.step.c_str(), action.order_id.c_str());
    if (action.verb == "compensate") std::fprintf(stderr, "granary: undoes %s, and asks for more as it goes on:\n%s", action.order_id.c_str(), render(table_of_fields(plan), Format::table).c_str());
}

// Of a person at a terminal; a script says --yes.
bool is_agreed_to(const SagaAction& action, const JsonValue& plan) {
    describe(action, plan);
    if (::isatty(STDIN_FILENO) == 0) return false;
    std::fprintf(stderr, "granary: go on? [y/N] ");
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "yes";
}

int run_action(const SagaArguments& arguments) {
    return with_format(arguments, [&](ServerCalls& server, Format format) {
        const Consent consent = arguments.yes ? Consent([](const SagaAction&, const JsonValue&) { return true; }) : Consent(is_agreed_to);
        const auto answer = act_with_consent(server, arguments.action, fresh_key(), consent);
        if (!answer) return report_failure(answer.error());
        print_object(*answer, format);
        return exit_fine;
    });
}

std::string check_order(const std::string& text) { return parse_id<OrderKind>(text) ? std::string() : "an order's id is ord_ and 32 hex digits"; }

std::string check_subject(const std::string& text) {
    return parse_id<OrderKind>(text) || parse_id<CustomerKind>(text) ? std::string() : "an order's id is ord_ and 32 hex digits, a customer's cus_ and as many";
}

CLI::App* add_verb(CLI::App& saga, const char* name, const char* what, const std::shared_ptr<SagaArguments>& arguments, int& exit_code,
                   int (*run)(const SagaArguments&)) {
    auto* verb = saga.add_subcommand(name, what);
    add_server_options(*verb, arguments->server);
    verb->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    verb->callback([arguments, &exit_code, run] { exit_code = run(*arguments); });
    return verb;
}

CLI::App* add_order_verb(CLI::App& saga, const char* name, const char* what, const std::shared_ptr<SagaArguments>& arguments, int& exit_code,
                         int (*run)(const SagaArguments&)) {
    auto* verb = add_verb(saga, name, what, arguments, exit_code, run);
    verb->add_option("order", arguments->action.order_id, "the order's id")->required()->check(CLI::Validator(check_order, "ORDER"));
    arguments->action.verb = name;
    return verb;
}

// One that takes erasures, too.
CLI::App* add_subject_verb(CLI::App& saga, const char* name, const char* what, const std::shared_ptr<SagaArguments>& arguments, int& exit_code,
                           int (*run)(const SagaArguments&)) {
    auto* verb = add_verb(saga, name, what, arguments, exit_code, run);
    verb->add_option("id", arguments->action.order_id, "the order's id; that of a customer means the saga that erases the customer")->required()->check(CLI::Validator(check_subject, "ID"));
    arguments->action.verb = name;
    return verb;
}

void add_erasure(CLI::App& verb, const std::shared_ptr<SagaArguments>& arguments) {
    verb.add_flag("--erasure", arguments->action.erasure, "of an order without a customer: the saga that erases its buyer");
}

CLI::Option* add_reason(CLI::App& verb, const std::shared_ptr<SagaArguments>& arguments) {
    return verb.add_option("--reason", arguments->action.reason, "why, for those who read the history; no personal data");
}

void add_consent(CLI::App& verb, const std::shared_ptr<SagaArguments>& arguments) {
    verb.add_flag("-y,--yes", arguments->yes, "don't ask: nobody can take this back");
}

}  // namespace

void add_saga_verbs(CLI::App& app, int& exit_code) {
    auto* saga = app.add_subcommand("saga", "See and steer the sagas of a running server, or replay those of a log");
    saga->require_subcommand(1);
    const auto fresh = [] { return std::make_shared<SagaArguments>(); };

    auto arguments = fresh();
    auto* list = add_verb(*saga, "list", "Sagas that have not ended", arguments, exit_code, run_list);
    list->add_flag("--parked", arguments->parked, "only those that wait for an operator");
    list->add_option("--limit", arguments->count_max, "how many at most")->check(CLI::Range(std::size_t{1}, listed_max));

    arguments = fresh();
    add_erasure(*add_subject_verb(*saga, "show", "One saga: how far it is, what it waits for", arguments, exit_code, run_show), arguments);

    arguments = fresh();
    auto* retry = add_subject_verb(*saga, "retry", "Let a parked saga try its step again", arguments, exit_code, run_action);
    add_reason(*retry, arguments);
    add_erasure(*retry, arguments);

    arguments = fresh();
    auto* skip = add_order_verb(*saga, "skip", "Let a parked saga go on as if its step were done", arguments, exit_code, run_action);
    skip->add_option("--step", arguments->action.step, "the step that is taken for done, as `show` names it")->required();
    add_reason(*skip, arguments)->required();
    add_consent(*skip, arguments);

    arguments = fresh();
    auto* compensate = add_order_verb(*saga, "compensate", "Undo what the saga has done and end the order", arguments, exit_code, run_action);
    add_reason(*compensate, arguments)->required();
    add_consent(*compensate, arguments);
    compensate->add_flag("--dry-run", arguments->action.dry_run, "only say what would be undone");

    add_saga_replay_verb(*saga, exit_code);
}

}  // namespace granary::cli
