// `granary audit`: who was given what that is not their own, by a running server's word.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"
#include "platform/adapters/http_client/http_client.hpp"
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

std::string page_path(const AuditArguments& arguments, std::size_t limit, const std::string& cursor) {
    std::string path = "/v1/access-log?limit=" + std::to_string(limit);
    const std::pair<const char*, const std::string&> parameters[] = {
        {"principal", arguments.principal}, {"operation", arguments.operation}, {"from", arguments.from}, {"to", arguments.to}, {"cursor", cursor}};
    for (const auto& [name, value] : parameters) {
        if (!value.empty()) path += "&" + std::string(name) + "=" + percent_encoded(value);
    }
    return path;
}

// All pages, newest first, up to what was asked for. `more`: there were more than that.
CallResult<JsonValue> list_accesses(ServerCalls& server, const AuditArguments& arguments, bool& more) {
    JsonValue all{JsonValue::Kind::array, {}, {}, {}};
    std::string cursor;
    while (all.items.size() < arguments.count_max) {
        auto page = server.get(page_path(arguments, std::min(limits::page_size_max, arguments.count_max - all.items.size()), cursor));
        if (!page) return page;
        const auto* data = page->find("data");
        if (data == nullptr || data->kind != JsonValue::Kind::array) return std::unexpected(CallFailure{exit_fault, "the server's answer is no list of accesses"});
        all.items.insert(all.items.end(), data->items.begin(), data->items.end());
        const std::string before = std::exchange(cursor, page->string_at("next_cursor"));
        more = !cursor.empty();
        if (cursor.empty()) break;
        if (cursor == before) return std::unexpected(CallFailure{exit_fault, "the server's list of accesses has no end"});
    }
    return all;
}

int run_list(const AuditArguments& arguments) {
    const auto url = find_server(arguments.server);
    if (!url) return report_failure(failure_of(url.error()));
    const auto client = http_client::make_http_client();
    ServerCalls server(*client, *url, arguments.server.key);
    bool more = false;
    const auto list = list_accesses(server, arguments, more);
    if (!list) return report_failure(list.error());
    const auto format = *parse_format(arguments.format);
    if (format == Format::json) std::printf("%s\n", list->json().c_str());
    else if (!list->items.empty()) print(table_of_objects(*list), format);
    if (more) std::fprintf(stderr, "granary: there are more; --limit shows up to %zu\n", listed_max);
    return exit_fine;
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
