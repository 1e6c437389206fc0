// The lines of the key file: what they say, and how they are written and read.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/digest.hpp"
#include "platform/ports/api_keys.hpp"

namespace granary::adapters::key_file {

struct StoredKey {
    std::shared_ptr<const ports::ApiKey> key;
    Digest secret_hash;
};

struct KeyTable {
    std::unordered_map<ApiKeyId, StoredKey> keys;
    std::vector<ApiKeyId> order;      // as created
    std::size_t whole_bytes = 0;      // of the file: up to the end of its last whole line
};

std::string line_of_creation(const ports::ApiKey& key, const Digest& secret_hash);
std::string line_of_revocation(ApiKeyId id, Time at);

// corrupt: a whole line that is not one of ours, names an unknown role, or revokes what was never made.
Result<KeyTable> read_lines(std::string_view text);

// `grn_<id: 32 hex>_<secret: 64 hex>`
struct PresentedKey {
    ApiKeyId id;
    std::string_view secret;
};
std::optional<PresentedKey> parse_key_text(std::string_view text);
std::string key_text(ApiKeyId id, std::string_view secret);

}  // namespace granary::adapters::key_file
