// The metrics page of a node, gathered from its parts when somebody scrapes.
#pragma once

#include <string>

namespace granary {
class GuardedHttpClient;
class RoutingBus;
namespace kafka {
struct LogCounters;
}
namespace cli {
class IntegrationEvents;
}
namespace command_side {
class CommandHost;
}
namespace projections {
class ProjectionHost;
}
namespace sagas {
class SagaHost;
}
namespace metrics {
class RequestTimes;
}
namespace http {
class Server;
}
}  // namespace granary

namespace granary::cli {

struct MetricSources {
    const command_side::CommandHost& commands;
    const projections::ProjectionHost& views;
    const sagas::SagaHost& sagas;
    const metrics::RequestTimes& requests;
    const http::Server* server;         // null until it listens
    const GuardedHttpClient& provider;
    const GuardedHttpClient& carrier;
    const RoutingBus* routing;          // null on a node that is alone
    const kafka::LogCounters* brokers;  // null on an embedded log
    bool left_for_clock;                // its clock was found off
    const IntegrationEvents* integration;  // null when this node publishes none
};

std::string metrics_text(const MetricSources& sources);

}  // namespace granary::cli
