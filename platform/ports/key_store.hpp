// Keys that must never be in the log: one per person for personal data, and the log's own secrets.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace granary::ports {

using SecretKey = std::array<unsigned char, 32>;

// Thread-safe. A key returned by `create_person_key` is durable.
class KeyStore {
  public:
    virtual ~KeyStore() = default;
    // The person's key, made on first use. conflict: the key was destroyed; it never comes back.
    virtual Result<SecretKey> create_person_key(PersonId person) = 0;
    // nullopt: never made, or destroyed.
    virtual Result<std::optional<SecretKey>> person_key(PersonId person) = 0;
    // Durable when it returns, and the key is in no file of the store any more; remembers that and when, so that a restore
    // destroys it again.
    virtual Status destroy_person_key(PersonId person) = 0;
    // A secret by name ("command-ids", "cursors", "callbacks", ...), made on first use and kept for ever.
    virtual Result<SecretKey> secret(std::string_view name) = 0;
};

}  // namespace granary::ports
