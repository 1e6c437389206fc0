// A whole shop in memory behind the gateway: log, views, keys and principals, driven by plain requests.
#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/gateway.hpp"
#include "gateway/middleware/json_document.hpp"
#include "platform/adapters/keys/key_store.hpp"
#include "platform/adapters/keys/sealer.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "projections/runtime/projection_host.hpp"
#include "tests/gateway/routes/direct_bus.hpp"

namespace granary::testing {

// Keys are role names: `admin`, `customer`, `other` (another customer), ...
class RoleKeys final : public ports::ApiKeys {
  public:
    RoleKeys();
    std::shared_ptr<const ports::ApiKey> find(std::string_view presented) override;
    CustomerId customer_of(std::string_view name) const { return keys_.at(std::string(name))->customer; }

  private:
    std::unordered_map<std::string, std::shared_ptr<const ports::ApiKey>> keys_;
};

struct Answer {
    int status = 0;
    http::Headers headers;
    std::string body;

    std::string header(std::string_view name) const {
        const auto* value = headers.find(name);
        return value != nullptr ? *value : std::string();
    }
    // The text, or the JSON, of a member of the body; empty when there is none.
    std::string member(std::string_view name) const;
    // The pointers of a problem's errors, joined by spaces.
    std::string pointers() const;
};

class Shop {
  public:
    explicit Shop(gateway::GatewayOptions options = {}, ports::Operations* operations = nullptr);
    ~Shop();

    using Fields = std::vector<std::pair<std::string, std::string>>;

    // Sends one request and waits for its answer. `as` names the key; empty sends none. A body is sent as JSON.
    Answer send(http::Method method, const std::string& target, const std::string& as, const std::string& body = {}, const Fields& fields = {});
    Answer get(const std::string& target, const std::string& as = "admin", const Fields& fields = {}) { return send(http::Method::get, target, as, {}, fields); }
    // With a fresh Idempotency-Key unless `fields` has one.
    Answer post(const std::string& target, const std::string& body, const std::string& as = "admin", Fields fields = {});
    // The same without waiting.
    std::future<Answer> begin(http::Method method, const std::string& target, const std::string& as, const std::string& body, const Fields& fields);

    // Returns when the views have it.
    void create_product(const std::string& sku, const std::string& price);
    // Places an order of one piece of this SKU and answers its id.
    std::string place_order(const std::string& sku, const std::string& as);
    // A command of the saga or a provider, outside of the gateway.
    ports::CommandAnswer run(Command command);
    std::string callback_signature(const std::string& body) const;

    memory::MemoryLog log;
    memory::MemoryStore view_store, key_store;
    SystemClock clock;
    SystemRandom random;
    RoleKeys keys;
    DirectBus bus;
    std::unique_ptr<ports::KeyStore> secrets;
    std::unique_ptr<ports::Sealer> sealer;
    std::unique_ptr<projections::ProjectionHost> views;
    std::unique_ptr<queries::OrderQueries> orders;
    std::unique_ptr<queries::PaymentQueries> payments;
    std::unique_ptr<queries::StockQueries> stock;
    std::unique_ptr<queries::ProductQueries> products;
    std::unique_ptr<queries::CustomerQueries> customers;
    std::unique_ptr<ports::Commits> commits;
    std::unique_ptr<queries::PersonExport> person_export;
    std::unique_ptr<queries::AccessQueries> accesses;
    std::unique_ptr<queries::PersonalExports> exports;
    std::size_t history_events_max = 100;
    std::unique_ptr<ports::OrderHistory> order_history;
    std::unique_ptr<queries::SalesQueries> sales;
    std::unique_ptr<queries::InvoiceReports> invoice_reports;
    std::unique_ptr<queries::StockReport> stock_report;
    std::function<Result<queries::Figures>(std::string_view by)> saga_report;  // what the node would answer; empty: not yet
    std::vector<std::string> answered;  // `operation status`

  private:
    std::unique_ptr<gateway::GatewayServices> services_;
    gateway::Gateway gateway_;
    int next_key_ = 0;
    std::mutex answered_mutex_;
};

}  // namespace granary::testing
