// The gateway of one life of a simulated node: the real routes and middleware over its parts, without sockets.
#pragma once

#include <functional>
#include <memory>

#include "gateway/gateway.hpp"
#include "platform/host/metrics.hpp"
#include "platform/host/stored_commits.hpp"
#include "platform/ports/key_store.hpp"
#include "projections/runtime/projection_host.hpp"
#include "sagas/runtime/saga_admin.hpp"
#include "sagas/runtime/saga_host.hpp"

namespace granary::simulation {

// All of them outlive the front.
struct FrontParts {
    ports::Log& log;
    ports::CommandBus& bus;
    projections::ProjectionHost& views;
    const ports::Store& views_store;
    const ports::Store& sagas_store;
    sagas::SagaHost& sagas;
    ports::Sealer& sealer;
    ports::KeyStore& keys;
    ports::ApiKeys& api_keys;
    const ports::Clock& clock;
    ports::Random& random;
    std::uint32_t partitions;
    std::function<gateway::Readiness()> ready;
};

class Front {
  public:
    Front(FrontParts parts, gateway::GatewayOptions options);

    void handle(http::Request request, http::Responder responder) { gateway_.handler(std::move(request), std::move(responder)); }
    ports::Operations& operations() { return *operations_; }

  private:
    class Operations;
    class NoHistory;

    FrontParts parts_;
    std::unique_ptr<queries::OrderQueries> orders_;
    std::unique_ptr<queries::PaymentQueries> payments_;
    std::unique_ptr<queries::StockQueries> stock_;
    std::unique_ptr<queries::ProductQueries> products_;
    std::unique_ptr<queries::CustomerQueries> customers_;
    std::unique_ptr<ports::Commits> commits_;
    std::unique_ptr<queries::PersonExport> person_export_;
    std::unique_ptr<queries::AccessQueries> accesses_;
    std::unique_ptr<queries::PersonalExports> exports_;
    std::unique_ptr<ports::OrderHistory> order_history_;
    std::unique_ptr<queries::SalesQueries> sales_;
    std::unique_ptr<queries::InvoiceReports> invoice_reports_;
    std::unique_ptr<queries::StockReport> stock_report_;
    std::unique_ptr<sagas::SagaAdmin> saga_admin_;
    std::unique_ptr<ports::Operations> operations_;
    metrics::RequestTimes request_times_;
    gateway::Gateway gateway_;
};

}  // namespace granary::simulation
