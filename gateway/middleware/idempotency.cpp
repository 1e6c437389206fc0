// Parts of a scope are kept apart by NUL bytes, which none of them can contain.
#include "gateway/middleware/idempotency.hpp"

#include <algorithm>

#include "core/limits.hpp"

namespace granary::gateway {

std::expected<std::string, std::string> parse_idempotency_key(std::string_view header) {
    auto key = header;
    if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
    if (key.empty()) return std::unexpected("Idempotency-Key must not be empty");
    if (key.size() > limits::idempotency_key_bytes_max) return std::unexpected("Idempotency-Key must have at most 255 characters");
    const bool printable = std::ranges::all_of(key, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
    if (!printable || key.front() == ' ' || key.back() == ' ') {
        return std::unexpected("Idempotency-Key must be printable ASCII, bare or in double quotes, without quotes or backslashes inside");
    }
    return std::string(key);
}

CommandId command_id_of(std::string_view secret, const KeyScope& scope) {
    std::string text = "command";
    for (const auto part : {scope.principal, scope.method, scope.path, scope.key}) text.append(1, '\0').append(part);
    if (!scope.about.empty()) text.append(1, '\0').append(scope.about);
    return {uuid_from(hmac_sha256(secret, text))};
}

Uuid derived_id(std::string_view secret, CommandId command, std::string_view kind) {
    const auto bytes = bytes_of(command.value);
    std::string text = "derived";
    text.append(1, '\0').append(kind).append(1, '\0').append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return uuid_from(hmac_sha256(secret, text));
}

KeysInFlight::Entry KeysInFlight::enter(CommandId id) {
    Shard& shard = shard_of(id);
    const std::lock_guard lock(shard.mutex);
    if (shard.ids.contains(id)) return Entry::under_way;
    if (shard.ids.size() >= limits::keys_in_flight_max / shard_count) return Entry::full;
    shard.ids.insert(id);
    return Entry::entered;
}

void KeysInFlight::leave(CommandId id) {
    Shard& shard = shard_of(id);
    const std::lock_guard lock(shard.mutex);
    shard.ids.erase(id);
}

}  // namespace granary::gateway
