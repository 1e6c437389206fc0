// Stable names of refusal codes.
#include "core/refusal.hpp"

namespace granary {

std::string_view name_of(RefusalCode code) {
    switch (code) {
        case RefusalCode::none: return "none";
        case RefusalCode::invalid: return "invalid";
        case RefusalCode::not_found: return "not_found";
        case RefusalCode::already_exists: return "already_exists";
        case RefusalCode::illegal_transition: return "illegal_transition";
        case RefusalCode::stale_version: return "stale_version";
        case RefusalCode::out_of_stock: return "out_of_stock";
        case RefusalCode::too_many_reservations: return "too_many_reservations";
        case RefusalCode::reservation_closed: return "reservation_closed";
        case RefusalCode::product_retired: return "product_retired";
        case RefusalCode::currency_mismatch: return "currency_mismatch";
        case RefusalCode::amount_exceeded: return "amount_exceeded";
        case RefusalCode::payment_declined: return "payment_declined";
        case RefusalCode::key_reused: return "key_reused";
        case RefusalCode::limit_exceeded: return "limit_exceeded";
        case RefusalCode::customer_erased: return "customer_erased";
    }
    return "unknown";
}

}  // namespace granary
