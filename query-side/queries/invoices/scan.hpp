// Goes through the imported invoices that the log knew at some moment, and of each through the lines booked by some time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/money.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "query-side/queries/source.hpp"
#include "query-side/read_models/invoices.hpp"

namespace granary::queries {

// Which part of history a report is about. All bounds are inclusive.
struct ReportScope {
    // What the log knew: up to these positions (a partition that is left out counts as empty), or by this time.
    std::optional<PositionVector> as_of_positions;
    std::optional<Time> as_of;
    // What had happened by then.
    std::optional<Time> until;
    // Only invoices in this currency; nil = all, which must then be in one.
    Currency currency;
};

struct ReportLine {
    std::string_view code;
    std::int64_t quantity = 0;
    std::int64_t amount = 0;  // quantity x price, ten-thousandths
    Time at;
    read_models::LineKind kind = read_models::LineKind::zero;
};

struct ReportInvoice {
    std::uint64_t ordinal = 0;  // another one for each invoice, from 1
    std::string_view number;
    std::uint32_t customer = 0;  // see Customers; 0 = not known
    std::string_view country;
    std::span<const ReportLine> lines;  // at least one
};

// Numbers customers from 1, in the order in which they turn up; those of two sources differ even if their numbers agree.
class Customers {
  public:
    std::uint32_t id_of(std::string_view source, std::string_view number);
    const std::string& number_of(std::uint32_t id) const { return numbers_[id - 1]; }
    std::size_t size() const { return numbers_.size(); }

  private:
    std::unordered_map<std::string, std::uint32_t> ids_;
    std::vector<std::string> numbers_;
};

// Hands each invoice with a line in the scope to `take`, in no order that means anything. Answers the positions that the
// scan answers for: asked again as of them, the same invoices come. unavailable: the view has not got to the positions asked
// for; invalid_argument: several currencies and none named; corrupt: a row can't be read.
Result<PositionVector> scan_invoices(const Source& source, const ReportScope& scope, Customers& customers,
                                     const std::function<void(const ReportInvoice&)>& take);

}  // namespace granary::queries
