// Reads with Boost.JSON; a file of keys is small, so each change reads it whole.
#include "platform/adapters/api_key_file/key_lines.hpp"

#include <boost/json.hpp>

#include "core/json_writer.hpp"
#include "core/limits.hpp"

namespace granary::adapters::key_file {
namespace {

namespace json = boost::json;

constexpr std::string_view prefix = "grn_";
constexpr std::size_t id_digits = 32;
constexpr std::size_t secret_digits = 64;

std::optional<std::string_view> text_member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || !value->is_string()) return std::nullopt;
    const auto& text = value->get_string();
    return std::string_view(text.data(), text.size());
}

std::optional<Digest> parse_digest(std::string_view text) {
    if (text.size() != 64) return std::nullopt;
    const auto high = parse_hex_uuid(text.substr(0, 32)), low = parse_hex_uuid(text.substr(32));
    if (!high || !low) return std::nullopt;
    Digest digest;
    const auto first = bytes_of(*high), second = bytes_of(*low);
    std::copy(first.begin(), first.end(), digest.bytes.begin());
    std::copy(second.begin(), second.end(), digest.bytes.begin() + 16);
    return digest;
}

std::optional<PermissionSet> parse_permissions(const json::object& object) {
    const auto* value = object.if_contains("permissions");
    if (value == nullptr || !value->is_array()) return std::nullopt;
    PermissionSet permissions;
    for (const auto& item : value->get_array()) {
        if (!item.is_string()) return std::nullopt;
        const auto& text = item.get_string();
        // A permission that a newer version knows grants nothing here.
        if (const auto permission = parse_permission(std::string_view(text.data(), text.size()))) permissions.add(*permission);
    }
    return permissions;
}

bool apply_creation(const json::object& object, KeyTable& table) {
    const auto id = parse_id<ApiKeyKind>(text_member(object, "id").value_or(""));
    const auto hash = parse_digest(text_member(object, "sha256").value_or(""));
    const auto role = parse_role(text_member(object, "role").value_or(""));
    const auto permissions = parse_permissions(object);
    const auto at = parse_rfc3339(text_member(object, "at").value_or(""));
    if (!id || !hash || !role || !permissions || !at || table.keys.contains(*id)) return false;
    ports::ApiKey key{.id = *id, .role = *role, .permissions = permissions->narrowed_to(permissions_of(*role)), .name = std::string(text_member(object, "name").value_or("")), .created_at = *at};
    if (const auto customer = text_member(object, "customer")) {
        const auto parsed = parse_id<CustomerKind>(*customer);
        if (!parsed) return false;
        key.customer = *parsed;
    }
    table.keys.emplace(*id, StoredKey{std::make_shared<const ports::ApiKey>(std::move(key)), *hash});
    table.order.push_back(*id);
    return true;
}

bool apply_revocation(const json::object& object, KeyTable& table) {
    const auto id = parse_id<ApiKeyKind>(text_member(object, "id").value_or(""));
    const auto at = parse_rfc3339(text_member(object, "at").value_or(""));
    if (!id || !at) return false;
    const auto found = table.keys.find(*id);
    if (found == table.keys.end()) return false;
    if (found->second.key->revoked_at.unix_us != 0) return true;
    auto key = *found->second.key;
    key.revoked_at = *at;
    found->second.key = std::make_shared<const ports::ApiKey>(std::move(key));
    return true;
}

bool apply_line(std::string_view line, KeyTable& table) {
    json::error_code ec;
    const auto value = json::parse(json::string_view(line.data(), line.size()), ec);
    if (ec || !value.is_object()) return false;
    const auto& object = value.get_object();
    const auto op = text_member(object, "op");
    if (op == "create") return apply_creation(object, table);
    return op == "revoke" && apply_revocation(object, table);
}

}  // namespace

std::string line_of_creation(const ports::ApiKey& key, const Digest& secret_hash) {
    JsonWriter out;
    out.begin_object().member("op", "create").member("id", text_of(key.id)).member("sha256", hex_of(secret_hash)).member("role", name_of(key.role));
    out.key("permissions").begin_array();
    for (std::size_t i = 0; i < permission_count; ++i)
        if (key.permissions.has(static_cast<Permission>(i))) out.string(name_of(static_cast<Permission>(i)));
    out.end_array();
    if (!key.customer.is_nil()) out.member("customer", text_of(key.customer));
    out.member("name", key.name).member("at", rfc3339_of(key.created_at)).end_object();
    return out.take() + "\n";
}

std::string line_of_revocation(ApiKeyId id, Time at) {
    JsonWriter out;
    out.begin_object().member("op", "revoke").member("id", text_of(id)).member("at", rfc3339_of(at)).end_object();
    return out.take() + "\n";
}

Result<KeyTable> read_lines(std::string_view text) {
    KeyTable table;
    for (std::size_t number = 1;; ++number) {
        const auto end = text.find('\n', table.whole_bytes);
        if (end == std::string_view::npos) return table;
        if (!apply_line(text.substr(table.whole_bytes, end - table.whole_bytes), table)) return fault(FaultCode::corrupt, "line " + std::to_string(number) + " of the key file is damaged");
        table.whole_bytes = end + 1;
        if (table.keys.size() > limits::api_keys_max) return fault(FaultCode::invalid_argument, "the key file holds more keys than api_keys_max");
    }
}

std::optional<PresentedKey> parse_key_text(std::string_view text) {
    if (text.size() != prefix.size() + id_digits + 1 + secret_digits || !text.starts_with(prefix) || text[prefix.size() + id_digits] != '_') return std::nullopt;
    const auto id = parse_hex_uuid(text.substr(prefix.size(), id_digits));
    if (!id) return std::nullopt;
    return PresentedKey{{*id}, text.substr(prefix.size() + id_digits + 1)};
}

std::string key_text(ApiKeyId id, std::string_view secret) { return std::string(prefix) + hex_of(id.value) + "_" + std::string(secret); }

}  // namespace granary::adapters::key_file
