// The tables of words; parsing goes through the same tables.
#include "query-side/read_models/order_status.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace granary::read_models {
namespace {

template <class Status, std::size_t Count>
using Words = std::array<std::pair<Status, std::string_view>, Count>;

using enum orders::OrderStatus;
constexpr Words<OrderStatus, 9> order_words{{{created, "CREATED"},
                                             {paid, "PAID"},
                                             {packed, "PACKED"},
                                             {shipped, "SHIPPED"},
                                             {delivered, "DELIVERED"},
                                             {failed, "FAILED"},
                                             {cancelled, "CANCELLED"},
                                             {returned, "RETURNED"},
                                             {refunded, "REFUNDED"}}};

using Payment = payments::PaymentStatus;
constexpr Words<Payment, 11> payment_words{{{Payment::authorizing, "authorizing"},
                                            {Payment::authorized, "authorized"},
                                            {Payment::declined, "declined"},
                                            {Payment::capturing, "capturing"},
                                            {Payment::captured, "captured"},
                                            {Payment::voiding, "voiding"},
                                            {Payment::voided, "voided"},
                                            {Payment::refunding, "refunding"},
                                            {Payment::partially_refunded, "partially_refunded"},
                                            {Payment::refunded, "refunded"},
                                            {Payment::failed, "failed"}}};

using Shipment = delivery::ShipmentStatus;
constexpr Words<Shipment, 8> shipment_words{{{Shipment::created, "created"},
                                             {Shipment::booked, "booked"},
                                             {Shipment::packed, "packed"},
                                             {Shipment::in_transit, "in_transit"},
                                             {Shipment::delivered, "delivered"},
                                             {Shipment::failed, "failed"},
                                             {Shipment::cancelling, "cancelling"},
                                             {Shipment::cancelled, "cancelled"}}};

using Method = orders::PaymentMethod;
constexpr Words<Method, 4> method_words{{{Method::card, "card"},
                                         {Method::bank_transfer, "bank_transfer"},
                                         {Method::upi, "upi"},
                                         {Method::cash_on_delivery, "cash_on_delivery"}}};

template <class Status, std::size_t Count>
std::string_view word_in(const Words<Status, Count>& words, Status status) {
    const auto found = std::ranges::find(words, status, &std::pair<Status, std::string_view>::first);
    return found == words.end() ? std::string_view{} : found->second;
}

std::string upper_case(std::string_view text) {
    std::string upper(text);
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

}  // namespace

std::string_view word_of(OrderStatus status) { return word_in(order_words, status); }
std::string_view word_of(payments::PaymentStatus status) { return word_in(payment_words, status); }
std::string_view word_of(delivery::ShipmentStatus status) { return word_in(shipment_words, status); }
std::string_view word_of(orders::PaymentMethod method) { return word_in(method_words, method); }

bool is_end(OrderStatus status) {
    switch (status) {
        case OrderStatus::none:
        case OrderStatus::created:
        case OrderStatus::paid:
        case OrderStatus::packed:
        case OrderStatus::shipped: return false;
        case OrderStatus::delivered:
        case OrderStatus::failed:
        case OrderStatus::cancelled:
        case OrderStatus::returned:
        case OrderStatus::refunded: return true;
    }
    return false;
}

std::optional<OrderStatus> parse_order_status(std::string_view word) {
    const auto found = std::ranges::find(order_words, word, &std::pair<OrderStatus, std::string_view>::second);
    if (found == order_words.end()) return std::nullopt;
    return found->first;
}

std::vector<OrderStatus> parse_status_filter(std::string_view word) {
    const std::string upper = upper_case(word);
    if (upper == "PENDING") return {created};
    if (upper == "PROCESSING") return {paid, packed};
    if (const auto status = parse_order_status(upper)) return {*status};
    return {};
}

}  // namespace granary::read_models
