// `granary key`: makes, lists and revokes API keys in a data directory, with or without a server running on it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "platform/adapters/api_key_file/api_key_file.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "tools/granary/key_copy.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/shared_keys.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct KeyArguments {
    std::string data = "data";
    std::string role;
    std::string customer;
    std::vector<std::string> scopes;
    std::string name;
    std::string id;
    std::string format = "table";
    std::string from;
    std::string to;
    LogChoice log;
};

struct OpenKeys {
    SystemClock clock;
    SystemRandom random;
    std::unique_ptr<ports::ApiKeyStore> keys;
};

// Exit code, or keys that are open.
int open_keys(const KeyArguments& arguments, OpenKeys& open) {
    auto keys = adapters::open_api_key_file(std::filesystem::path(arguments.data) / "keys", open.clock, open.random, {});
    if (!keys) return report_fault(keys.error());
    open.keys = std::move(*keys);
    return exit_fine;
}

int usage_error(const std::string& message) {
    std::fprintf(stderr, "granary: %s\n", message.c_str());
    return exit_usage;
}

int run_create(const KeyArguments& arguments) {
    ports::ApiKeyWish wish{.role = parse_role(arguments.role).value_or(Role::guest), .name = arguments.name};
    for (const auto& text : arguments.scopes) {
        const auto scope = parse_permission(text);
        if (!scope) return usage_error("there is no permission `" + text + "`");
        wish.scopes.add(*scope);
    }
    OpenKeys open;
    if (const int failed = open_keys(arguments, open); failed != exit_fine) return failed;
    if (!arguments.customer.empty()) wish.customer = parse_id<CustomerKind>(arguments.customer).value_or(CustomerId{});
    if (wish.role == Role::customer && arguments.customer.empty()) wish.customer = {uuid_v7(open.clock.now().unix_us, open.random.bits())};
    const auto key = open.keys->create(wish);
    if (!key) return key.error().code == FaultCode::invalid_argument ? usage_error(key.error().message) : report_fault(key.error());
    std::printf("%s\n", key->c_str());
    return exit_fine;
}

std::string scopes_text(PermissionSet permissions) {
    std::string text;
    for (std::size_t i = 0; i < permission_count; ++i)
        if (permissions.has(static_cast<Permission>(i))) text += (text.empty() ? "" : " ") + std::string(name_of(static_cast<Permission>(i)));
    return text;
}

int run_list(const KeyArguments& arguments) {
    OpenKeys open;
    if (const int failed = open_keys(arguments, open); failed != exit_fine) return failed;
    const auto keys = open.keys->list();
    if (!keys) return report_fault(keys.error());
    Table table{{{"id"}, {"role"}, {"name"}, {"customer"}, {"created_at"}, {"revoked_at"}, {"permissions"}}, {}};
    for (const auto& key : *keys) {
        table.rows.push_back({text_of(key.id), std::string(name_of(key.role)), key.name, key.customer.is_nil() ? "" : text_of(key.customer), rfc3339_of(key.created_at),
                              key.revoked_at.unix_us == 0 ? "" : rfc3339_of(key.revoked_at), scopes_text(key.permissions)});
    }
    print(table, *parse_format(arguments.format));
    return exit_fine;
}

// Takes `key_<hex>` as `list` shows it, or the start of a key's own text.
std::optional<ApiKeyId> parse_key_id(std::string_view text) {
    if (const auto id = parse_id<ApiKeyKind>(text)) return id;
    if (!text.starts_with("grn_") || text.size() < 36) return std::nullopt;
    const auto value = parse_hex_uuid(text.substr(4, 32));
    return value ? std::optional(ApiKeyId{*value}) : std::nullopt;
}

int run_revoke(const KeyArguments& arguments) {
    const auto id = parse_key_id(arguments.id);
    if (!id) return usage_error("a key is named by its id, `key_` and 32 hex digits");
    OpenKeys open;
    if (const int failed = open_keys(arguments, open); failed != exit_fine) return failed;
    const auto revoked = open.keys->revoke(*id);
    if (revoked) return exit_fine;
    if (revoked.error().code != FaultCode::not_found) return report_fault(revoked.error());
    std::fprintf(stderr, "granary: %s\n", revoked.error().message.c_str());
    return exit_found_wrong;
}

int run_copy(const KeyArguments& arguments) {
    const auto copied = copy_all_keys({arguments.from}, {arguments.to});
    if (!copied) return report_fault(copied.error());
    std::fprintf(stderr, "granary: %llu keys and %llu bytes of API keys are new in %s\n", static_cast<unsigned long long>(copied->keys),
                 static_cast<unsigned long long>(copied->api_key_bytes), arguments.to.c_str());
    return exit_fine;
}

int run_share(const KeyArguments& arguments) {
    SystemRandom random;
    if (arguments.from.empty()) {
        if (const auto shared = share_keys(arguments.log, random); !shared) return report_fault(shared.error());
        std::fprintf(stderr, "granary: the keys of this log are shared in the topic %s.keys\n", arguments.log.topic.c_str());
        return exit_fine;
    }
    const auto restored = restore_shared_keys(arguments.log, arguments.from, random);
    if (!restored) return report_fault(restored.error());
    std::fprintf(stderr, "granary: the keys of this log are shared in the topic %s.keys; %llu records of keys are new in it\n", arguments.log.topic.c_str(),
                 static_cast<unsigned long long>(*restored));
    return exit_fine;
}

CLI::App* add_verb(CLI::App& key, const char* name, const char* what, const std::shared_ptr<KeyArguments>& arguments, int& exit_code,
                   int (*run)(const KeyArguments&)) {
    auto* verb = key.add_subcommand(name, what);
    verb->add_option("--data", arguments->data, "the data directory")->envname("GRANARY_DATA")->capture_default_str();
    verb->callback([arguments, &exit_code, run] { exit_code = run(*arguments); });
    return verb;
}

void add_share_verb(CLI::App& key, int& exit_code) {
    const auto arguments = std::make_shared<KeyArguments>();
    arguments->log.kind = "kafka";
    auto* share = key.add_subcommand("share", "Make the topic in which nodes of one log on Kafka keep persons' keys, or give it back what it lost");
    share->add_option("--topic,--kafka-topic", arguments->log.topic, "the log's topic; the keys' is TOPIC.keys")->envname("GRANARY_KAFKA_TOPIC")->capture_default_str();
    add_kafka_options(*share, arguments->log);
    share->add_option("--from", arguments->from, "a data directory with a copy of the keys, as `key copy` makes it: what the topic lacks of them is appended");
    share->callback([arguments, &exit_code] { exit_code = run_share(*arguments); });
}

}  // namespace

void add_key_verbs(CLI::App& app, int& exit_code) {
    auto* key = app.add_subcommand("key", "Make, list and revoke API keys");
    key->require_subcommand(1);
    auto arguments = std::make_shared<KeyArguments>();
    auto* create = add_verb(*key, "create", "Make a key and print it, once", arguments, exit_code, run_create);
    create->add_option("--role", arguments->role, "what the key may do")
        ->required()
        ->check(CLI::IsMember({"guest", "customer", "seller", "delivery", "admin", "auditor", "analyst", "import"}));
    create->add_option("--customer", arguments->customer, "whom a key of role customer acts for; a fresh one when it is left out")
        ->check(CLI::Validator([](const std::string& text) { return parse_id<CustomerKind>(text) ? std::string() : "a customer's id is cus_ and 32 hex digits"; }, "CUSTOMER"));
    create->add_option("--scope", arguments->scopes, "only these of the role's permissions, such as orders:read")->delimiter(',');
    create->add_option("--name", arguments->name, "a label for people; no personal data");
    arguments = std::make_shared<KeyArguments>();
    auto* list = add_verb(*key, "list", "All keys ever made; never their secrets", arguments, exit_code, run_list);
    list->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    arguments = std::make_shared<KeyArguments>();
    add_verb(*key, "revoke", "End a key; a running server notices within a second", arguments, exit_code, run_revoke)->add_option("id", arguments->id, "the key's id")->required();
    arguments = std::make_shared<KeyArguments>();
    auto* copy = key->add_subcommand("copy", "Back the keys up, or restore them: persons' keys, secrets and API keys");
    copy->add_option("--from", arguments->from, "a data directory; a server may be running on it")->required();
    copy->add_option("--to", arguments->to, "another, made when it is missing; what it has already stays")->required();
    copy->callback([arguments, &exit_code] { exit_code = run_copy(*arguments); });
    add_share_verb(*key, exit_code);
}

}  // namespace granary::cli
