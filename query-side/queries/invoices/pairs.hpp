// Pairs: which two products are most often in one order.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "query-side/queries/invoices/figures.hpp"
#include "query-side/queries/invoices/scan.hpp"

namespace granary::queries {

// Exact counts of all pairs, whatever the number of products: memory grows with the lines, not with the pairs.
class Pairs {
  public:
    void take(const ReportInvoice& invoice);
    // The `top` pairs by count, ties by codes.
    Figures figures(std::size_t top) const;

  private:
    std::unordered_map<std::string, std::uint32_t> ids_;
    std::vector<std::string> codes_;
    std::vector<std::vector<std::uint32_t>> baskets_;  // ids of the products of each order with at least one, each once
    std::uint64_t orders_ = 0;                         // all of them, for the support
};

}  // namespace granary::queries
