// Every message of these readers names the field and what it must be.
#include "gateway/middleware/body_reader.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/stream.hpp"

namespace granary::gateway {

void BodyErrors::add(std::string pointer, std::string detail, bool malformed) {
    malformed_ = malformed_ || malformed;
    if (errors_.size() >= limits::body_errors_max) {
        more_ = true;
        return;
    }
    errors_.push_back({std::move(pointer), std::move(detail)});
}

Problem BodyErrors::problem() && {
    Problem problem;
    problem.code = malformed_ ? ProblemCode::invalid_body : ProblemCode::invalid;
    problem.detail = errors_.size() == 1 ? "one field is not as it must be: " + errors_.front().detail : std::to_string(errors_.size()) + " fields are not as they must be";
    if (more_) problem.detail += ", and more that are not listed";
    problem.errors = std::move(errors_);
    return problem;
}

ObjectReader::ObjectReader(JsonNode node, BodyErrors& errors) : object_(node), errors_(errors) {
    if (node && node.kind() != JsonKind::object) {
        errors.malformed(node.pointer(), "must be an object, not " + std::string(name_of(node.kind())));
        object_ = {};
    }
}

bool ObjectReader::has(std::string_view name) const { return object_ && static_cast<bool>(object_.member(name)); }

std::string ObjectReader::pointer(std::string_view name) const { return (object_ ? object_.pointer() : std::string()) + "/" + std::string(name); }

JsonNode ObjectReader::node(std::string_view name, Presence presence) {
    GRANARY_CHECK(asked_count_ < asked_.size());
    asked_[asked_count_++] = name;
    if (!object_) return {};
    const JsonNode found = object_.member(name);
    if (!found && presence == Presence::required) malformed(name, "is required");
    return found;
}

std::optional<std::string_view> ObjectReader::text(std::string_view name, Presence presence, std::size_t bytes_max, std::size_t bytes_min) {
    const JsonNode found = node(name, presence);
    if (!found) return std::nullopt;
    if (found.kind() != JsonKind::string) {
        malformed(name, "must be a string, not " + std::string(name_of(found.kind())));
        return std::nullopt;
    }
    const auto value = found.text();
    if (value.contains('\0')) {
        malformed(name, "must not contain a NUL character");
        return std::nullopt;
    }
    if (value.size() > bytes_max || value.size() < bytes_min) {
        out_of_range(name, "must have " + std::to_string(bytes_min) + " to " + std::to_string(bytes_max) + " bytes");
        return std::nullopt;
    }
    return value;
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view name, Presence presence, IntegerRange range) {
    const JsonNode found = node(name, presence);
    if (!found) return std::nullopt;
    if (found.kind() != JsonKind::integer) {
        malformed(name, "must be an integer, without fraction or exponent, not " + std::string(name_of(found.kind())));
        return std::nullopt;
    }
    const auto value = found.integer();
    if (value < range.min || value > range.max) {
        out_of_range(name, "must be from " + std::to_string(range.min) + " to " + std::to_string(range.max));
        return std::nullopt;
    }
    return value;
}

std::optional<bool> ObjectReader::boolean(std::string_view name, Presence presence) {
    const JsonNode found = node(name, presence);
    if (!found) return std::nullopt;
    if (found.kind() == JsonKind::boolean) return found.boolean();
    malformed(name, "must be true or false");
    return std::nullopt;
}

std::optional<Sku> ObjectReader::sku(std::string_view name, Presence presence) {
    const auto value = text(name, presence, limits::http_body_bytes_max);
    if (!value) return std::nullopt;
    const auto parsed = Sku::parse(*value);
    if (!parsed) malformed(name, "must be a SKU: 1 to 31 printable ASCII characters without space at either end");
    return parsed;
}

std::optional<WarehouseCode> ObjectReader::warehouse(std::string_view name, Presence presence) {
    const auto value = text(name, presence, limits::http_body_bytes_max);
    if (!value) return std::nullopt;
    const auto parsed = WarehouseCode::parse(*value);
    if (parsed && is_valid_warehouse(*value)) return parsed;
    malformed(name, "must be a warehouse code: 1 to 15 letters, digits, - and _");
    return std::nullopt;
}

std::optional<CountryCode> ObjectReader::country(std::string_view name, Presence presence) {
    const auto value = text(name, presence, limits::http_body_bytes_max);
    if (!value) return std::nullopt;
    if (value->size() == 2 && std::ranges::all_of(*value, [](char c) { return c >= 'A' && c <= 'Z'; })) return CountryCode::parse(*value);
    malformed(name, "must be a country code of two upper-case letters (ISO 3166-1), or ZZ when it is unknown");
    return std::nullopt;
}

std::optional<Time> ObjectReader::time(std::string_view name, Presence presence) {
    const auto value = text(name, presence, 64);
    if (!value) return std::nullopt;
    const auto parsed = parse_rfc3339(*value);
    if (!parsed) malformed(name, "must be a time in RFC 3339 form, such as 2026-03-01T09:30:00Z");
    return parsed;
}

std::optional<Currency> ObjectReader::currency_member(ObjectReader& object) {
    const auto value = object.text("currency", required, 16);
    if (!value) return std::nullopt;
    const auto parsed = parse_currency(*value);
    if (!parsed) object.out_of_range("currency", "must be a known currency code (ISO 4217) in upper case");
    return parsed;
}

std::optional<Money> ObjectReader::money(std::string_view name, Presence presence, IntegerRange range) {
    const JsonNode found = node(name, presence);
    if (!found) return std::nullopt;
    ObjectReader object(found, errors_);
    const auto minor = object.integer("amount", required, range);
    const auto currency_code = currency_member(object);
    object.done();
    if (!minor || !currency_code) return std::nullopt;
    return Money{*minor, *currency_code};
}

std::optional<Amount> ObjectReader::price(std::string_view name, Presence presence) {
    const JsonNode found = node(name, presence);
    if (!found) return std::nullopt;
    ObjectReader object(found, errors_);
    const JsonNode amount = object.node("amount", required);
    const auto currency_code = currency_member(object);
    object.done();
    if (!amount || !currency_code) return std::nullopt;
    std::optional<std::int64_t> value;
    if (amount.kind() == JsonKind::string) value = parse_ten_thousandths(amount.text());
    else if (amount.kind() == JsonKind::integer)
        if (const auto exact = to_amount({amount.integer(), *currency_code})) value = exact->ten_thousandths;
    if (!value) {
        object.malformed("amount", "must be a decimal string with at most four decimals, such as \"2.55\", or whole minor units");
        return std::nullopt;
    }
    if (*value < 0 || *value > limits::price_ten_thousandths_max) {
        object.out_of_range("amount", "must not be negative, nor above 100 million");
        return std::nullopt;
    }
    return Amount{*value, *currency_code};
}

std::optional<std::size_t> ObjectReader::word(std::string_view name, Presence presence, std::span<const std::string_view> words) {
    const auto value = text(name, presence, 64);
    if (!value) return std::nullopt;
    const auto found = std::ranges::find(words, *value);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string detail = "must be one of";
    for (const auto known : words) detail += (known == words.front() ? " " : ", ") + std::string(known);
    malformed(name, detail);
    return std::nullopt;
}

std::vector<JsonNode> ObjectReader::items(std::string_view name, Presence presence, std::size_t count_min, std::size_t count_max) {
    std::vector<JsonNode> found;
    const JsonNode array = node(name, presence);
    if (!array) return found;
    if (array.kind() != JsonKind::array) {
        malformed(name, "must be an array, not " + std::string(name_of(array.kind())));
        return found;
    }
    for (JsonNode item = array.first(); item; item = item.next()) found.push_back(item);
    if (found.size() < count_min || found.size() > count_max) {
        out_of_range(name, "must have " + std::to_string(count_min) + " to " + std::to_string(count_max) + " elements");
        found.clear();
    }
    return found;
}

void ObjectReader::done() {
    if (!object_) return;
    const auto known = std::span(asked_).first(asked_count_);
    for (JsonNode member = object_.first(); member; member = member.next())
        if (std::ranges::find(known, member.name()) == known.end()) errors_.malformed(member.pointer(), "is no field of this request");
}

}  // namespace granary::gateway
