// Field rules; what is wrong is said in words that tell the caller how to put it right.
#include "command-side/domain/field_rules.hpp"

#include <string>

#include "core/card_number.hpp"
#include "core/limits.hpp"
#include "core/stream.hpp"

namespace granary::domain {
namespace {

Objection object(RefusalCode code, std::string_view pointer, std::string detail) {
    return Refusal{code, std::string(pointer), std::move(detail)};
}

Objection too_large(std::string_view pointer, std::string_view what) {
    return object(RefusalCode::limit_exceeded, pointer, "must be at most " + std::string(what));
}

Objection unknown_currency(std::string_view pointer) { return object(RefusalCode::invalid, pointer, "is in no currency that is known here"); }

bool is_known(Currency currency) { return parse_currency(text_of(currency)) == currency; }

}  // namespace

Objection check_id(Uuid id, std::string_view pointer) {
    if (id.is_nil()) return object(RefusalCode::invalid, pointer, "must be given");
    return {};
}

Objection check_sku(const Sku& sku, std::string_view pointer) {
    if (sku.empty()) return object(RefusalCode::invalid, pointer, "must be given");
    return {};
}

Objection check_warehouse(const WarehouseCode& code, std::string_view pointer) {
    if (!is_valid_warehouse(code.view())) return object(RefusalCode::invalid, pointer, "must be 1 to 15 letters, digits, '-' or '_'");
    return {};
}

Objection check_country(const CountryCode& code, std::string_view pointer) {
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto text = code.view();
    if (text.size() == 2 && is_capital(text[0]) && is_capital(text[1])) return {};
    return object(RefusalCode::invalid, pointer, "must be two capital letters (ISO 3166-1), ZZ when unknown");
}

Objection check_text(std::string_view text, std::size_t bytes_max, std::string_view pointer) {
    if (text.size() > bytes_max) return too_large(pointer, std::to_string(bytes_max) + " bytes of UTF-8");
    return {};
}

Objection check_required_text(std::string_view text, std::size_t bytes_max, std::string_view pointer) {
    if (text.empty()) return object(RefusalCode::invalid, pointer, "must not be empty");
    return check_text(text, bytes_max, pointer);
}

Objection check_token(std::string_view token, std::string_view pointer) {
    if (auto wrong = check_required_text(token, limits::payment_token_bytes_max, pointer)) return wrong;
    if (!contains_card_number(token)) return {};
    return object(RefusalCode::invalid, pointer, "looks like a card number; send the payment provider's token instead");
}

Objection check_quantity(std::int64_t quantity, std::int64_t max, std::string_view pointer) {
    if (quantity <= 0) return object(RefusalCode::invalid, pointer, "must be at least 1");
    if (quantity > max) return too_large(pointer, std::to_string(max));
    return {};
}

Objection check_price(const Amount& price, std::string_view pointer) {
    if (!is_known(price.currency)) return unknown_currency(pointer);
    if (price.ten_thousandths < 0) return object(RefusalCode::invalid, pointer, "must not be negative");
    if (price.ten_thousandths > limits::price_ten_thousandths_max) {
        return too_large(pointer, decimal_text_of({limits::price_ten_thousandths_max, price.currency}));
    }
    return {};
}

Objection check_money(const Money& money, std::string_view pointer) {
    if (!is_known(money.currency)) return unknown_currency(pointer);
    if (money.minor < 0) return object(RefusalCode::invalid, pointer, "must not be negative");
    const auto exact = to_amount(money);
    if (!exact || exact->ten_thousandths > limits::order_total_ten_thousandths_max) {
        return too_large(pointer, decimal_text_of({limits::order_total_ten_thousandths_max, money.currency}));
    }
    return {};
}

Objection check_ground(wire::ErasureGround ground, std::string_view pointer) {
    if (ground <= wire::ErasureGround::MAX) return {};
    return object(RefusalCode::invalid, pointer, "is no ground of an erasure that is known here");
}

Objection check_sealed(const std::unique_ptr<wire::SealedT>& sealed, std::string_view pointer) {
    if (!sealed || sealed->box.empty()) return {};
    if (sealed->person.is_nil()) return object(RefusalCode::invalid, pointer, "must be sealed for a person");
    if (sealed->box.size() > limits::sealed_bytes_max) return too_large(pointer, std::to_string(limits::sealed_bytes_max) + " bytes once sealed");
    return {};
}

bool is_news(wire::ErasureStatus status, bool despite_orders_before, bool despite_orders) {
    if (status == wire::ErasureStatus::requested) return despite_orders && !despite_orders_before;
    return status == wire::ErasureStatus::none;
}

std::unique_ptr<wire::SealedT> copy_of(const std::unique_ptr<wire::SealedT>& sealed) {
    return sealed ? std::make_unique<wire::SealedT>(*sealed) : nullptr;
}

}  // namespace granary::domain
