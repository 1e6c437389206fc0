// What nodes that share a secret work out from it, so that all of them have the same and none stores it.
#pragma once

#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "platform/ports/key_store.hpp"
#include "platform/ports/random.hpp"

namespace granary {

// Thread-safe.
class ClusterSecret {
  public:
    explicit ClusterSecret(std::string secret) : secret_(std::move(secret)) {}
    ~ClusterSecret();
    ClusterSecret(const ClusterSecret&) = delete;
    ClusterSecret& operator=(const ClusterSecret&) = delete;

    // The log's own secrets, by name.
    ports::SecretKey secret(std::string_view name) const;
    // What a person's data was sealed under before nodes kept keys of their own (docs/decisions/0084-shared-keys.md).
    ports::SecretKey earlier_person_key(PersonId person) const;

    // A key for safe keeping: a nonce of 24 bytes and the key under XChaCha20-Poly1305. `about` says whose it is and opens no other.
    std::string wrap(const ports::SecretKey& key, std::string_view about, ports::Random& random) const;
    // corrupt: it was not wrapped with this secret, or is about something else.
    Result<ports::SecretKey> unwrap(std::string_view wrapped, std::string_view about) const;

  private:
    ports::SecretKey derive(std::string_view use, std::string_view name) const;

    std::string secret_;
};

}  // namespace granary
