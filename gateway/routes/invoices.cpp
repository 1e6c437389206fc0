// The shape of the request is checked as a whole, the values by each invoice for itself.
#include "gateway/routes/invoices.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "core/import_limits.hpp"
#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/command_call.hpp"
#include "query-side/read_models/invoices.hpp"

namespace granary::gateway {
namespace {

using ports::CommandAnswer;
using ports::CommandOutcome;

constexpr std::size_t any_size = limits::http_large_body_bytes_max;  // what is too long is the invoice's own refusal

std::unique_ptr<invoices::InvoiceLineT> read_line(JsonNode node, Currency currency, Time booked, BodyErrors& errors) {
    ObjectReader reader(node, errors);
    auto line = std::make_unique<invoices::InvoiceLineT>();
    line->stock_code = reader.sku("stock_code", required).value_or(Sku{});
    line->description = reader.text("description", optional_field, any_size).value_or("");
    line->quantity = reader.integer("quantity", required, {-limits::quantity_max, limits::quantity_max}).value_or(0);
    const auto price = reader.text("unit_price", required, any_size);
    const auto amount = price ? parse_ten_thousandths(*price) : std::nullopt;
    if (price && !amount) reader.malformed("unit_price", "must be a decimal string with at most four decimals, such as \"2.55\"");
    line->unit_price = {amount.value_or(0), currency};
    line->at = reader.time("occurred_at", optional_field).value_or(booked);
    reader.done();
    return line;
}

invoices::ImportInvoiceT read_invoice(JsonNode node, std::string_view source, Currency currency, BodyErrors& errors) {
    ObjectReader reader(node, errors);
    invoices::ImportInvoiceT invoice;
    invoice.source = source;
    invoice.number = reader.text("number", required, any_size).value_or("");
    invoice.customer = reader.text("customer", optional_field, any_size).value_or("");
    invoice.country = reader.text("country", optional_field, any_size).value_or("");
    const Time booked = reader.time("occurred_at", required).value_or(Time{});
    for (const JsonNode line : reader.items("lines", required, 1, limits::invoice_lines_max)) invoice.lines.push_back(read_line(line, currency, booked, errors));
    reader.done();
    return invoice;
}

std::optional<std::vector<invoices::ImportInvoiceT>> read_request(const CallPtr& call, const JsonDocument& body) {
    BodyErrors errors;
    ObjectReader reader(body.root(), errors);
    const auto source = reader.text("source", required, limits::invoice_source_bytes_max, 1);
    const auto code = reader.text("currency", required, 16);
    const auto currency = code ? parse_currency(*code) : std::nullopt;
    if (code && !currency) reader.out_of_range("currency", "must be a known currency code (ISO 4217) in upper case");
    std::vector<invoices::ImportInvoiceT> read;
    for (const JsonNode node : reader.items("invoices", required, 1, limits::import_invoices_max)) {
        read.push_back(read_invoice(node, source.value_or(""), currency.value_or(Currency{}), errors));
    }
    reader.done();
    if (errors.empty()) return read;
    call->fail(std::move(errors).problem());
    return std::nullopt;
}

using LineCounts = std::array<std::int64_t, read_models::line_kinds>;

LineCounts count_lines(const invoices::ImportInvoiceT& invoice) {
    LineCounts counts{};
    for (const auto& line : invoice.lines) {
        ++counts[static_cast<std::size_t>(read_models::line_kind(invoice.number, line->quantity, line->unit_price.ten_thousandths))];
    }
    return counts;
}

// What has become of a request's invoices. Answers come on several threads; the last one answers the call.
class Import {
  public:
    Import(CallPtr call, std::size_t count) : call_(std::move(call)), open_(count) {}

    void settle(const std::string& number, const LineCounts& lines, const CommandAnswer& answer) {
        const std::scoped_lock lock(mutex_);
        if (answer.position.offset.number >= 0) {
            auto& newest = positions_[answer.position.partition];
            newest = std::max(newest, answer.position.offset);
        }
        take(number, lines, answer);
        if (--open_ == 0) finish();
    }

  private:
    void take(const std::string& number, const LineCounts& lines, const CommandAnswer& answer) {
        switch (answer.outcome) {
            case CommandOutcome::accepted:
            case CommandOutcome::replayed: ++imported_; break;
            case CommandOutcome::unchanged: ++already_there_; break;
            case CommandOutcome::refused: return refused_.push_back({number, answer.refusal});
            case CommandOutcome::unavailable:
            case CommandOutcome::unknown: trouble_ = problem_for(answer); return;
        }
        for (std::size_t kind = 0; kind < lines.size(); ++kind) lines_[kind] += lines[kind];
    }

    void finish() {
        if (trouble_) return call_->fail(*trouble_);
        JsonWriter json;
        json.begin_object().member("imported", imported_).member("already_there", already_there_);
        json.key("refused").begin_array();
        for (const auto& [number, refusal] : refused_) {
            json.begin_object().member("number", number).member("code", name_of(refusal.code)).member("pointer", refusal.pointer).member("detail", refusal.detail).end_object();
        }
        json.end_array().key("lines").begin_object();
        for (std::size_t kind = 0; kind < lines_.size(); ++kind) json.member(read_models::name_of(static_cast<read_models::LineKind>(kind)), lines_[kind]);
        json.end_object().member("position", positions_text()).end_object();
        call_->answer(json_response(200, json.take()));
    }

    std::string positions_text() const {
        PositionVector vector(positions_.empty() ? 0 : positions_.rbegin()->first.number + 1);
        for (const auto& [partition, offset] : positions_) vector[partition.number] = offset;
        return text_of(vector);
    }

    const CallPtr call_;
    std::mutex mutex_;
    std::size_t open_;
    std::int64_t imported_ = 0;
    std::int64_t already_there_ = 0;
    LineCounts lines_{};
    std::vector<std::pair<std::string, Refusal>> refused_;
    std::map<Partition, Offset> positions_;
    std::optional<Problem> trouble_;
};

}  // namespace

void import_orders(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return;
    auto wanted = read_request(call, *body);
    if (!wanted) return;
    const auto import = std::make_shared<Import>(call, wanted->size());
    for (auto& invoice : *wanted) {
        const std::string number = invoice.number;
        const LineCounts lines = count_lines(invoice);
        submit_part(call, invoices::Command(std::move(invoice)), [import, number, lines](const CommandAnswer& answer) { import->settle(number, lines, answer); });
    }
}

}  // namespace granary::gateway
