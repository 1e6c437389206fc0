// A slice of a view's whole table.
#include "query-side/queries/exports.hpp"

#include <utility>

#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/customer_erasure.hpp"
#include "query-side/read_models/customers.hpp"
#include "query-side/read_models/orders.hpp"

namespace granary::queries {
namespace {

using read_models::CustomerRowT;
using read_models::OrderRowT;

constexpr std::string_view orders_view = "orders";
constexpr std::string_view customers_view = "customers";

template <class Row, class Render>
Result<std::string> opened_row(const Source& source, const std::string& value, std::unique_ptr<wire::SealedT> Row::* first, std::unique_ptr<wire::SealedT> Row::* second, Render render) {
    const auto stored = read_models::read_row<Row>(value);
    if (!stored) return std::unexpected(stored.error());
    const Row& row = stored->row;
    if (read_models::is_erased(row.erasure)) return render(row, erased_field(), erased_field());
    const auto one = open_field(source, (row.*first).get());
    if (!one) return std::unexpected(one.error());
    const auto other = open_field(source, (row.*second).get());
    if (!other) return std::unexpected(other.error());
    return render(row, *one, *other);
}

}  // namespace

bool PersonalExports::is_exported(std::string_view view) { return view == orders_view || view == customers_view; }

Result<Page> PersonalExports::rows(std::string_view view, const PageRequest& request) const {
    auto found = slice(source_, view, "", request);
    if (!found) return std::unexpected(std::move(found.error()));
    Page page = page_of(*found);
    for (const auto& entry : found->entries) {
        auto row = view == orders_view ? opened_row(source_, entry.value, &OrderRowT::ship_to, &OrderRowT::note, read_models::page_json)
                                       : opened_row(source_, entry.value, &CustomerRowT::profile, &CustomerRowT::address, read_models::profile_json);
        if (!row) return std::unexpected(std::move(row.error()));
        page.items.push_back(std::move(*row));
    }
    return page;
}

}  // namespace granary::queries
