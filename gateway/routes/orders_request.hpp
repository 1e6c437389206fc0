// What a request to place an order says, read and checked; prices are not in it yet.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/money.hpp"
#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/call.hpp"
#include "schemas/orders_fbs.h"

namespace granary::gateway {

struct OrderRequest {
    struct Line {
        Sku sku;
        std::int64_t quantity = 0;
        std::optional<Amount> unit_price;  // named by the caller, where that is allowed
    };
    std::vector<Line> lines;
    WarehouseCode warehouse;
    CountryCode country;
    CustomerId customer;     // nil = anonymous
    std::string ship_to;     // canonical JSON object, or empty
    std::string note;
    orders::PaymentMethod method = orders::PaymentMethod::card;
    std::string token;       // empty = pay later
    std::string reference;
};

inline constexpr std::string_view payment_method_words[] = {"card", "bank_transfer", "upi", "cash_on_delivery"};
// The enumerator of a word's place in payment_method_words.
orders::PaymentMethod payment_method_at(std::size_t place);

// nullopt, and the call has been failed: wrong fields, fields that need another permission (403), a card number (422).
std::optional<OrderRequest> read_order_request(const CallPtr& call, const JsonDocument& body);

}  // namespace granary::gateway
