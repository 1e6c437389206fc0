// Sums the partitions' shares of the days asked for.
#include "query-side/queries/sales.hpp"

#include <map>
#include <utility>

#include "core/time.hpp"
#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::queries {
namespace {

using read_models::KeyReader;
using read_models::SalesTotalsRowT;

bool is_day(const std::string& text) { return text.size() == read_models::day_bytes && parse_rfc3339(text + "T00:00:00Z").has_value(); }

Status check(const DayRange& range) {
    const bool dates = (range.from.empty() || is_day(range.from)) && (range.to.empty() || is_day(range.to));
    const bool ordered = range.from.empty() || range.to.empty() || range.from <= range.to;
    if (dates && ordered) return {};
    return fault(FaultCode::invalid_argument, "from and to are dates like 2010-12-01, and from is not after to");
}

struct Sum {
    std::int64_t orders = 0;
    std::int64_t units = 0;
    std::int64_t gross = 0;
    std::int64_t refunded = 0;
};
// Shares wrap around like the rows do; see projections/views.
void add(std::int64_t& sum, std::int64_t share) {
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(share));
}

using Group = std::pair<std::string, std::uint32_t>;  // day or SKU, currency
using Sums = std::map<Group, Sum>;

// What a key of this tag is grouped by; nullopt: not such a key.
std::optional<Group> group_of(char tag, std::string_view key) {
    KeyReader reader(key.substr(1));
    const auto day = reader.text(read_models::day_bytes);
    const auto sku = tag == read_models::sales_product_tag ? reader.word() : std::optional<std::string_view>("");
    const auto currency = reader.small();
    if (!day || !sku || !currency) return std::nullopt;
    return Group(tag == read_models::sales_product_tag ? *sku : *day, *currency);
}

Result<Sums> sum_up(const Source& source, char tag, const DayRange& range) {
    Sums sums;
    bool damaged = false;
    const std::string from = tag + range.from;
    const std::string to = read_models::end_of_prefix(tag + range.to);
    auto scanned = with_table(source, "sales", [&](const std::string& table) {
        sums.clear();
        return source.store.scan(table, from, to, [&](std::string_view key, std::string_view value) {
            const auto group = group_of(tag, key);
            const auto row = read_models::read_row<SalesTotalsRowT>(value);
            damaged = !group || !row;
            if (damaged) return false;
            Sum& sum = sums[*group];
            add(sum.orders, row->row.orders);
            add(sum.units, row->row.units);
            add(sum.gross, row->row.gross);
            add(sum.refunded, row->row.refunded);
            return true;
        });
    });
    if (!scanned) return std::unexpected(std::move(scanned.error()));
    if (damaged) return fault(FaultCode::corrupt, "a row of the sales view can't be read; rebuild the view");
    return sums;
}

Status add_names(const Source& source, std::vector<ProductSales>& rows) {
    std::vector<std::string> keys;
    for (const auto& row : rows) keys.push_back(row.sku);
    auto values = get_values(source, "products", keys);
    if (!values) return std::unexpected(std::move(values.error()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!(*values)[i]) continue;
        auto product = read_models::read_row<read_models::ProductRowT>(*(*values)[i]);
        if (!product) return std::unexpected(std::move(product.error()));
        rows[i].name = std::move(product->row.name);
    }
    return {};
}

}  // namespace

Result<Report<DaySales>> SalesQueries::by_day(const DayRange& range) const {
    if (auto checked = check(range); !checked) return std::unexpected(std::move(checked.error()));
    Report<DaySales> report{{}, source_.freshness.age()};
    auto sums = sum_up(source_, read_models::sales_day_tag, range);
    if (!sums) return std::unexpected(std::move(sums.error()));
    for (const auto& [group, sum] : *sums) {
        const Currency currency{group.second};
        report.rows.push_back({group.first, sum.orders, sum.units, {sum.gross, currency}, {sum.refunded, currency}});
    }
    return report;
}

Result<Report<ProductSales>> SalesQueries::by_product(const DayRange& range) const {
    if (auto checked = check(range); !checked) return std::unexpected(std::move(checked.error()));
    Report<ProductSales> report{{}, source_.freshness.age()};
    auto sums = sum_up(source_, read_models::sales_product_tag, range);
    if (!sums) return std::unexpected(std::move(sums.error()));
    for (const auto& [group, sum] : *sums) {
        report.rows.push_back({group.first, {}, sum.orders, sum.units, {sum.gross, {group.second}}});
    }
    if (auto named = add_names(source_, report.rows); !named) return std::unexpected(std::move(named.error()));
    return report;
}

}  // namespace granary::queries
