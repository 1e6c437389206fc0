// One function per part, each filling its lines of the page.
#include "tools/granary/node_metrics.hpp"

#include <algorithm>
#include <map>

#include "command-side/runtime/command_host.hpp"
#include "gateway/http/server.hpp"
#include "platform/adapters/kafka/kafka_log.hpp"
#include "platform/host/cluster/routing_bus.hpp"
#include "platform/host/guarded_http_client.hpp"
#include "platform/host/metrics.hpp"
#include "projections/runtime/projection_host.hpp"
#include "sagas/runtime/saga_host.hpp"
#include "tools/granary/integration.hpp"

namespace granary::cli {
namespace {

double number(std::uint64_t value) { return static_cast<double>(value); }
double in_seconds(Duration duration) { return static_cast<double>(duration.us) / 1e6; }

void add_commands(metrics::Page& page, const command_side::CommandHost& commands) {
    using command_side::PartitionState;
    std::uint64_t commits = 0, voids = 0, redecided = 0, in_flight = 0, queued = 0;
    std::map<std::string_view, std::uint64_t> states;
    // All of them, so that a rate or an alert never waits for the first time.
    for (const auto state : {PartitionState::starting, PartitionState::claiming, PartitionState::owned, PartitionState::standby, PartitionState::halted}) {
        states[command_side::name_of(state)] = 0;
    }
    for (const auto& partition : commands.status()) {
        commits += partition.commits;
        voids += partition.voids;
        redecided += partition.redecided;
        in_flight += partition.in_flight;
        queued += partition.queued;
        ++states[command_side::name_of(partition.state)];
    }
    page.add(metrics::commits, number(commits));
    page.add(metrics::voids, number(voids));
    page.add(metrics::redecided, number(redecided));
    page.add(metrics::in_flight, number(in_flight));
    page.add(metrics::queued, number(queued));
    for (const auto& [state, count] : states) page.add(metrics::partitions, number(count), state);
}

void add_ownership(metrics::Page& page, const command_side::CommandHost& commands, bool clock_off) {
    std::uint64_t claims = 0, takeovers = 0;
    Duration took, taking;
    for (const auto& partition : commands.status()) {
        claims += partition.claims;
        takeovers += partition.takeovers;
        took = took + partition.takeover_time;
        taking = std::max(taking, partition.taking_for);
        clock_off = clock_off || partition.clock_off;
    }
    page.add(metrics::claims, number(claims));
    page.add(metrics::takeovers, number(takeovers));
    page.add(metrics::takeover_seconds, in_seconds(took));
    page.add(metrics::taking_seconds, in_seconds(taking));
    page.add(metrics::clock_off, clock_off ? 1 : 0);
}

void add_forwarding(metrics::Page& page, const RoutingBus& routing) {
    const auto counts = routing.counts();
    page.add(metrics::forwarded, number(counts.forwarded));
    page.add(metrics::forward_calls, number(counts.batches));
    page.add(metrics::redirected, number(counts.redirected));
    page.add(metrics::forward_failed, number(counts.failed));
}

void add_brokers(metrics::Page& page, const kafka::LogCounters& brokers) {
    page.add(metrics::broker_errors, number(brokers.errors));
    page.add(metrics::producers_dropped, number(brokers.producers_dropped));
}

void add_views(metrics::Page& page, const projections::ProjectionHost& views) {
    const auto status = views.status();
    page.add(metrics::view_lag_records, number(status.lag_records));
    page.add(metrics::view_lag_seconds, in_seconds(status.lag));
    page.add(metrics::view_events, number(status.events));
    page.add(metrics::view_halted, number(status.halted.size()));
}

void add_sagas(metrics::Page& page, const sagas::SagaHost& sagas) {
    const auto pending = sagas.pending();
    page.add(metrics::saga_open, number(pending.instances));
    page.add(metrics::saga_parked, number(pending.parked));
    page.add(metrics::saga_outbox, number(pending.open));
}

void add_outside(metrics::Page& page, const GuardedHttpClient& client, std::string_view server) {
    page.add(metrics::circuit_open, client.state() == CircuitBreaker::State::closed ? 0 : 1, server);
}

void add_integration(metrics::Page& page, const IntegrationEvents& integration) {
    const auto status = integration.status();
    for (std::size_t i = 0; i < integration::topics.size(); ++i) page.add(metrics::integration_published, number(status.published[i]), integration::topics[i]);
    page.add(metrics::integration_failures, number(status.failures));
    page.add(metrics::integration_partitions, number(status.partitions - status.halted), "publishing");
    page.add(metrics::integration_partitions, number(status.halted), "halted");
    page.add(metrics::integration_lag_records, number(status.lag_records));
    page.add(metrics::integration_lag_seconds, static_cast<double>(status.lag.us) / 1e6);
}

}  // namespace

std::string metrics_text(const MetricSources& sources) {
    metrics::Page page;
    add_commands(page, sources.commands);
    add_ownership(page, sources.commands, sources.left_for_clock);
    if (sources.routing != nullptr) add_forwarding(page, *sources.routing);
    if (sources.brokers != nullptr) add_brokers(page, *sources.brokers);
    add_views(page, sources.views);
    add_sagas(page, sources.sagas);
    add_outside(page, sources.provider, "payments");
    add_outside(page, sources.carrier, "carrier");
    sources.requests.write(page);
    if (sources.server != nullptr) {
        const auto counts = sources.server->counts();
        page.add(metrics::http_connections, number(counts.connections_open));
        page.add(metrics::http_refused, number(counts.requests_refused));
    }
    if (sources.integration != nullptr) add_integration(page, *sources.integration);
    return page.text();
}

}  // namespace granary::cli
