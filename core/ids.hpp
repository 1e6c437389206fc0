// Typed 128-bit identifiers and their text form: a prefix per kind, an underscore, 32 lower-case hex digits.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace granary {

// 128 bits, big-endian when written as bytes or text. Zero means "none".
struct Uuid {
    std::uint64_t hi = 0;
    std::uint64_t lo = 0;

    auto operator<=>(const Uuid&) const = default;
    bool is_nil() const { return hi == 0 && lo == 0; }
};

std::array<unsigned char, 16> bytes_of(Uuid value);
Uuid uuid_of(const std::array<unsigned char, 16>& bytes);

// 32 lower-case hex digits; parse accepts exactly that and nothing else.
std::string hex_of(Uuid value);
std::optional<Uuid> parse_hex_uuid(std::string_view text);

// RFC 9562 version 7 from a wall-clock time in microseconds and 74 random bits (the rest of `random` is ignored).
Uuid uuid_v7(std::int64_t unix_time_us, Uuid random);
// RFC 9562 version 8: the caller's bits with version and variant set. Used for ids derived by a keyed hash.
Uuid uuid_v8(Uuid bits);

// An id of one kind. Kinds don't convert into one another: pass `.value` through a named derivation to cross over.
template <class Kind>
struct Id {
    Uuid value;

    auto operator<=>(const Id&) const = default;
    bool is_nil() const { return value.is_nil(); }
};

struct OrderKind { static constexpr std::string_view prefix = "ord"; };
struct PaymentKind { static constexpr std::string_view prefix = "pay"; };
struct RefundKind { static constexpr std::string_view prefix = "ref"; };
struct ShipmentKind { static constexpr std::string_view prefix = "shp"; };
struct CustomerKind { static constexpr std::string_view prefix = "cus"; };
struct ReservationKind { static constexpr std::string_view prefix = "rsv"; };
struct CommandKind { static constexpr std::string_view prefix = "cmd"; };
struct EventKind { static constexpr std::string_view prefix = "evt"; };
struct CorrelationKind { static constexpr std::string_view prefix = "cor"; };
// The owner of a key for personal data: a customer, or an anonymous order.
struct PersonKind { static constexpr std::string_view prefix = "per"; };
// MAC of a request body: tells a retry from another request under the same Idempotency-Key.
struct FingerprintKind { static constexpr std::string_view prefix = "fpr"; };
struct ApiKeyKind { static constexpr std::string_view prefix = "key"; };

using OrderId = Id<OrderKind>;
using PaymentId = Id<PaymentKind>;
using RefundId = Id<RefundKind>;
using ShipmentId = Id<ShipmentKind>;
using CustomerId = Id<CustomerKind>;
using ReservationId = Id<ReservationKind>;
using CommandId = Id<CommandKind>;
using EventId = Id<EventKind>;
using CorrelationId = Id<CorrelationKind>;
using PersonId = Id<PersonKind>;
using Fingerprint = Id<FingerprintKind>;
using ApiKeyId = Id<ApiKeyKind>;

// `ord_0192...`: what clients see.
template <class Kind>
std::string text_of(Id<Kind> id) {
    std::string text(Kind::prefix);
    text += '_';
    text += hex_of(id.value);
    return text;
}

// Refuses another kind's prefix, upper case, wrong length and the nil id.
template <class Kind>
std::optional<Id<Kind>> parse_id(std::string_view text) {
    constexpr std::size_t prefix_size = Kind::prefix.size();
    if (text.size() != prefix_size + 33 || text.substr(0, prefix_size) != Kind::prefix || text[prefix_size] != '_') return std::nullopt;
    auto value = parse_hex_uuid(text.substr(prefix_size + 1));
    if (!value || value->is_nil()) return std::nullopt;
    return Id<Kind>{*value};
}

}  // namespace granary

template <>
struct std::hash<granary::Uuid> {
    std::size_t operator()(const granary::Uuid& value) const noexcept {
        return static_cast<std::size_t>(value.hi * 0x9E3779B97F4A7C15ULL ^ value.lo);
    }
};

template <class Kind>
struct std::hash<granary::Id<Kind>> {
    std::size_t operator()(const granary::Id<Kind>& id) const noexcept { return std::hash<granary::Uuid>{}(id.value); }
};
