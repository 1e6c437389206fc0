// One phase per kind of request; within a phase requests go out several at a time.
#include "tools/granary/online_retail/retail_import.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/json_writer.hpp"
#include "core/money.hpp"
#include "tools/granary/json_value.hpp"
#include "tools/granary/parallel_calls.hpp"

namespace granary::cli::retail {
namespace {

using ports::HttpCall;
using ports::HttpReply;

constexpr std::string_view currency_text = "GBP";

void write_price(JsonWriter& json, std::string_view price) {
    json.key("unit_price").begin_object().member("amount", price).member("currency", currency_text).end_object();
}

std::string product_body(const Product& product) {
    JsonWriter json;
    json.begin_object().member("sku", product.sku).member("name", product.name.empty() ? product.sku : product.name);
    write_price(json, product.price.empty() ? "0" : product.price);
    json.end_object();
    return json.take();
}

std::string receipt_body(const Product& product, const std::string& warehouse) {
    JsonWriter json;
    json.begin_object().member("sku", product.sku).member("warehouse", warehouse).member("quantity", product.opening_stock).member("reference", "opening stock").end_object();
    return json.take();
}

std::string customer_body(const std::string& number, const std::string& country) {
    JsonWriter json;
    json.begin_object().member("country", country).member("reference", number).end_object();
    return json.take();
}

std::string order_body(const Invoice& invoice, const std::string& warehouse, const std::string* customer_id) {
    JsonWriter json;
    json.begin_object().member("reference", invoice.number).member("warehouse", warehouse).member("country", invoice.country);
    if (customer_id != nullptr) json.member("customer", *customer_id);
    json.key("payment").begin_object().member("token", "tok_accept").member("method", "card").end_object();
    json.key("lines").begin_array();
    for (const auto& line : invoice.lines) {
        json.begin_object().member("sku", line.sku).member("quantity", line.quantity);
        write_price(json, line.price);
        json.end_object();
    }
    json.end_array().end_object();
    return json.take();
}

std::string correction_body(const Row& row, const std::string& warehouse) {
    JsonWriter json;
    const std::string reason = row.name.empty() ? "stock correction, invoice " + row.invoice : row.name;
    json.begin_object().member("sku", row.sku).member("warehouse", warehouse).member("delta", row.quantity).member("reason", reason).end_object();
    return json.take();
}

// What is paid back for a cancelled line: rounded once, like the charge.
std::int64_t refund_minor(const Row& row) {
    const auto price = parse_ten_thousandths(row.price).value_or(0);
    const auto amount = multiply({price, currency("GBP")}, -row.quantity);
    return amount ? round_to_minor(*amount).minor : 0;
}

std::string refund_body(const Row& row, const std::string& order_id) {
    JsonWriter json;
    json.begin_object().member("order", order_id).member("reason", "cancelled by invoice " + row.invoice);
    json.key("amount").begin_object().member("amount", refund_minor(row)).member("currency", currency_text).end_object();
    json.end_object();
    return json.take();
}

std::string return_body(const Row& row, const std::string& warehouse) {
    JsonWriter json;
    json.begin_object().member("sku", row.sku).member("warehouse", warehouse).member("delta", -row.quantity).member("reason", "returned, invoice " + row.invoice).end_object();
    return json.take();
}

// The last segment of the Location header: the id of what was made.
std::string created_id(const HttpReply& reply) {
    const auto* location = reply.header("location");
    return location == nullptr ? std::string() : location->substr(location->rfind('/') + 1);
}

std::string problem_text(const Result<HttpReply>& reply) {
    if (!reply) return reply.error().message;
    return std::to_string(reply->status) + " " + reply->body.substr(0, 400);
}

// Of one order, two seconds apart in the end: some two hours.
constexpr std::size_t payment_looks_max = 3600;

class Importer {
  public:
    Importer(ports::HttpClient& client, const ImportOptions& options, const Plan& plan) : client_(client), options_(options), plan_(plan) {
        result_.errors = plan.errors;
        for (const auto& [sku, product] : plan.products) products_.push_back(&product);
    }

    Result<ImportResult> run() {
        create_products();
        if (fault_) return std::unexpected(*fault_);
        receive_stock();
        register_customers();
        place_orders();
        correct_stock();
        wait_for_payments();
        cancel_lines();
        if (fault_) return std::unexpected(*fault_);
        return std::move(result_);
    }

  private:
    HttpCall get(const std::string& path) const {
        HttpCall call;
        call.method = "GET";
        call.url = options_.url + path;
        call.headers = {{"authorization", "Bearer " + options_.key}};
        call.deadline = seconds(30);
        return call;
    }

    HttpCall post(const std::string& path, const std::string& key, std::string body) const {
        HttpCall call;
        call.method = "POST";
        call.url = options_.url + path;
        call.headers = {{"authorization", "Bearer " + options_.key}, {"content-type", "application/json"}, {"idempotency-key", "online-retail/" + options_.label + "/" + key}};
        call.body = std::move(body);
        call.deadline = seconds(30);
        return call;
    }

    // Makes the calls of one phase; `done` sees only replies that mean success, the others become errors of `row_of(i)`.
    template <class Make, class RowOf, class Done>
    void phase(const std::string& name, std::size_t count, Make make, RowOf row_of, Done done, bool wait_for_payment = false) {
        if (fault_) return;
        std::size_t finished = 0;
        CallPolicy policy;
        policy.width = options_.width;
        const std::function<HttpCall(std::size_t)> make_call = make;
        const std::function<void(std::size_t, const Result<HttpReply>&)> settle = [&](std::size_t i, const Result<HttpReply>& reply) {
            if (options_.progress) options_.progress(name, ++finished, count);
            if (reply && reply->status >= 200 && reply->status < 300) {
                if (reply->header("idempotent-replayed") != nullptr) ++result_.counts.replayed;
                done(i, *reply);
                return;
            }
            if (reply && (reply->status == 401 || reply->status == 403)) fault_ = Fault{FaultCode::invalid_argument, "the server refuses the key: " + problem_text(reply)};
            if (!reply) fault_ = reply.error();
            result_.errors.push_back({row_of(i), "refused", name + ": " + problem_text(reply)});
        };
        // A refund of an order that is not paid yet is refused with 409 until it is.
        const std::function<bool(const HttpReply&)> retry_on = [&](const HttpReply& reply) { return wait_for_payment && reply.status == 409; };
        result_.counts.retries += run_calls(client_, policy, count, make_call, settle, retry_on).retries;
    }

    // The first row of this customer.
    Row row_of_customer(const std::string& number) const {
        for (const auto& invoice : plan_.invoices) {
            if (invoice.customer == number) return invoice.lines.front();
        }
        return {};
    }

    void create_products() {
        phase(
            "products", products_.size(), [&](std::size_t i) { return post("/v1/products", "product/" + products_[i]->sku, product_body(*products_[i])); },
            [&](std::size_t i) { return products_[i]->first; }, [&](std::size_t, const HttpReply&) { ++result_.counts.products; });
        forgive_existing_products();
    }

    // Another run, with other files or another label, made the product before: that is no error.
    void forgive_existing_products() {
        std::erase_if(result_.errors, [](const RowError& error) { return error.detail.starts_with("products: 409 ") && error.detail.find("\"already_exists\"") != std::string::npos; });
    }

    void receive_stock() {
        std::vector<const Product*> stocked;
        for (const auto* product : products_) {
            if (product->opening_stock > 0) stocked.push_back(product);
        }
        // Other files sell other quantities: they need goods of their own, under keys of their own.
        const std::string files = plan_.invoices.empty() ? "" : plan_.invoices.front().number + "-" + plan_.invoices.back().number;
        const auto key = [&](const Product& product) { return "stock/" + files + "/" + product.sku + "/" + std::to_string(product.opening_stock); };
        phase(
            "stock", stocked.size(), [&](std::size_t i) { return post("/v1/stock/receipts", key(*stocked[i]), receipt_body(*stocked[i], options_.warehouse)); },
            [&](std::size_t i) { return stocked[i]->first; }, [&](std::size_t, const HttpReply&) { ++result_.counts.receipts; });
    }

    void register_customers() {
        const std::vector<std::pair<std::string, std::string>> customers(plan_.customers.begin(), plan_.customers.end());
        phase(
            "customers", customers.size(), [&](std::size_t i) { return post("/v1/customers", "customer/" + customers[i].first, customer_body(customers[i].first, customers[i].second)); },
            [&](std::size_t i) { return row_of_customer(customers[i].first); },
            [&](std::size_t i, const HttpReply& reply) {
                ++result_.counts.customers;
                customer_ids_[customers[i].first] = created_id(reply);
            });
    }

    // Those whose customer is registered, or who have none.
    std::vector<const Invoice*> orders_to_place() {
        std::vector<const Invoice*> invoices;
        for (const auto& invoice : plan_.invoices) {
            if (invoice.customer.empty() || customer_ids_.contains(invoice.customer)) {
                invoices.push_back(&invoice);
            } else {
                result_.errors.push_back({invoice.lines.front(), "refused", "orders: customer " + invoice.customer + " could not be registered"});
            }
        }
        return invoices;
    }

    void place_orders() {
        if (fault_) return;
        const auto invoices = orders_to_place();
        phase(
            "orders", invoices.size(),
            [&](std::size_t i) {
                const auto customer = customer_ids_.find(invoices[i]->customer);
                return post("/v1/orders", "order/" + invoices[i]->number, order_body(*invoices[i], options_.warehouse, customer == customer_ids_.end() ? nullptr : &customer->second));
            },
            [&](std::size_t i) { return invoices[i]->lines.front(); },
            [&](std::size_t i, const HttpReply& reply) {
                ++result_.counts.orders;
                result_.orders[invoices[i]->number] = created_id(reply);
            });
    }

    void correct_stock() {
        phase(
            "corrections", plan_.corrections.size(),
            [&](std::size_t i) {
                const auto& row = plan_.corrections[i];
                return post("/v1/stock/adjustments", "correction/" + row.file + "/" + std::to_string(row.line), correction_body(row, options_.warehouse));
            },
            [&](std::size_t i) { return plan_.corrections[i]; }, [&](std::size_t, const HttpReply&) { ++result_.counts.corrections; });
    }

    // Cancellations of orders that were placed, and have not failed since.
    std::vector<const Cancellation*> lines_to_cancel() {
        std::vector<const Cancellation*> lines;
        for (const auto& item : plan_.cancellations) {
            const auto placed = result_.orders.find(item.of_invoice);
            if (placed == result_.orders.end() || unpaid_.contains(placed->second)) {
                result_.errors.push_back({item.row, "nothing_to_cancel", "the order of invoice " + item.of_invoice + (placed == result_.orders.end() ? " was refused" : " ended unpaid")});
            } else {
                lines.push_back(&item);
            }
        }
        return lines;
    }

    // A busy server may be a good while behind with what was placed: refunds are asked for when it is known what was paid.
    void wait_for_payments() {
        if (fault_) return;
        std::set<std::string> wanted;
        for (const auto& item : plan_.cancellations) {
            if (const auto placed = result_.orders.find(item.of_invoice); placed != result_.orders.end()) wanted.insert(placed->second);
        }
        const std::vector<std::string> orders(wanted.begin(), wanted.end());
        CallPolicy policy;
        policy.width = options_.width;
        policy.attempts_max = payment_looks_max;
        std::size_t finished = 0;
        const auto status_of = [](const HttpReply& reply) {
            const auto order = parse_json(reply.body);
            return order ? std::string(order->string_at("status")) : std::string();
        };
        const std::function<HttpCall(std::size_t)> make = [&](std::size_t i) { return get("/v1/orders/" + orders[i]); };
        const std::function<void(std::size_t, const Result<HttpReply>&)> done = [&](std::size_t i, const Result<HttpReply>& reply) {
            if (options_.progress) options_.progress("payments", ++finished, orders.size());
            if (!reply) fault_ = reply.error();
            else if (const auto status = status_of(*reply); status == "FAILED" || status == "CANCELLED") unpaid_.insert(orders[i]);
        };
        const std::function<bool(const HttpReply&)> again = [&](const HttpReply& reply) { return reply.status == 200 && status_of(reply) == "CREATED"; };
        run_calls(client_, policy, orders.size(), make, done, again);
    }

    static std::string key_of(const char* kind, const Row& row) { return kind + row.file + "/" + std::to_string(row.line); }

    void cancel_lines() {
        if (fault_) return;
        std::vector<const Cancellation*> paid;
        std::vector<const Cancellation*> back;  // goods go back to stock only when the money went back
        for (const auto* line : lines_to_cancel()) (refund_minor(line->row) > 0 ? paid : back).push_back(line);
        phase(
            "refunds", paid.size(),
            [&](std::size_t i) { return post("/v1/payment/refund", key_of("refund/", paid[i]->row), refund_body(paid[i]->row, result_.orders[paid[i]->of_invoice])); },
            [&](std::size_t i) { return paid[i]->row; }, [&](std::size_t i, const HttpReply&) { back.push_back(paid[i]); }, true);
        phase(
            "returns", back.size(),
            [&](std::size_t i) { return post("/v1/stock/adjustments", key_of("return/", back[i]->row), return_body(back[i]->row, options_.warehouse)); },
            [&](std::size_t i) { return back[i]->row; }, [&](std::size_t, const HttpReply&) { ++result_.counts.cancellations; });
    }

    ports::HttpClient& client_;
    const ImportOptions& options_;
    const Plan& plan_;
    std::set<std::string> unpaid_;  // orders that ended so
    std::vector<const Product*> products_;
    std::map<std::string, std::string> customer_ids_;
    std::optional<Fault> fault_;
    ImportResult result_;
};

}  // namespace

Result<ImportResult> run_import(ports::HttpClient& client, const ImportOptions& options, const Plan& plan) { return Importer(client, options, plan).run(); }

}  // namespace granary::cli::retail
