// A customer's months, then how many customers share them.
#include "query-side/queries/invoices/cohorts.hpp"

#include <map>
#include <utility>

namespace granary::queries {
namespace {

constexpr int months_a_year = 12;

std::int32_t month_of(Time at) {
    const std::string date = date_of(at);
    return std::stoi(date.substr(0, 4)) * months_a_year + std::stoi(date.substr(5, 2)) - 1;
}

std::string text_of_month(std::int32_t month) {
    const int in_year = month % months_a_year + 1;
    return std::to_string(month / months_a_year) + (in_year < 10 ? "-0" : "-") + std::to_string(in_year);
}

}  // namespace

void Cohorts::take(const ReportInvoice& invoice) {
    if (invoice.customer == 0) return;
    if (months_.size() < invoice.customer) months_.resize(invoice.customer);
    Time seen{-1};
    for (const auto& line : invoice.lines) {
        if (line.kind != read_models::LineKind::sale || line.at == seen) continue;
        months_[invoice.customer - 1].insert(month_of(line.at));
        seen = line.at;
    }
}

Figures Cohorts::figures() const {
    std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> counts;
    for (const auto& months : months_) {
        for (const auto month : months) ++counts[{*months.begin(), month}];
    }
    Figures figures;
    figures.columns = {{"first_order_month", FigureKind::text}, {"active_month", FigureKind::text}, {"customers", FigureKind::integer}};
    for (const auto& [months, count] : counts) figures.rows.push_back({text_of_month(months.first), text_of_month(months.second), std::to_string(count)});
    return figures;
}

}  // namespace granary::queries
