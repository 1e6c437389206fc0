// Puts a gateway together as the program does (tools/granary/node_gateway.cpp).
#include "tests/simulation/front.hpp"

#include <utility>

#include "core/check.hpp"
#include "core/json_writer.hpp"

namespace granary::simulation {

// Sagas are the real ones. Work on views has threads of its own, which a simulated world can't have.
class Front::Operations final : public ports::Operations {
  public:
    explicit Operations(sagas::SagaAdmin& sagas) : sagas_(sagas) {}

    Result<std::string> projections() override { return std::string("[]"); }
    Result<std::optional<std::string>> projection(std::string_view) override { return std::nullopt; }
    Status begin(std::string_view, const ports::ProjectionWish&) override { return fault(FaultCode::conflict, "some work is under way"); }
    Result<ports::SagaPage> sagas(const ports::SagaFilter& filter) override {
        sagas::SagaFilter wanted;
        wanted.parked_only = filter.parked_only;
        const auto page = sagas_.list(wanted, filter.limit, filter.cursor);
        if (!page) return std::unexpected(page.error());
        JsonWriter json;
        json.begin_array();
        for (const auto& saga : page->sagas) sagas::write_json(json, saga);
        json.end_array();
        return ports::SagaPage{json.take(), page->next_cursor};
    }
    Result<std::optional<std::string>> saga(OrderId order) override { return sagas_.show(order); }
    Result<std::optional<std::string>> erasure(CustomerId customer, OrderId order) override {
        return sagas_.show(sagas::ErasureSubject{{customer.is_nil() ? order.value : customer.value}, customer, order});
    }
    Result<std::optional<std::string>> compensation_plan(OrderId order) override {
        const auto plan = sagas_.would_compensate(order, "dry run");
        if (!plan) return std::unexpected(plan.error());
        if (!*plan) return std::nullopt;
        return sagas::SagaAdmin::json_of(order, **plan);
    }

  private:
    sagas::SagaAdmin& sagas_;
};

// The program's own is put together where its other tools are. Answered with nothing: who is told to come again comes for ever.
class Front::NoHistory final : public ports::OrderHistory {
  public:
    Result<ports::HistoryPage> page(const ports::HistoryRequest&) override { return ports::HistoryPage{}; }
    Result<std::string> changes(OrderId, const ports::HistoryMoment&, const ports::HistoryMoment&) override { return std::string("{}"); }
};

Front::Front(FrontParts parts, gateway::GatewayOptions options) : parts_(std::move(parts)) {
    const queries::Source source{parts_.views_store, parts_.views.views(), parts_.views, parts_.sealer, parts_.partitions};
    orders_ = std::make_unique<queries::OrderQueries>(source);
    payments_ = std::make_unique<queries::PaymentQueries>(source);
    stock_ = std::make_unique<queries::StockQueries>(source);
    products_ = std::make_unique<queries::ProductQueries>(source);
    customers_ = std::make_unique<queries::CustomerQueries>(source);
    commits_ = std::make_unique<StoredCommits>(parts_.log);
    person_export_ = std::make_unique<queries::PersonExport>(source, *commits_);
    accesses_ = std::make_unique<queries::AccessQueries>(source);
    exports_ = std::make_unique<queries::PersonalExports>(source);
    order_history_ = std::make_unique<NoHistory>();
    sales_ = std::make_unique<queries::SalesQueries>(source);
    invoice_reports_ = std::make_unique<queries::InvoiceReports>(source);
    stock_report_ = std::make_unique<queries::StockReport>(source);
    saga_admin_ = std::make_unique<sagas::SagaAdmin>(parts_.sagas_store, parts_.partitions, parts_.bus);
    operations_ = std::make_unique<Operations>(*saga_admin_);
    const gateway::GatewayServices services{.commands = parts_.bus,
                                            .freshness = parts_.views,
                                            .sealer = parts_.sealer,
                                            .keys = parts_.keys,
                                            .api_keys = parts_.api_keys,
                                            .clock = parts_.clock,
                                            .random = parts_.random,
                                            .orders = *orders_,
                                            .payments = *payments_,
                                            .stock = *stock_,
                                            .products = *products_,
                                            .customers = *customers_,
                                            .person_export = *person_export_,
                                            .accesses = *accesses_,
                                            .exports = *exports_,
                                            .order_history = *order_history_,
                                            .sales = *sales_,
                                            .invoice_reports = *invoice_reports_,
                                            .stock_report = *stock_report_,
                                            .operations = operations_.get(),
                                            .partitions = parts_.partitions,
                                            .saga_report = {},
                                            .run_aside = {},
                                            .metrics = [this] {
                                                metrics::Page page;
                                                request_times_.write(page);
                                                return page.text();
                                            },
                                            .ready = parts_.ready,
                                            .on_answered = [this](const gateway::AnsweredRequest& done) { request_times_.observe(done.operation, done.status, done.took); }};
    auto made = gateway::make_gateway(services, std::move(options));
    GRANARY_CHECK(made.has_value());
    gateway_ = std::move(*made);
}

}  // namespace granary::simulation
