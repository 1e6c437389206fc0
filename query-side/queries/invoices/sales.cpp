// An invoice counts once in each group that one of its lines falls into.
#include "query-side/queries/invoices/sales.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace granary::queries {
namespace {

using read_models::LineKind;

constexpr std::int64_t day_us = 86'400'000'000;
constexpr std::size_t month_bytes = 7;
constexpr std::array<std::string_view, 5> group_names = {"day", "month", "hour", "weekday", "country"};  // in the order of GroupBy

// `3Thu`: 1970-01-01 was one.
std::string weekday_key(Time at) {
    constexpr std::array<std::string_view, 7> names = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const auto number = static_cast<std::size_t>((at.unix_us / day_us + 3) % 7);
    return std::to_string(number) + std::string(names[number]);
}

std::string key_of(GroupBy by, const ReportInvoice& invoice, Time at) {
    switch (by) {
        case GroupBy::day: return date_of(at);
        case GroupBy::month: return date_of(at).substr(0, month_bytes);
        case GroupBy::hour: return rfc3339_of(at).substr(11, 2);
        case GroupBy::weekday: return weekday_key(at);
        case GroupBy::country: return std::string(invoice.country);
    }
    return {};
}

// Counts an invoice once, however many of its lines come.
void count_once(std::int64_t& count, std::uint64_t& last, const ReportInvoice& invoice) {
    if (std::exchange(last, invoice.ordinal) != invoice.ordinal) ++count;
}

// gross, cancelled, net; false when one of them is too large.
bool append_amounts(std::vector<std::string>& cells, const Sum& gross, const Sum& cancelled) {
    Sum net = gross;
    net.add(cancelled);
    for (const auto& sum : {gross, cancelled, net}) cells.push_back(amount_text(sum.value()));
    return !net.overflown();
}

}  // namespace

std::string_view name_of(GroupBy by) { return group_names[static_cast<std::size_t>(by)]; }

std::optional<GroupBy> parse_group_by(std::string_view text) {
    const auto found = std::ranges::find(group_names, text);
    if (found == group_names.end()) return std::nullopt;
    return static_cast<GroupBy>(found - group_names.begin());
}

GroupedSales::Group& GroupedSales::group_of(const ReportInvoice& invoice, Time at) { return groups_[key_of(by_, invoice, at)]; }

void GroupedSales::take(const ReportInvoice& invoice) {
    Group* group = nullptr;
    Time at{-1};
    for (const auto& line : invoice.lines) {
        if (group == nullptr || line.at != at) group = &group_of(invoice, line.at);  // most invoices have one time
        at = line.at;
        take_line(*group, invoice, line);
    }
}

void GroupedSales::take_line(Group& group, const ReportInvoice& invoice, const ReportLine& line) {
    ++group.lines;
    group.all.add(line.amount);
    switch (line.kind) {
        case LineKind::sale:
            ++group.sale_lines;
            group.units += line.quantity;
            group.gross.add(line.amount);
            count_once(group.orders, group.last_order, invoice);
            if (invoice.customer != 0) group.customers.insert(invoice.customer);
            return;
        case LineKind::cancel:
            group.cancelled.add(line.amount);
            count_once(group.cancel_invoices, group.last_cancel, invoice);
            return;
        case LineKind::adjust:
        case LineKind::zero: return;
    }
}

std::optional<std::vector<std::string>> GroupedSales::cells_of(const Group& group) {
    std::vector<std::string> cells;
    for (const auto count : {group.lines, group.sale_lines, group.orders, static_cast<std::int64_t>(group.customers.size()), group.units}) cells.push_back(std::to_string(count));
    std::vector<std::string> amounts;
    if (!append_amounts(amounts, group.gross, group.cancelled) || group.all.overflown()) return std::nullopt;
    cells.insert(cells.end(), {amounts[0], std::to_string(group.cancel_invoices), amounts[1], amounts[2], amount_text(group.all.value())});
    return cells;
}

std::optional<Figures> GroupedSales::figures() const {
    using enum FigureKind;
    Figures figures;
    figures.columns = {{std::string(name_of(by_)), text}, {"lines", integer}, {"sale_lines", integer}, {"orders", integer}, {"customers", integer}, {"units_sold", integer},
                       {"gross", amount}, {"cancel_invoices", integer}, {"cancelled", amount}, {"net", amount}, {"all_lines", amount}};
    for (const auto& [key, group] : groups_) {
        auto cells = cells_of(group);
        if (!cells) return std::nullopt;
        cells->insert(cells->begin(), by_ == GroupBy::weekday ? key.substr(1) : key);
        figures.rows.push_back(std::move(*cells));
    }
    return figures;
}

void SalesByProduct::take(const ReportInvoice& invoice) {
    for (const auto& line : invoice.lines) {
        auto place = products_.find(line.code);
        if (place == products_.end()) place = products_.emplace(line.code, ProductSums{}).first;
        auto& product = place->second;
        if (line.kind == LineKind::sale) {
            product.units_sold += line.quantity;
            product.gross.add(line.amount);
            count_once(product.orders, product.last_order, invoice);
        } else if (line.kind == LineKind::cancel) {
            product.units_cancelled += line.quantity;
            product.cancelled.add(line.amount);
        }
    }
}

std::optional<Figures> SalesByProduct::figures(std::optional<std::size_t> top) const {
    using enum FigureKind;
    std::vector<std::pair<std::string_view, const ProductSums*>> order;
    for (const auto& [code, sums] : products_) order.emplace_back(code, &sums);
    std::ranges::sort(order, [&](const auto& a, const auto& b) {
        const std::int64_t left = top ? a.second->gross.value() : 0;
        const std::int64_t right = top ? b.second->gross.value() : 0;
        return left != right ? left > right : a.first < b.first;
    });
    if (top && order.size() > *top) order.resize(*top);
    Figures figures;
    figures.columns = {{"stock_code", text}, {"units_sold", integer}, {"units_cancelled", integer}, {"net_units", integer}, {"gross", amount}, {"cancelled", amount}, {"net", amount}, {"orders", integer}};
    for (const auto& [code, sums] : order) {
        std::vector<std::string> cells = {std::string(code), std::to_string(sums->units_sold), std::to_string(sums->units_cancelled), std::to_string(sums->units_sold + sums->units_cancelled)};
        if (!append_amounts(cells, sums->gross, sums->cancelled)) return std::nullopt;
        cells.push_back(std::to_string(sums->orders));
        figures.rows.push_back(std::move(cells));
    }
    return figures;
}

void SalesByCustomer::take(const ReportInvoice& invoice) {
    if (invoice.customer == 0) return;
    if (accounts_.size() < invoice.customer) accounts_.resize(invoice.customer);
    auto& account = accounts_[invoice.customer - 1];
    bool is_order = false;
    bool is_cancel = false;
    for (const auto& line : invoice.lines) {
        if (line.kind == LineKind::sale) {
            is_order = true;
            account.units += line.quantity;
            account.gross.add(line.amount);
            if (account.first_order.unix_us == 0 || line.at < account.first_order) account.first_order = line.at;
            account.last_order = std::max(account.last_order, line.at);
        } else if (line.kind == LineKind::cancel) {
            is_cancel = true;
            account.cancelled.add(line.amount);
        }
    }
    account.orders += is_order ? 1 : 0;
    account.cancel_invoices += is_cancel ? 1 : 0;
}

std::optional<Figures> SalesByCustomer::figures(const Customers& customers) const {
    using enum FigureKind;
    Figures figures;
    figures.columns = {{"customer", text}, {"orders", integer}, {"cancel_invoices", integer}, {"units_sold", integer}, {"gross", amount}, {"cancelled", amount}, {"net", amount}, {"first_order", text}, {"last_order", text}};
    const auto day_of = [](Time at) { return at.unix_us == 0 ? std::string() : date_of(at); };
    for (std::uint32_t id = 1; id <= accounts_.size(); ++id) {
        const auto& account = accounts_[id - 1];
        std::vector<std::string> cells = {customers.number_of(id), std::to_string(account.orders), std::to_string(account.cancel_invoices), std::to_string(account.units)};
        if (!append_amounts(cells, account.gross, account.cancelled)) return std::nullopt;
        cells.insert(cells.end(), {day_of(account.first_order), day_of(account.last_order)});
        figures.rows.push_back(std::move(cells));
    }
    std::ranges::sort(figures.rows);  // by number first
    return figures;
}

}  // namespace granary::queries
