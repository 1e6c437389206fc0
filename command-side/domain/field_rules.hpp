// Rules for single fields that the deciders of all contexts share; each answers nothing when the field is in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/ids.hpp"
#include "core/money.hpp"
#include "core/names.hpp"
#include "core/refusal.hpp"
#include "schemas/values_fbs.h"

namespace granary::domain {

using Objection = std::optional<Refusal>;

// The first of several objections, in the order given.
template <class... Objections>
Objection first_of(Objections&&... objections) {
    Objection first;
    (void)((first = std::forward<Objections>(objections), first.has_value()) || ...);
    return first;
}

// `pointer` is the JSON Pointer of the field that holds the value.
Objection check_id(Uuid id, std::string_view pointer);
Objection check_sku(const Sku& sku, std::string_view pointer);
Objection check_warehouse(const WarehouseCode& code, std::string_view pointer);
Objection check_country(const CountryCode& code, std::string_view pointer);
// limit_exceeded when longer than `bytes_max`.
Objection check_text(std::string_view text, std::size_t bytes_max, std::string_view pointer);
// The same, and invalid when empty.
Objection check_required_text(std::string_view text, std::size_t bytes_max, std::string_view pointer);
// A provider's token: never empty, never a card number.
Objection check_token(std::string_view token, std::string_view pointer);
// 1 to `max`: invalid below, limit_exceeded above.
Objection check_quantity(std::int64_t quantity, std::int64_t max, std::string_view pointer);
// A known currency, not negative, at most price_ten_thousandths_max.
Objection check_price(const Amount& price, std::string_view pointer);
// A known currency, not negative, at most order_total_ten_thousandths_max.
Objection check_money(const Money& money, std::string_view pointer);
Objection check_ground(wire::ErasureGround ground, std::string_view pointer);
// Absent or whole: within sealed_bytes_max, and with the person that it is sealed for.
Objection check_sealed(const std::unique_ptr<wire::SealedT>& sealed, std::string_view pointer);

// Whether a request to erase says something new: it is the first, or the first that does not wait for orders.
bool is_news(wire::ErasureStatus status, bool despite_orders_before, bool despite_orders);

// A copy, or nothing of nothing.
std::unique_ptr<wire::SealedT> copy_of(const std::unique_ptr<wire::SealedT>& sealed);

}  // namespace granary::domain
