// `granary serve`: runs a node until it is told to stop.
#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "platform/host/logging.hpp"
#include "tools/granary/node.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/stop_signals.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t handles_for_files = 3072;
constexpr std::size_t connections_min = 64;
constexpr Duration stop_deadline = seconds(9);  // service managers and the tests allow ten

struct ServeArguments {
    NodeOptions node;
    std::string data = "data";
    std::string level = "info";
    std::string log_format = "text";
    bool no_rate_limit = false;
    std::int64_t carrier_delay_ms = 200;
    std::string roles = "command,saga,projection,gateway";
    std::uint64_t disk_free_min_mib = limits::disk_free_min_bytes >> 20;
};

// The most handles that this process can get. Files of the log and the stores must never lack one because of clients.
std::size_t raise_handle_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;  // what POSIX systems give by default
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t connections_for(std::size_t handles) {
    const std::size_t left = handles > handles_for_files ? handles - handles_for_files : 0;
    return std::clamp(left, connections_min, limits::http_connections_max);
}

Result<Roles> parse_roles(std::string_view text) {
    std::set<std::string_view> names;
    while (!text.empty()) {
        const auto comma = text.find(',');
        names.insert(text.substr(0, comma));
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    constexpr std::array<std::string_view, 5> known{"command", "saga", "projection", "gateway", "integration"};
    for (const auto name : names) {
        if (std::ranges::find(known, name) == known.end()) return fault(FaultCode::invalid_argument, "there is no role " + std::string(name));
    }
    if (names.contains("command") != names.contains("saga")) return fault(FaultCode::invalid_argument, "the roles command and saga go together: sagas run where their partition is owned");
    if (!names.contains("projection")) return fault(FaultCode::invalid_argument, "every node needs the role projection: it tells a node who owns what");
    return Roles{.command = names.contains("command"), .gateway = names.contains("gateway"), .integration = names.contains("integration")};
}

int serve(const ServeArguments& arguments) {
    const auto signals = block_stop_signals();
    logging::configure(logging::parse_level(arguments.level).value_or(logging::Level::info), arguments.log_format == "json" ? logging::Style::json : logging::Style::text);
    NodeOptions options = arguments.node;
    options.data.root = arguments.data;
    options.rate_limit = !arguments.no_rate_limit;
    options.http_connections_max = connections_for(raise_handle_limit());
    options.disk_free_min_bytes = arguments.disk_free_min_mib << 20;
    options.carrier_delay = milliseconds(arguments.carrier_delay_ms);
    const auto roles = parse_roles(arguments.roles);
    if (!roles) return report_fault(roles.error());
    options.roles = *roles;
    const auto node = Node::start(options);
    if (!node) return report_fault(node.error());
    if (auto written = write_server_url(options.data, (*node)->url()); !written) return report_fault(written.error());
    std::printf("ready %s\n", (*node)->url().c_str());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    logging::write(logging::Level::info, "stopping", {{"signal", std::int64_t{signal}}});
    remove_server_url(options.data);
    const auto stopped = (*node)->stop(stop_deadline);
    if (!stopped) return report_fault(stopped.error());
    logging::write(logging::Level::info, "stopped");
    return exit_fine;
}

}  // namespace

void add_serve_verbs(CLI::App& app, int& exit_code) {
    auto* verb = app.add_subcommand("serve", "Run the server");
    auto arguments = std::make_shared<ServeArguments>();
    verb->add_option("--data", arguments->data, "the data directory; made when missing")->envname("GRANARY_DATA");
    verb->add_option("--listen", arguments->node.listen, "ADDRESS:PORT; port 0 picks a free one");
    add_log_options(*verb, arguments->node.log);
    verb->add_option("--partitions", arguments->node.partitions, "of an embedded log that is made now; fixed for its life")->check(CLI::Range(1U, limits::partitions_max));
    verb->add_option("--node", arguments->node.name, "name of this node in claims and logs");
    verb->add_option("--roles", arguments->roles, "of command,saga,projection,gateway,integration: what this node does");
    verb->add_option("--cluster-secret-file", arguments->node.cluster.secret_file, "shared by all nodes of the log: makes this node one of several")->group("Several nodes");
    verb->add_option("--peer-listen", arguments->node.cluster.listen, "ADDRESS:PORT for other nodes only")->group("Several nodes");
    verb->add_option("--advertise", arguments->node.cluster.advertise, "http://HOST:PORT where other nodes reach --peer-listen")->group("Several nodes");
    verb->add_option("--api-keys", arguments->node.api_keys, "folder of the API keys, when nodes share one")->group("Several nodes");
    verb->add_option("--payments-url", arguments->node.payments_url, "a payment provider that runs elsewhere (granary house)")->group("Several nodes");
    verb->add_option("--carrier-url", arguments->node.carrier_url, "a carrier that runs elsewhere (granary house)")->group("Several nodes");
    verb->add_option("--integration-topic-prefix", arguments->node.integration_prefix, "before the names of the topics of integration events")->group("Kafka");
    verb->add_option("--http-threads", arguments->node.http_threads, "threads that speak HTTP")->check(CLI::Range(1, 64));
    verb->add_option("--command-threads", arguments->node.command_threads, "threads that decide commands")->check(CLI::Range(1, 64));
    verb->add_flag("--no-rate-limit", arguments->no_rate_limit, "for benchmarks");
    verb->add_option("--disk-free-min-mib", arguments->disk_free_min_mib, "commands are refused while the data's volume has less room")->check(CLI::Range(1, 1 << 30));
    verb->add_option("--carrier-delay-ms", arguments->carrier_delay_ms, "how long each step of a parcel takes at the house carrier")->check(CLI::Range(0, 86'400'000));
    verb->add_option("--log-level", arguments->level, "debug, info, warning or error")->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    verb->add_option("--log-format", arguments->log_format, "text or json")->check(CLI::IsMember({"text", "json"}));
    verb->set_config("--config", "", "an INI or TOML file with these options");
    verb->callback([arguments, &exit_code] { exit_code = serve(*arguments); });
}

}  // namespace granary::cli
