// The view's rows are written once each, so their stamps and times say what the log knew at any moment.
#include "query-side/queries/invoices/scan.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "query-side/queries/lookup.hpp"

namespace granary::queries {
namespace {

using read_models::InvoiceRowT;

Offset at(const PositionVector& vector, Partition partition) { return partition.number < vector.size() ? vector[partition.number] : Offset{}; }

std::unexpected<Fault> damaged() { return fault(FaultCode::corrupt, "a row of the view invoices can't be read; rebuild the view"); }

class Scan {
  public:
    Scan(const ReportScope& scope, PositionVector folded, Customers& customers, const std::function<void(const ReportInvoice&)>& take)
        : scope_(scope), folded_(std::move(folded)), customers_(customers), take_(take) {}

    // Rows that came after the positions were read are left out, so that the answer is exact for them.
    Status take(std::string_view value) {
        const auto row = read_models::read_row<InvoiceRowT>(value);
        if (!row || row->row.quantities.empty()) return damaged();
        const auto [partition, offset] = row->changed_at;
        if (offset > at(folded_, partition)) return {};
        if (scope_.as_of_positions && offset > at(*scope_.as_of_positions, partition)) return {};
        if (scope_.as_of && row->row.recorded_at > *scope_.as_of) return {};
        if (counted_.size() <= partition.number) counted_.resize(partition.number + 1);
        counted_[partition.number] = std::max(counted_[partition.number], offset);
        return take(row->row);
    }

    PositionVector positions() const {
        if (scope_.as_of_positions) return *scope_.as_of_positions;
        return scope_.as_of ? counted_ : folded_;
    }

  private:
    Status take(const InvoiceRowT& row) {
        if (scope_.currency.code && row.currency != scope_.currency.code) return {};
        if (!read_lines(row)) return damaged();
        if (lines_.empty()) return {};
        if (currency_.code && row.currency != currency_.code) return fault(FaultCode::invalid_argument, "the invoices are in several currencies; name the one to report on");
        currency_ = {row.currency};
        take_({++ordinal_, row.number, customers_.id_of(row.source, row.customer), row.country, lines_});
        return {};
    }

    bool read_lines(const InvoiceRowT& row) {
        lines_.clear();
        if (row.prices.size() != row.quantities.size() || row.times.size() != row.quantities.size()) return false;
        std::string_view codes = row.codes;
        for (std::size_t i = 0; i < row.quantities.size(); ++i) {
            const auto end = codes.find('\n');
            if (end == std::string_view::npos) return false;
            ReportLine line{codes.substr(0, end), row.quantities[i], 0, {row.times[i]}, read_models::line_kind(row.number, row.quantities[i], row.prices[i])};
            codes.remove_prefix(end + 1);
            if (__builtin_mul_overflow(row.quantities[i], row.prices[i], &line.amount)) return false;
            if (!scope_.until || line.at <= *scope_.until) lines_.push_back(line);
        }
        return codes.empty();
    }

    const ReportScope& scope_;
    const PositionVector folded_;
    Customers& customers_;
    const std::function<void(const ReportInvoice&)>& take_;
    Currency currency_;
    std::uint64_t ordinal_ = 0;
    PositionVector counted_;
    std::vector<ReportLine> lines_;
};

Status check_reached(const ReportScope& scope, const PositionVector& folded) {
    if (!scope.as_of_positions) return {};
    for (std::uint32_t number = 0; number < scope.as_of_positions->size(); ++number) {
        const Offset wanted = (*scope.as_of_positions)[number];
        if (wanted <= at(folded, {number})) continue;
        return fault(FaultCode::unavailable, "the views have not got to " + text_of(Position{{number}, wanted}) + " yet");
    }
    return {};
}

}  // namespace

std::uint32_t Customers::id_of(std::string_view source, std::string_view number) {
    if (number.empty()) return 0;
    std::string key(source);
    key += '/';
    key += number;
    const auto [place, is_new] = ids_.emplace(std::move(key), static_cast<std::uint32_t>(numbers_.size() + 1));
    if (is_new) numbers_.emplace_back(number);
    return place->second;
}

Result<PositionVector> scan_invoices(const Source& source, const ReportScope& scope, Customers& customers,
                                     const std::function<void(const ReportInvoice&)>& take) {
    const auto folded = source.freshness.age().positions;
    if (auto reached = check_reached(scope, folded); !reached) return std::unexpected(std::move(reached.error()));
    Scan scan(scope, folded, customers, take);
    Status status;
    const auto scanned = with_table(source, "invoices", [&](const std::string& table) {
        return source.store.scan(table, {}, {}, [&](std::string_view, std::string_view value) {
            status = scan.take(value);
            return status.has_value();
        });
    });
    if (!scanned) return std::unexpected(scanned.error());
    if (!status) return std::unexpected(std::move(status.error()));
    return scan.positions();
}

}  // namespace granary::queries
