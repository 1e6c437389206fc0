// What the gateway needs from the rest of the program, and what can be set about it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "gateway/http/message.hpp"
#include "gateway/middleware/rate_limit.hpp"
#include "platform/ports/api_keys.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/freshness.hpp"
#include "platform/ports/key_store.hpp"
#include "platform/ports/operations.hpp"
#include "platform/ports/order_history.hpp"
#include "platform/ports/random.hpp"
#include "platform/ports/sealer.hpp"
#include "query-side/queries/access.hpp"
#include "query-side/queries/catalog.hpp"
#include "query-side/queries/customers.hpp"
#include "query-side/queries/customers_export.hpp"
#include "query-side/queries/exports.hpp"
#include "query-side/queries/inventory.hpp"
#include "query-side/queries/inventory_report.hpp"
#include "query-side/queries/invoices/reports.hpp"
#include "query-side/queries/orders.hpp"
#include "query-side/queries/payments.hpp"
#include "query-side/queries/sales.hpp"

namespace granary::gateway {

struct Readiness {
    bool ready = false;
    std::string detail;  // what is missing, or what is so (lag, ownership): plain English
};

// One answered request, for metrics: no path and no principal, only what has a bounded number of values.
struct AnsweredRequest {
    std::string_view operation;  // of the route table; `none` when no route matched
    std::string_view method;
    int status = 0;
    Duration took;
};

// All references outlive the handler and every request that it was given. The functions may be empty.
struct GatewayServices {
    ports::CommandBus& commands;
    ports::Freshness& freshness;
    ports::Sealer& sealer;
    ports::KeyStore& keys;       // secrets `command-ids`, `cursors`, `callbacks`: read once by make_handler
    ports::ApiKeys& api_keys;
    const ports::Clock& clock;
    ports::Random& random;
    const queries::OrderQueries& orders;
    const queries::PaymentQueries& payments;
    const queries::StockQueries& stock;
    const queries::ProductQueries& products;
    const queries::CustomerQueries& customers;
    const queries::PersonExport& person_export;
    const queries::AccessQueries& accesses;
    const queries::PersonalExports& exports;
    ports::OrderHistory& order_history;
    const queries::SalesQueries& sales;
    const queries::InvoiceReports& invoice_reports;
    const queries::StockReport& stock_report;
    ports::Operations* operations = nullptr;  // null on a node without sagas and views: its admin routes answer 501
    std::uint32_t partitions = limits::partitions_default;
    // The report on sagas, by `status` or `step`; as a query's result. Empty on a node that makes none: 501.
    std::function<Result<queries::Figures>(std::string_view by)> saga_report;
    // Takes work that would keep an io thread for long; false: too much waits already. Empty: such work is done in place.
    std::function<bool(std::function<void()>)> run_aside;
    std::function<std::string()> metrics;                    // Prometheus text, for GET /metrics
    std::function<Readiness()> ready;                        // for GET /readyz
    std::function<void(const AnsweredRequest&)> on_answered;  // on the thread that answers; must return at once
};

enum class Surface { everything, public_api, operations };

struct GatewayOptions {
    RatePolicy rate;
    Surface surface = Surface::everything;   // `public_api` leaves out /admin, /livez, /readyz and /metrics, `operations` has only them
    std::string default_warehouse = "main";  // of orders that name none
    Duration command_deadline = seconds(10);
};

}  // namespace granary::gateway
