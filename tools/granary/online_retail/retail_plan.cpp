// Grouping of rows into invoices, and matching of cancellations with what they cancel.
#include "tools/granary/online_retail/retail_plan.hpp"

#include <algorithm>
#include <ranges>
#include <unordered_map>

namespace granary::cli::retail {
namespace {

class Planner {
  public:
    void take(const Row& row) {
        ++plan_.counts[row.kind];
        switch (row.kind) {
            case RowKind::sale:
            case RowKind::free_item: take_sale(row); return;
            case RowKind::cancellation: take_cancellation(row); return;
            case RowKind::stock_correction:
                note_product(row).opening_stock += std::max<std::int64_t>(0, -row.quantity);
                plan_.corrections.push_back(row);
                return;
            case RowKind::adjustment: plan_.errors.push_back({row, "adjustment", "bookkeeping entries move no goods and are not imported"}); return;
            case RowKind::malformed: plan_.errors.push_back({row, "malformed", row.problem}); return;
        }
    }

    Plan take_plan() { return std::move(plan_); }

  private:
    Product& note_product(const Row& row) {
        const auto [found, added] = plan_.products.try_emplace(row.sku);
        auto& product = found->second;
        if (added) product.first = row;
        product.sku = row.sku;
        if (product.name.empty()) product.name = row.name;
        if (product.price.empty() && row.kind == RowKind::sale) product.price = row.price;
        return product;
    }

    void take_sale(const Row& row) {
        note_product(row).opening_stock += row.quantity;
        if (!row.customer.empty()) plan_.customers.emplace(row.customer, row.country);
        const auto [found, added] = invoice_index_.try_emplace(row.invoice, plan_.invoices.size());
        if (added) plan_.invoices.push_back({row.invoice, row.customer, row.country, {}});
        plan_.invoices[found->second].lines.push_back(row);
        open_[key_of(row)].push_back({row.invoice, row.quantity});
    }

    void take_cancellation(const Row& row) {
        if (row.customer.empty()) {
            plan_.errors.push_back({row, "no_customer", "a cancellation without a customer can't be matched with an order"});
            return;
        }
        for (auto& sale : std::views::reverse(open_[key_of(row)])) {
            if (sale.pieces_left < -row.quantity) continue;
            sale.pieces_left += row.quantity;
            plan_.cancellations.push_back({row, sale.invoice});
            return;
        }
        plan_.errors.push_back({row, "nothing_to_cancel", "no earlier order of this customer in these files has this item at this price and quantity"});
    }

    struct OpenSale {
        std::string invoice;
        std::int64_t pieces_left = 0;
    };

    static std::string key_of(const Row& row) { return row.customer + '\n' + row.sku + '\n' + row.price; }

    Plan plan_;
    std::unordered_map<std::string, std::size_t> invoice_index_;
    std::unordered_map<std::string, std::vector<OpenSale>> open_;
};

}  // namespace

Plan make_plan(const std::vector<Row>& rows) {
    Planner planner;
    for (const auto& row : rows) planner.take(row);
    return planner.take_plan();
}

}  // namespace granary::cli::retail
