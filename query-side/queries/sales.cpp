// Sums the partitions' shares of the days asked for. Rows change in place, so they are read as of one moment.
#include "query-side/queries/sales.hpp"

#include <map>
#include <utility>

#include "core/time.hpp"
#include "query-side/queries/lookup.hpp"
#include "query-side/queries/one_moment.hpp"
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

Result<Sums> sum_up(const Source& source, Moment& moment, char tag, const DayRange& range) {
    Sums sums;
    bool damaged = false;
    const std::string from = tag + range.from;
    const std::string to = read_models::end_of_prefix(tag + range.to);
    auto scanned = with_table(source, "sales", [&](const std::string& table) {
        sums.clear();
        return moment.snapshot().scan(table, from, to, [&](std::string_view key, std::string_view value) {
            const auto group = group_of(tag, key);
            const auto row = read_models::read_row<SalesTotalsRowT>(value);
            damaged = !group || !row;
            if (damaged) return false;
            moment.note(row->changed_at);
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

// As the catalogue has it, which may be younger than the sums.
Result<std::string> name_of(const Source& source, const Moment& moment, const std::string& sku) {
    const auto value = with_table(source, "products", [&](const std::string& table) { return moment.snapshot().get(table, sku); });
    if (!value) return std::unexpected(value.error());
    if (!*value) return std::string();
    auto product = read_models::read_row<read_models::ProductRowT>(**value);
    if (!product) return std::unexpected(std::move(product.error()));
    return std::move(product->row.name);
}

Result<Report<DaySales>> days_of(const Source& source, Moment& moment, const DayRange& range) {
    auto sums = sum_up(source, moment, read_models::sales_day_tag, range);
    if (!sums) return std::unexpected(std::move(sums.error()));
    Report<DaySales> report{{}, moment.view()};
    for (const auto& [group, sum] : *sums) {
        const Currency currency{group.second};
        report.rows.push_back({group.first, sum.orders, sum.units, {sum.gross, currency}, {sum.refunded, currency}});
    }
    return report;
}

Result<Report<ProductSales>> products_of(const Source& source, Moment& moment, const DayRange& range) {
    auto sums = sum_up(source, moment, read_models::sales_product_tag, range);
    if (!sums) return std::unexpected(std::move(sums.error()));
    Report<ProductSales> report{{}, moment.view()};
    for (const auto& [group, sum] : *sums) {
        auto name = name_of(source, moment, group.first);
        if (!name) return std::unexpected(std::move(name.error()));
        report.rows.push_back({group.first, std::move(*name), sum.orders, sum.units, {sum.gross, {group.second}}});
    }
    return report;
}

}  // namespace

Result<Report<DaySales>> SalesQueries::by_day(const DayRange& range) const {
    if (auto checked = check(range); !checked) return std::unexpected(std::move(checked.error()));
    return look_at_one_moment(source_, [&](Moment& moment) { return days_of(source_, moment, range); });
}

Result<Report<ProductSales>> SalesQueries::by_product(const DayRange& range) const {
    if (auto checked = check(range); !checked) return std::unexpected(std::move(checked.error()));
    return look_at_one_moment(source_, [&](Moment& moment) { return products_of(source_, moment, range); });
}

}  // namespace granary::queries
