// Sales by a time, a country, a product or a customer: what was sold, cancelled and adjusted in each group.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "query-side/queries/invoices/figures.hpp"
#include "query-side/queries/invoices/scan.hpp"

namespace granary::queries {

enum class GroupBy : std::uint8_t { day, month, hour, weekday, country };

// `day`, `weekday`, ...: what users write, and the name of the column.
std::string_view name_of(GroupBy by);
std::optional<GroupBy> parse_group_by(std::string_view text);

// Groups with a line of any kind, in the order of their keys; weekdays from Mon to Sun.
class GroupedSales {
  public:
    explicit GroupedSales(GroupBy by) : by_(by) {}

    void take(const ReportInvoice& invoice);
    // nullopt: a sum is too large to be exact.
    std::optional<Figures> figures() const;

  private:
    struct Group {
        std::int64_t lines = 0, sale_lines = 0, orders = 0, units = 0, cancel_invoices = 0;
        std::uint64_t last_order = 0, last_cancel = 0;  // ordinals of invoices that were counted last
        Sum gross, cancelled, all;
        std::unordered_set<std::uint32_t> customers;  // known, with a sale line
    };
    Group& group_of(const ReportInvoice& invoice, Time at);
    static void take_line(Group& group, const ReportInvoice& invoice, const ReportLine& line);
    static std::optional<std::vector<std::string>> cells_of(const Group& group);

    const GroupBy by_;
    std::map<std::string, Group, std::less<>> groups_;  // a weekday's key has its number in front
};

// One product that has a line of any kind.
struct ProductSums {
    std::int64_t units_sold = 0, units_cancelled = 0, orders = 0;
    std::uint64_t last_order = 0;
    Sum gross, cancelled;
};

class SalesByProduct {
  public:
    void take(const ReportInvoice& invoice);
    // By stock code; with `top`, the so many of the largest gross, ties by code. nullopt: as above.
    std::optional<Figures> figures(std::optional<std::size_t> top) const;

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    std::unordered_map<std::string, ProductSums, Hash, std::equal_to<>> products_;
};

// Customers with a line of any kind, by number.
class SalesByCustomer {
  public:
    void take(const ReportInvoice& invoice);
    std::optional<Figures> figures(const Customers& customers) const;

  private:
    struct Account {
        std::int64_t orders = 0, cancel_invoices = 0, units = 0;
        Sum gross, cancelled;
        Time first_order, last_order;  // nil without an order
    };
    std::vector<Account> accounts_;  // by customer
};

}  // namespace granary::queries
