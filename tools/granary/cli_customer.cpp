// `granary customer`: the erasure of a person, and all that is held about one, by a running server.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "core/ids.hpp"
#include "core/json_writer.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "tools/granary/saga_calls.hpp"
#include "tools/granary/verbs.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

struct CustomerArguments {
    ServerArguments server;
    std::string id;
    std::string ground;
    bool despite_orders = false;
    bool yes = false;
    std::string format = "table";
    std::string out;
};

bool is_order(const std::string& id) { return parse_id<OrderKind>(id).has_value(); }

std::string path_of(const std::string& id, const char* what) { return (is_order(id) ? "/v1/orders/" : "/v1/customers/") + percent_encoded(id) + what; }

// Of a person at a terminal; a script says --yes.
bool is_agreed_to(const CustomerArguments& arguments) {
    if (arguments.yes) return true;
    std::fprintf(stderr, "granary: nobody will ever read the personal data of %s again\n", arguments.id.c_str());
    if (::isatty(STDIN_FILENO) == 0) return false;
    std::fprintf(stderr, "granary: go on? [y/N] ");
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "yes";
}

int run_erase(const CustomerArguments& arguments) {
    return with_server(arguments.server, [&](ServerCalls& server) {
        if (!is_agreed_to(arguments)) return report_failure({exit_usage, "nothing was done: say --yes to do it"});
        JsonWriter body;
        body.begin_object();
        if (!arguments.ground.empty()) body.member("ground", arguments.ground);
        if (arguments.despite_orders) body.member("despite_orders", true);
        body.end_object();
        SystemRandom random;
        const auto answer = server.post(path_of(arguments.id, "/erasure"), body.take(), "granary-customer/" + hex_of(random.bits()));
        if (!answer) return report_failure(answer.error());
        const auto format = *parse_format(arguments.format);
        if (format == Format::json) std::printf("%s\n", answer->json().c_str());
        else print(table_of_fields(*answer), format);
        return exit_fine;
    });
}

int run_export(const CustomerArguments& arguments) {
    return with_server(arguments.server, [&](ServerCalls& server) {
        const auto held = server.get(path_of(arguments.id, "/export"));
        if (!held) return report_failure(held.error());
        const std::string text = held->json() + "\n";
        if (!arguments.out.empty()) {
            const auto written = write_whole_file(arguments.out, text, 0600);
            return written ? exit_fine : report_fault(written.error());
        }
        std::fwrite(text.data(), 1, text.size(), stdout);
        return exit_fine;
    });
}

std::string check_customer(const std::string& text) { return parse_id<CustomerKind>(text) ? std::string() : "a customer's id is cus_ and 32 hex digits"; }

std::string check_person(const std::string& text) {
    return parse_id<CustomerKind>(text) || is_order(text) ? std::string() : "a customer's id is cus_ and 32 hex digits; of somebody who is none, give the order's";
}

CLI::App* add_verb(CLI::App& customer, const char* name, const char* what, const std::shared_ptr<CustomerArguments>& arguments, int& exit_code,
                   int (*run)(const CustomerArguments&)) {
    auto* verb = customer.add_subcommand(name, what);
    add_server_options(*verb, arguments->server);
    verb->callback([arguments, &exit_code, run] { exit_code = run(*arguments); });
    return verb;
}

}  // namespace

void add_customer_verbs(CLI::App& app, int& exit_code) {
    auto* customer = app.add_subcommand("customer", "Erase a person, or write down all that is held about one");
    customer->require_subcommand(1);

    auto arguments = std::make_shared<CustomerArguments>();
    auto* erase = add_verb(*customer, "erase", "Have a person's key destroyed, once no order is under way", arguments, exit_code, run_erase);
    erase->add_option("id", arguments->id, "the customer's id, or that of an order without a customer")->required()->check(CLI::Validator(check_person, "ID"));
    erase->add_option("--ground", arguments->ground, "why: asked_for, unless another is given")
        ->check(CLI::IsMember({"asked_for", "no_longer_needed", "consent_withdrawn", "objected", "unlawful", "legal_duty"}));
    erase->add_flag("--despite-orders", arguments->despite_orders, "don't wait for orders that are under way: parcels that are not booked yet can't be sent");
    erase->add_flag("-y,--yes", arguments->yes, "don't ask: nobody can take this back");
    erase->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));

    arguments = std::make_shared<CustomerArguments>();
    auto* held = add_verb(*customer, "export", "All that is held about a customer, as one JSON object", arguments, exit_code, run_export);
    held->add_option("id", arguments->id, "the customer's id")->required()->check(CLI::Validator(check_customer, "CUSTOMER"));
    held->add_option("--out", arguments->out, "file to write, for its owner only; stdout if left out");
}

}  // namespace granary::cli
