// Takes typed fields out of a JSON body, and collects everything that is wrong with it by pointer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/money.hpp"
#include "core/names.hpp"
#include "core/time.hpp"
#include "gateway/middleware/json_document.hpp"
#include "gateway/middleware/problem.hpp"

namespace granary::gateway {

// What is wrong with one body. A wrong shape (type, name, format) is 400 invalid_body; a value out of its range is 422.
class BodyErrors {
  public:
    void malformed(std::string pointer, std::string detail) { add(std::move(pointer), std::move(detail), true); }
    void out_of_range(std::string pointer, std::string detail) { add(std::move(pointer), std::move(detail), false); }
    bool empty() const { return errors_.empty(); }
    Problem problem() &&;

  private:
    void add(std::string pointer, std::string detail, bool malformed);

    std::vector<FieldError> errors_;
    bool malformed_ = false;
    bool more_ = false;
};

enum class Presence { required, optional };
inline constexpr auto required = Presence::required;
inline constexpr auto optional_field = Presence::optional;

struct IntegerRange {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

// Reads the members of one object. Each getter returns nullopt and notes an error when the field is missing though
// required, or is not what it must be; an optional field that is absent is no error. done() refuses what no getter asked
// for. Texts are views into the document.
class ObjectReader {
  public:
    // Notes an error when the node is no object; every getter then returns nullopt.
    ObjectReader(JsonNode node, BodyErrors& errors);

    bool has(std::string_view name) const;
    JsonNode node(std::string_view name, Presence presence);
    std::optional<std::string_view> text(std::string_view name, Presence presence, std::size_t bytes_max, std::size_t bytes_min = 0);
    std::optional<std::int64_t> integer(std::string_view name, Presence presence, IntegerRange range);
    std::optional<bool> boolean(std::string_view name, Presence presence);
    std::optional<Sku> sku(std::string_view name, Presence presence);
    std::optional<WarehouseCode> warehouse(std::string_view name, Presence presence);
    std::optional<CountryCode> country(std::string_view name, Presence presence);
    std::optional<Time> time(std::string_view name, Presence presence);
    // {"amount": integer minor units, "currency": "GBP"}
    std::optional<Money> money(std::string_view name, Presence presence, IntegerRange range);
    // {"amount": "2.55" or minor units, "currency": "GBP"}
    std::optional<Amount> price(std::string_view name, Presence presence);
    // One of the words; its place among them.
    std::optional<std::size_t> word(std::string_view name, Presence presence, std::span<const std::string_view> words);
    // The elements of an array.
    std::vector<JsonNode> items(std::string_view name, Presence presence, std::size_t count_min, std::size_t count_max);

    template <class IdType>
    std::optional<IdType> id(std::string_view name, Presence presence) {
        const auto text_value = text(name, presence, 64);
        if (!text_value) return std::nullopt;
        const auto parsed = parse_id_of(IdType{}, *text_value);
        if (!parsed) malformed(name, "must be an id like those that this API gives out for this kind of thing");
        return parsed;
    }

    // Refuses members that no getter asked for.
    void done();

    std::string pointer(std::string_view name) const;
    void malformed(std::string_view name, std::string detail) { errors_.malformed(pointer(name), std::move(detail)); }
    void out_of_range(std::string_view name, std::string detail) { errors_.out_of_range(pointer(name), std::move(detail)); }

  private:
    template <class Kind>
    static std::optional<Id<Kind>> parse_id_of(Id<Kind>, std::string_view text) {
        return parse_id<Kind>(text);
    }
    std::optional<Currency> currency_member(ObjectReader& object);

    JsonNode object_;
    BodyErrors& errors_;
    std::array<std::string_view, 24> asked_{};
    std::size_t asked_count_ = 0;
};

}  // namespace granary::gateway
