// Refusals: a command that was understood and is not allowed. A value, never an exception; its code is part of the API.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace granary {

// Closed and append-only: the number is stored in saga streams, the text (name_of) goes to clients.
enum class RefusalCode : std::uint16_t {
    none = 0,
    invalid = 1,                 // a field's value is outside its documented range
    not_found = 2,               // the aggregate does not exist
    already_exists = 3,          // create of what exists
    illegal_transition = 4,      // the aggregate's state does not allow this now
    stale_version = 5,           // If-Match names another version
    out_of_stock = 6,            // available < wanted
    too_many_reservations = 7,   // open_reservations_max reached: try again
    reservation_closed = 8,      // the reservation was released before, or already committed
    product_retired = 9,
    currency_mismatch = 10,
    amount_exceeded = 11,        // capture or refund above what is there
    payment_declined = 12,
    key_reused = 13,             // same Idempotency-Key with another body
    limit_exceeded = 14,         // a named limit of core/limits.hpp
    customer_erased = 15,
};

// `out_of_stock`: stable, snake case.
std::string_view name_of(RefusalCode code);

struct Refusal {
    RefusalCode code = RefusalCode::invalid;
    std::string pointer;  // JSON Pointer of the request field at fault, or empty
    std::string detail;   // what is wrong and how to remedy it, plain English, no personal data
};

// Shorthand for `return refuse(RefusalCode::invalid, "/quantity", "...")` in functions that return an expected.
inline std::unexpected<Refusal> refuse(RefusalCode code, std::string pointer, std::string detail) {
    return std::unexpected(Refusal{code, std::move(pointer), std::move(detail)});
}

}  // namespace granary
