// Reads the sales rows of a store that nobody folds here.
#include "tools/granary/sales_report.hpp"

#include <map>
#include <memory>
#include <utility>

#include "projections/runtime/stored_state.hpp"
#include "projections/views/table.hpp"
#include "schemas/json_values.hpp"

namespace granary::cli {
namespace {

// The directory and the positions as the store remembers them.
class StoredDirectory final : public ports::ViewDirectory, public ports::Freshness {
  public:
    explicit StoredDirectory(const ports::Store& store) : store_(store) {}

    Status read() {
        auto stored = projections::read_stored_views(store_);
        if (!stored) return std::unexpected(std::move(stored.error()));
        for (const auto& [view, number] : stored->live) {
            projections::Generation generation{view, number, 0, projections::GenerationState::folding, {}};
            tables_[view] = std::make_shared<const std::string>(generation.table());
        }
        const auto sales = live_table("sales");
        return sales ? read_positions(*sales) : Status(fault(FaultCode::not_found, "nothing has been folded here yet; start the server once"));
    }

    std::shared_ptr<const std::string> live_table(std::string_view view) const override {
        const auto found = tables_.find(view);
        return found == tables_.end() ? nullptr : found->second;
    }
    ports::ViewAge age() const override { return {positions_, {}}; }
    Offset folded(Partition partition) const override { return partition.number < positions_.size() ? positions_[partition.number] : Offset{}; }
    Offset known_end(Partition partition) const override { return folded(partition); }
    void wait_for(std::vector<Position>, Duration, std::function<void(bool)> ready) override { ready(false); }

  private:
    Status read_positions(const std::string& table) {
        auto stored = projections::read_positions(store_, table, limits::partitions_max);
        if (!stored) return std::unexpected(std::move(stored.error()));
        for (const auto& position : *stored) positions_.push_back(position ? position->anchor.offset : Offset{});
        return {};
    }

    const ports::Store& store_;
    std::map<std::string, std::shared_ptr<const std::string>, std::less<>> tables_;
    PositionVector positions_;
};

// Sales hold no personal data.
class NoSealer final : public ports::Sealer {
  public:
    Result<wire::SealedT> seal(PersonId, std::string_view) override { return fault(FaultCode::unsupported, "this program seals nothing"); }
    Result<std::optional<std::string>> open(const wire::SealedT&) override { return fault(FaultCode::unsupported, "this program opens nothing"); }
    Result<Fingerprint> fingerprint_for(PersonId, std::string_view) override { return Fingerprint{}; }
    Fingerprint fingerprint(std::string_view) const override { return {}; }
};

void write_row(JsonWriter& json, const queries::DaySales& row) {
    json.begin_object().member("day", row.day).member("orders", row.orders).member("units", row.units);
    write_member(json, "gross", row.gross);
    write_member(json, "refunded", row.refunded);
    json.end_object();
}

void write_row(JsonWriter& json, const queries::ProductSales& row) {
    json.begin_object().member("sku", row.sku).member("name", row.name).member("orders", row.orders).member("units", row.units);
    write_member(json, "gross", row.gross);
    json.end_object();
}

template <class Row>
CallResult<JsonValue> json_of(const std::string& by, const Result<queries::Report<Row>>& report) {
    if (!report) return std::unexpected(failure_of(report.error()));
    JsonWriter json;
    json.begin_object().member("by", by).key("rows").begin_array();
    for (const auto& row : report->rows) write_row(json, row);
    json.end_array().member("position", text_of(report->view.positions)).end_object();
    auto value = parse_json(json.take());
    if (!value) return std::unexpected(failure_of(value.error()));
    return std::move(*value);
}

std::string cell_of(const JsonValue& row, std::string_view name, std::string_view member = {}) {
    const JsonValue* value = row.find(name);
    if (value != nullptr && !member.empty()) value = value->find(member);
    return value == nullptr ? std::string() : value->cell();
}

}  // namespace

std::string query_of(const SalesQuestion& question) {
    std::string query = "by=" + percent_encoded(question.by);
    if (!question.range.from.empty()) query += "&from=" + percent_encoded(question.range.from);
    if (!question.range.to.empty()) query += "&to=" + percent_encoded(question.range.to);
    return query;
}

CallResult<JsonValue> sales_report(const ports::Store& views, const SalesQuestion& question) {
    StoredDirectory directory(views);
    if (auto read = directory.read(); !read) return std::unexpected(failure_of(read.error()));
    NoSealer sealer;
    const queries::SalesQueries sales(queries::Source{views, directory, directory, sealer});
    if (question.by == "product") return json_of(question.by, sales.by_product(question.range));
    return json_of(question.by, sales.by_day(question.range));
}

Table table_of_sales(const JsonValue& report) {
    const bool by_product = report.string_at("by") == "product";
    Table table;
    if (by_product) {
        table.columns = {{"sku"}, {"name"}};
    } else {
        table.columns = {{"day"}};
    }
    table.columns.insert(table.columns.end(), {{"orders", true}, {"units", true}, {"gross", true}, {"refunded", true}, {"currency"}});
    const JsonValue* rows = report.find("rows");
    for (const auto& row : rows == nullptr ? std::vector<JsonValue>{} : rows->items) {
        std::vector<std::string> cells;
        for (const char* name : by_product ? std::vector{"sku", "name"} : std::vector{"day"}) cells.push_back(cell_of(row, name));
        cells.push_back(cell_of(row, "orders"));
        cells.push_back(cell_of(row, "units"));
        cells.push_back(cell_of(row, "gross", "amount"));
        cells.push_back(cell_of(row, "refunded", "amount"));
        cells.push_back(cell_of(row, "gross", "currency"));
        table.rows.push_back(std::move(cells));
    }
    return table;
}

}  // namespace granary::cli
