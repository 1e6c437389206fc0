// Short codes that people choose: SKUs and warehouse codes, stored in place and compared byte for byte.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace granary {

// At most `Capacity` bytes of printable ASCII without leading or trailing space; case matters. Empty means "none".
template <class Kind, std::size_t Capacity>
class Code {
  public:
    static constexpr std::size_t capacity = Capacity;

    Code() = default;
    // nullopt when empty, too long, or with anything but printable ASCII inside.
    static std::optional<Code> parse(std::string_view text) {
        if (text.empty() || text.size() > Capacity || text.front() == ' ' || text.back() == ' ') return std::nullopt;
        if (!std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) return std::nullopt;
        return from_stored(text);
    }
    // For bytes that were validated before they were stored; longer input is cut off.
    static Code from_stored(std::string_view text) {
        Code code;
        code.size_ = static_cast<std::uint8_t>(std::min(text.size(), Capacity));
        std::copy_n(text.begin(), code.size_, code.text_.begin());
        return code;
    }

    std::string_view view() const { return {text_.data(), size_}; }
    bool empty() const { return size_ == 0; }
    bool operator==(const Code& other) const { return view() == other.view(); }
    auto operator<=>(const Code& other) const { return view() <=> other.view(); }

  private:
    std::uint8_t size_ = 0;
    std::array<char, Capacity> text_{};
};

struct SkuKind {};
struct WarehouseKind {};
using Sku = Code<SkuKind, 31>;
using WarehouseCode = Code<WarehouseKind, 15>;
// Two upper-case letters, ISO 3166-1; `ZZ` for unknown. Validity of the letters is the caller's matter.
struct CountryKind {};
using CountryCode = Code<CountryKind, 3>;

}  // namespace granary

template <class Kind, std::size_t Capacity>
struct std::hash<granary::Code<Kind, Capacity>> {
    std::size_t operator()(const granary::Code<Kind, Capacity>& code) const noexcept { return std::hash<std::string_view>{}(code.view()); }
};
