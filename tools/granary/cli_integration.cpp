// `granary integration`: makes the topics that other systems read, and lists what is published there.
#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "core/limits.hpp"
#include "tools/granary/integration.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct IntegrationArguments {
    LogChoice log;
    std::string prefix;
    std::string format = "table";
    std::uint32_t partitions = limits::integration_partitions_default;
};

int run_create(IntegrationArguments& arguments) {
    const auto options = integration_options(arguments.log, arguments.prefix);
    const auto made = options ? kafka::create_integration_topics(*options, arguments.partitions) : Status(std::unexpected(options.error()));
    if (!made) {
        const int code = report_fault(made.error());
        return made.error().code == FaultCode::invalid_argument ? exit_usage : code;
    }
    Table table{{{"topic"}}, {}};
    for (const auto& topic : options->topics) table.rows.push_back({options->prefix + topic});
    print(table, *parse_format(arguments.format));
    return exit_fine;
}

int run_types(const IntegrationArguments& arguments) {
    Table table{{{"topic"}, {"type"}, {"version", true}, {"when"}, {"fields"}}, {}};
    for (const auto* type : integration::event_types) {
        std::string fields;
        for (const auto& field : type->fields) fields += (fields.empty() ? "" : " ") + std::string(field.name) + (field.presence == integration::Presence::sometimes ? "?" : "");
        table.rows.push_back({arguments.prefix + std::string(type->topic), std::string(type->name), std::to_string(type->version), std::string(type->when), fields});
    }
    print(table, *parse_format(arguments.format));
    return exit_fine;
}

CLI::App* add_verb(CLI::App& integration, const char* name, const char* about, IntegrationArguments& arguments) {
    auto* verb = integration.add_subcommand(name, about);
    verb->add_option("--integration-topic-prefix", arguments.prefix, "before the topics' names");
    verb->add_option("--format", arguments.format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    return verb;
}

}  // namespace

void add_integration_verbs(CLI::App& app, int& exit_code) {
    auto* integration = app.add_subcommand("integration", "What other systems read: topics of integration events");
    integration->require_subcommand(1);
    auto create = std::make_shared<IntegrationArguments>();
    create->log.kind = "kafka";
    auto* create_verb = add_verb(*integration, "create", "Make the topics that are not there yet, and check those that are", *create);
    add_log_options(*create_verb, create->log);
    create_verb->add_option("--partitions", create->partitions, "of each topic that is made now")->check(CLI::Range(1U, limits::partitions_max));
    create_verb->callback([create, &exit_code] { exit_code = run_create(*create); });
    auto types = std::make_shared<IntegrationArguments>();
    add_verb(*integration, "types", "Every type of event, its topic and its fields", *types)->callback([types, &exit_code] { exit_code = run_types(*types); });
}

}  // namespace granary::cli
