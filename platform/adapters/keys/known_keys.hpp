// Shared keys that are found without the topic, in a node's own copy of it.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/adapters/keys/cluster_secret.hpp"
#include "platform/adapters/keys/key_replica.hpp"
#include "platform/ports/key_store.hpp"

namespace granary {

// Reads are thread-safe, as those of the copy are.
class KnownKeys {
  public:
    KnownKeys(KeyReplica replica, std::string secret) : replica_(std::move(replica)), secret_(std::move(secret)) {}

    struct Known {
        bool destroyed = false;
        std::optional<ports::SecretKey> key;
    };
    // The key of the record that counts.
    Result<Known> find(PersonId person) const {
        const auto found = replica_.find(person);
        if (!found) return std::unexpected(found.error());
        if (found->destroyed_at) return Known{true, {}};
        if (found->name.empty()) return Known{};
        const auto key = secret_.unwrap(found->wrapped, about_key(replica_.begun().log, found->name));
        if (!key) return std::unexpected(key.error());
        return Known{false, *key};
    }
    // nullopt: this log has no data under such keys.
    std::optional<ports::SecretKey> earlier(PersonId person) const {
        return replica_.begun().derived_before ? std::optional(secret_.earlier_person_key(person)) : std::nullopt;
    }
    Result<std::optional<Time>> destroyed_at(PersonId person) const {
        const auto found = replica_.find(person);
        if (!found) return std::unexpected(found.error());
        return found->destroyed_at;
    }
    KeyReplica& replica() { return replica_; }
    const ClusterSecret& secret() const { return secret_; }

  private:
    KeyReplica replica_;
    const ClusterSecret secret_;
};

}  // namespace granary
