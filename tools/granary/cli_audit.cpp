// `granary audit`: who was given what that is not their own, by a running server's word.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"
#include "tools/granary/saga_calls.hpp"
#include "tools/granary/server_calls.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t listed_default = 100;
constexpr std::size_t listed_max = 1'000'000;

struct AuditArguments {
    ServerArguments server;
    std::string principal;
    std::string operation;
    std::string from;
    std::string to;
    std::size_t count_max = listed_default;
    std::string format = "table";
};

std::string path_of(const AuditArguments& arguments) {
    std::string path = "/v1/access-log";
    const std::pair<const char*, const std::string&> parameters[] = {
        {"principal", arguments.principal}, {"operation", arguments.operation}, {"from", arguments.from}, {"to", arguments.to}};
    for (const auto& [name, value] : parameters) {
        if (!value.empty()) path += (path.contains('?') ? "&" : "?") + std::string(name) + "=" + percent_encoded(value);
    }
    return path;
}

int run_list(const AuditArguments& arguments) {
    return with_server(arguments.server, [&](ServerCalls& server) {
        JsonValue list{JsonValue::Kind::array, {}, {}, {}};
        const auto more = server.each_page(path_of(arguments), arguments.count_max, [&](const JsonValue& items) {
            list.items.insert(list.items.end(), items.items.begin(), items.items.end());
            return Status();
        });
        if (!more) return report_failure(more.error());
        const auto format = *parse_format(arguments.format);
        if (format == Format::json) std::printf("%s\n", list.json().c_str());
        else if (!list.items.empty()) print(table_of_objects(list), format);
        if (*more) std::fprintf(stderr, "granary: there are more; --limit shows up to %zu\n", listed_max);
        return exit_fine;
    });
}

std::string check_time(const std::string& text) { return parse_rfc3339(text) ? std::string() : "a time is written as 2010-12-01T08:26:00Z"; }
std::string check_principal(const std::string& text) { return parse_id<ApiKeyKind>(text) ? std::string() : "a key's id is key_ and 32 hex digits"; }

}  // namespace

void add_audit_verbs(CLI::App& app, int& exit_code) {
    auto* audit = app.add_subcommand("audit", "Who has read what that is not their own");
    audit->require_subcommand(1);
    const auto arguments = std::make_shared<AuditArguments>();
    auto* list = audit->add_subcommand("list", "Accesses to what belongs to others, and operators' actions, newest first");
    add_server_options(*list, arguments->server);
    list->add_option("--principal", arguments->principal, "only those under this key, by its id")->check(CLI::Validator(check_principal, "KEY"));
    list->add_option("--operation", arguments->operation, "only this operation of the API, such as getOrder");
    list->add_option("--from", arguments->from, "not before this time")->check(CLI::Validator(check_time, "TIME"));
    list->add_option("--to", arguments->to, "not after this time")->check(CLI::Validator(check_time, "TIME"));
    list->add_option("--limit", arguments->count_max, "how many at most")->check(CLI::Range(std::size_t{1}, listed_max));
    list->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    list->callback([arguments, &exit_code] { exit_code = run_list(*arguments); });
}

}  // namespace granary::cli
