// What a node serves: the gateway with all that it asks, and whether the node is ready.
#include <algorithm>
#include <functional>
#include <utility>

#include "platform/host/stored_commits.hpp"
#include "tools/granary/node_parts.hpp"

namespace granary::cli {
namespace {

// Of the partition that has waited longest.
std::string reason_of_waiting(const std::vector<command_side::PartitionStatus>& partitions) {
    const auto longest = std::ranges::max_element(partitions, {}, &command_side::PartitionStatus::taking_for);
    if (longest == partitions.end() || longest->taking_for.us == 0 || longest->reason.empty()) return "; see /metrics";
    return "; partition " + std::to_string(longest->partition.number) + ": " + longest->reason;
}

}  // namespace

gateway::Readiness Node::Parts::readiness() const {
    if (const auto off = clock_watch.reason(); !off.empty()) return {false, off};
    if (options.roles.command && !commands->ready()) return {false, "not every partition that this node should own is owned by it" + reason_of_waiting(commands->status())};
    if (!commands->accepts_commands()) return {false, "the disk is nearly full: commands are refused until there is room"};
    const auto status = views->status();
    if (!status.halted.empty()) return {false, "a view is halted: " + status.halted.front().why.message};
    std::string detail = "views are " + std::to_string(status.lag_records) + " records behind";
    for (const auto& view : status.outdated) detail += (view == status.outdated.front() ? "; being built for this version of the program: " : ", ") + view;
    return {true, detail};
}

Result<gateway::Gateway> Node::Parts::make_gateway() {
    const queries::Source source = query_source();
    payments = std::make_unique<queries::PaymentQueries>(source);
    stock = std::make_unique<queries::StockQueries>(source);
    products = std::make_unique<queries::ProductQueries>(source);
    customers = std::make_unique<queries::CustomerQueries>(source);
    commits_by_position = std::make_unique<StoredCommits>(*log);
    person_export = std::make_unique<queries::PersonExport>(source, *commits_by_position);
    accesses = std::make_unique<queries::AccessQueries>(source);
    exports = std::make_unique<queries::PersonalExports>(source);
    order_history = std::make_unique<ViewedOrderHistory>(*orders, *commits_by_position);
    sales = std::make_unique<queries::SalesQueries>(source);
    invoice_reports = std::make_unique<queries::InvoiceReports>(source);
    stock_report = std::make_unique<queries::StockReport>(source);
    saga_figures = std::make_unique<SagaFigures>(*log, clock);
    aside = std::make_unique<AsideThread>("asides", limits::reports_waiting_max);
    gateway::GatewayServices services{.commands = bus(),
                                      .freshness = *views,
                                      .sealer = *sealer,
                                      .keys = *keys,
                                      .api_keys = *api_keys,
                                      .clock = clock,
                                      .random = random,
                                      .orders = *orders,
                                      .payments = *payments,
                                      .stock = *stock,
                                      .products = *products,
                                      .customers = *customers,
                                      .person_export = *person_export,
                                      .accesses = *accesses,
                                      .exports = *exports,
                                      .order_history = *order_history,
                                      .sales = *sales,
                                      .invoice_reports = *invoice_reports,
                                      .stock_report = *stock_report,
                                      .operations = operations.get(),
                                      .partitions = log->identity().partitions,
                                      .saga_report = [this](std::string_view by) -> Result<queries::Figures> {
                                          const auto wanted = parse_sagas_by(by);
                                          if (!wanted) return fault(FaultCode::invalid_argument, "by must be status or step");
                                          return saga_figures->report(*wanted);
                                      },
                                      .run_aside = [this](std::function<void()> work) { return aside->try_run(std::move(work)); },
                                      .metrics = [this] {
                                          return metrics_text({*commands, *views, *sagas, request_times, server.get(), *to_provider, *to_carrier,
                                                               cluster ? &cluster->bus() : nullptr, options.log.counters.get(), !clock_watch.reason().empty(), integration.get()});
                                      },
                                      .ready = [this] { return readiness(); },
                                      .on_answered = [this](const gateway::AnsweredRequest& answered) {
                                          request_times.observe(answered.operation, answered.status, answered.took);
                                      }};
    gateway::GatewayOptions gateway_options;
    if (!options.roles.gateway) gateway_options.surface = gateway::Surface::operations;
    if (!options.rate_limit) gateway_options.rate.per_second = 0;
    return gateway::make_gateway(services, gateway_options);
}

Status Node::Parts::start_gateway() {
    auto made = make_gateway();
    if (!made) return std::unexpected(made.error());
    http::ServerOptions server_options;
    server_options.listen = options.listen;
    server_options.io_threads = options.http_threads;
    server_options.connections_max = options.http_connections_max;
    server_options.body_limit = std::move(made->body_limit);
    server_options.problem = std::move(made->problem);
    auto started = http::Server::start(std::move(server_options), std::move(made->handler));
    if (!started) return std::unexpected(started.error());
    server = std::move(*started);
    return {};
}

}  // namespace granary::cli
