// One pass over the invoices, in the order of the files.
#include "tools/granary/online_retail/booked_import.hpp"

#include <map>
#include <optional>
#include <utility>

#include "core/http1.hpp"
#include "core/import_limits.hpp"
#include "core/json_writer.hpp"
#include "tools/granary/json_value.hpp"
#include "tools/granary/parallel_calls.hpp"
#include "tools/granary/server_calls.hpp"

namespace granary::cli::retail {
namespace {

std::string json_of(const BookedInvoice& invoice) {
    JsonWriter json;
    const Time booked = invoice.rows.front().at;
    json.begin_object().member("number", invoice.number);
    if (!invoice.customer.empty()) json.member("customer", invoice.customer);
    if (!invoice.country.empty()) json.member("country", invoice.country);
    json.member("occurred_at", rfc3339_of(booked)).key("lines").begin_array();
    for (const auto& row : invoice.rows) {
        json.begin_object().member("stock_code", row.stock_code);
        if (!row.description.empty()) json.member("description", row.description);
        json.member("quantity", row.quantity).member("unit_price", row.price);
        if (row.at != booked) json.member("occurred_at", rfc3339_of(row.at));
        json.end_object();
    }
    json.end_array().end_object();
    return json.take();
}

// Neighbouring invoices that go into one request.
struct Batch {
    std::size_t first = 0;
    std::size_t count = 0;
    std::size_t rows = 0;
};

// How many bytes of JSON a row may take beside its texts.
constexpr std::size_t row_overhead_bytes = 160;

std::size_t bytes_of(const BookedInvoice& invoice) {
    std::size_t bytes = row_overhead_bytes + invoice.customer.size() + 2 * invoice.country.size();
    for (const auto& row : invoice.rows) bytes += row_overhead_bytes + 2 * row.description.size();
    return bytes;
}

std::vector<Batch> batches_of(const std::vector<BookedInvoice>& invoices) {
    std::vector<Batch> batches;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < invoices.size(); ++i) {
        const std::size_t size = bytes_of(invoices[i]);
        const bool fits = !batches.empty() && batches.back().count < limits::import_invoices_max && batches.back().rows + invoices[i].rows.size() <= limits::import_request_lines_max &&
                          bytes + size <= limits::import_request_bytes_max;
        if (!fits) {
            batches.push_back({i, 0, 0});
            bytes = 0;
        }
        ++batches.back().count;
        batches.back().rows += invoices[i].rows.size();
        bytes += size;
    }
    return batches;
}

class Sender {
  public:
    Sender(ports::HttpClient& client, const BookedImportOptions& options, const Book& book)
        : client_(client), options_(options), book_(book), batches_(batches_of(book.invoices)) {}

    Result<BookedResult> run() {
        CallPolicy policy;
        policy.width = options_.width;
        const std::function<ports::HttpCall(std::size_t)> make = [this](std::size_t i) { return call_of(batches_[i]); };
        const std::function<void(std::size_t, const Result<ports::HttpReply>&)> done = [this](std::size_t i, const Result<ports::HttpReply>& reply) { settle(batches_[i], reply); };
        policy.give_up = [this] { return fault_.has_value(); };
        run_calls(client_, policy, batches_.size(), make, done);
        if (fault_) return std::unexpected(*fault_);
        return std::move(result_);
    }

  private:
    ports::HttpCall call_of(const Batch& batch) const {
        ports::HttpCall call;
        call.method = "POST";
        call.url = options_.url + "/v1/imports/orders";
        call.headers = {{"authorization", "Bearer " + options_.key}, {"content-type", "application/json"}};
        call.deadline = seconds(60);
        JsonWriter json;
        json.begin_object().member("source", options_.source).member("currency", "GBP").key("invoices").begin_array();
        for (std::size_t i = 0; i < batch.count; ++i) json.raw(json_of(book_.invoices[batch.first + i]));
        call.body = json.end_array().end_object().take();
        return call;
    }

    void settle(const Batch& batch, const Result<ports::HttpReply>& reply) {
        if (fault_) return;
        if (!reply) return void(fault_ = reply.error());
        if (reply->status != 200) return void(fault_ = Fault{FaultCode::invalid_argument, "the server refuses the import: " + failure_of(*reply).message});
        const auto answer = parse_json(reply->body);
        if (!answer) return void(fault_ = answer.error());
        result_.imported += count_of(*answer, "imported");
        result_.already_there += count_of(*answer, "already_there");
        if (const auto* lines = answer->find("lines")) {
            for (std::size_t kind = 0; kind < result_.rows.size(); ++kind) result_.rows[kind] += count_of(*lines, read_models::name_of(static_cast<read_models::LineKind>(kind)));
        }
        take_refused(batch, *answer);
        rows_done_ += batch.rows;
        if (options_.progress) options_.progress(rows_done_);
    }

    static std::size_t count_of(const JsonValue& object, std::string_view name) {
        const auto* value = object.find(name);
        return value == nullptr ? 0 : static_cast<std::size_t>(http1::parse_length(value->text).value_or(0));
    }

    void take_refused(const Batch& batch, const JsonValue& answer) {
        const auto* refused = answer.find("refused");
        if (refused == nullptr) return;
        std::map<std::string_view, const BookedInvoice*> by_number;
        for (std::size_t i = 0; i < batch.count; ++i) by_number[book_.invoices[batch.first + i].number] = &book_.invoices[batch.first + i];
        for (const auto& item : refused->items) {
            const auto found = by_number.find(item.string_at("number"));
            if (found == by_number.end()) return void(fault_ = Fault{FaultCode::corrupt, "the server answers for an invoice that it was not asked about"});
            result_.refused.push_back({found->second, std::string(item.string_at("code")), std::string(item.string_at("pointer")) + ": " + std::string(item.string_at("detail"))});
        }
    }

    ports::HttpClient& client_;
    const BookedImportOptions& options_;
    const Book& book_;
    const std::vector<Batch> batches_;
    std::optional<Fault> fault_;
    std::size_t rows_done_ = 0;
    BookedResult result_;
};

}  // namespace

Result<BookedResult> import_book(ports::HttpClient& client, const BookedImportOptions& options, const Book& book) { return Sender(client, options, book).run(); }

}  // namespace granary::cli::retail
