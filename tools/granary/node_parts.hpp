// What a node is made of. Private to node*.cpp, which start it from the log outwards.
#pragma once

#include <memory>
#include <string>

#include "command-side/runtime/command_host.hpp"
#include "gateway/gateway.hpp"
#include "gateway/http/server.hpp"
#include "platform/adapters/house_carrier/http_carrier.hpp"
#include "platform/adapters/house_payments/http_payment_provider.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/adapters/system/system_disk.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "platform/host/aside_thread.hpp"
#include "platform/host/guarded_http_client.hpp"
#include "platform/host/metrics.hpp"
#include "projections/runtime/projection_host.hpp"
#include "projections/runtime/projection_work.hpp"
#include "query-side/queries/person_desk.hpp"
#include "sagas/runtime/saga_admin.hpp"
#include "sagas/runtime/saga_host.hpp"
#include "tools/granary/clock_watch.hpp"
#include "tools/granary/node.hpp"
#include "tools/granary/node_metrics.hpp"
#include "tools/granary/node_operations.hpp"
#include "tools/granary/order_history.hpp"
#include "tools/granary/saga_figures.hpp"
#include "tools/granary/shared_keys.hpp"
#include "tools/house/carrier_house.hpp"
#include "tools/house/payment_house.hpp"

namespace granary::cli {

inline constexpr Duration failed_start_deadline = seconds(5);  // for shards to let go

// In the order of construction; destroyed the other way round.
struct Node::Parts {
    // A start that failed half way, in the order of Node::stop, after which all of this is done: neither the group nor a shard that lets go
    // must call what is going, and shards still need their peers.
    ~Parts() {
        clock_watch.end();
        if (membership) membership->leave();
        if (!cluster) return;
        if (server) server->stop(failed_start_deadline);
        if (integration) static_cast<void>(integration->stop(failed_start_deadline));
        cluster->held().stop_listening();
        if (sagas) static_cast<void>(sagas->stop(failed_start_deadline));
        if (commands) static_cast<void>(commands->stop(failed_start_deadline));
        cluster->stop();
    }
    explicit Parts(const NodeOptions& node_options) : options(node_options), disk(std::make_shared<SystemDisk>(node_options.data.root.string())) {}

    NodeOptions options;
    SystemClock clock;
    SystemRandom random;
    std::shared_ptr<SystemDisk> disk;
    std::unique_ptr<ports::Store> keys_store, state_store, saga_store, views_store, payment_book, carrier_book;
    std::unique_ptr<ports::KeyTopic> key_topic;  // null on a node that is alone
    std::unique_ptr<ports::KeyStore> keys;
    std::unique_ptr<ports::Sealer> sealer;
    std::unique_ptr<ports::ApiKeyStore> api_keys;
    std::string cluster_secret;
    std::unique_ptr<ports::Log> log;
    std::unique_ptr<Cluster> cluster;               // null on a node that is alone
    std::unique_ptr<ports::Membership> membership;  // likewise, or on one that holds nothing
    std::unique_ptr<ports::HttpClient> houses_client;  // for the callbacks of the houses, which are other companies
    std::unique_ptr<ports::HttpClient> outside_client;
    std::unique_ptr<GuardedHttpClient> to_provider, to_carrier;
    std::unique_ptr<projections::ProjectionHost> views;
    std::unique_ptr<command_side::CommandHost> commands;
    std::unique_ptr<house::PaymentHouse> payment_house;
    std::unique_ptr<house::CarrierHouse> carrier_house;
    std::unique_ptr<ports::PaymentProvider> provider;
    std::unique_ptr<ports::Carrier> carrier;
    std::unique_ptr<queries::OrderQueries> orders;
    std::unique_ptr<AsideThread> for_persons;
    std::unique_ptr<queries::PersonDesk> persons;
    std::unique_ptr<sagas::SagaHost> sagas;
    std::unique_ptr<sagas::SagaAdmin> saga_admin;
    std::unique_ptr<NodeOperations> operations;
    std::unique_ptr<queries::PaymentQueries> payments;
    std::unique_ptr<queries::StockQueries> stock;
    std::unique_ptr<queries::ProductQueries> products;
    std::unique_ptr<queries::CustomerQueries> customers;
    std::unique_ptr<ports::Commits> commits_by_position;
    std::unique_ptr<queries::PersonExport> person_export;
    std::unique_ptr<queries::AccessQueries> accesses;
    std::unique_ptr<queries::PersonalExports> exports;
    std::unique_ptr<ports::OrderHistory> order_history;
    std::unique_ptr<queries::SalesQueries> sales;
    std::unique_ptr<queries::InvoiceReports> invoice_reports;
    std::unique_ptr<queries::StockReport> stock_report;
    std::unique_ptr<SagaFigures> saga_figures;
    std::unique_ptr<AsideThread> aside;
    metrics::RequestTimes request_times;
    ClockWatch clock_watch;  // runs on a member of a group
    std::unique_ptr<IntegrationEvents> integration;  // null when this node publishes none
    std::unique_ptr<http::Server> server;

    Status open_stores();
    Status open_log_first();
    Status open_keys();
    Result<std::unique_ptr<ports::KeyStore>> make_key_store();
    Status start_cluster();
    Status start_core();
    Status start_commands();
    Status start_views();
    Status join_group();
    Status wait_for_partitions();
    Status why_not_ready() const;
    ports::CommandBus& bus() { return cluster ? static_cast<ports::CommandBus&>(cluster->bus()) : *commands; }
    Status start_houses();
    Status reach_outside();
    Status start_sagas();
    Status start_integration();
    Status start_gateway();
    Status tell_houses();
    Status catch_up();
    queries::Source query_source() { return {*views_store, views->views(), *views, *sealer, log->identity().partitions}; }
    Result<gateway::Gateway> make_gateway();
    gateway::Readiness readiness() const;
};

}  // namespace granary::cli
