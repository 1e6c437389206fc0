// What a report consists of: named columns of exact figures, written out as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/position.hpp"

namespace granary::queries {

enum class FigureKind : std::uint8_t {
    text,
    integer,
    amount,  // decimal text of currency units: three decimals, four where the fourth is not zero
    ratio,   // six decimals, rounded half up
};

struct FigureColumn {
    std::string name;
    FigureKind kind = FigureKind::text;
};

struct Figures {
    std::vector<FigureColumn> columns;
    std::vector<std::vector<std::string>> rows;  // as many cells as there are columns
    PositionVector positions;                    // what of the log the report answers for
};

// {"report", "by" unless it is empty, "columns": [{"name", "kind"}], "rows": [{...}], "position"}: integers as numbers,
// amounts and ratios as strings, so that no reader rounds them.
std::string json_of(std::string_view report, std::string_view by, const Figures& figures);

std::string amount_text(std::int64_t ten_thousandths);
// 0 <= numerator, 0 < denominator; each factor of a ratio of products is at most 2^31.
std::string ratio_text(std::uint64_t numerator, std::uint64_t denominator);

// A sum that knows when it has become too large to be exact.
class Sum {
  public:
    void add(std::int64_t value) { overflown_ |= __builtin_add_overflow(value_, value, &value_); }
    void add(const Sum& other) {
        add(other.value_);
        overflown_ |= other.overflown_;
    }
    std::int64_t value() const { return value_; }
    bool overflown() const { return overflown_; }

  private:
    std::int64_t value_ = 0;
    bool overflown_ = false;
};

}  // namespace granary::queries
