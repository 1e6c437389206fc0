// The keys of nodes that share a secret: each is worked out from it, so that all nodes have the same ones and none is stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/digest.hpp"
#include "platform/ports/key_store.hpp"

namespace granary::cli {

// Thread-safe. A key that can be worked out can't be destroyed: `destroy_person_key` says so (unsupported), see
// docs/decisions/0041-several-nodes.md.
class ClusterKeys final : public ports::KeyStore {
  public:
    explicit ClusterKeys(std::string secret) : secret_(std::move(secret)) {}

    Result<ports::SecretKey> create_person_key(PersonId person) override {
        if (person.is_nil()) return fault(FaultCode::invalid_argument, "a key belongs to a person");
        return derive("granary person key ", text_of(person));
    }
    Result<std::optional<ports::SecretKey>> person_key(PersonId person) override {
        if (person.is_nil()) return std::optional<ports::SecretKey>();
        return std::optional(derive("granary person key ", text_of(person)));
    }
    Status destroy_person_key(PersonId) override {
        return fault(FaultCode::unsupported, "keys of several nodes are worked out from the cluster's secret and can't be destroyed one by one");
    }
    Result<ports::SecretKey> secret(std::string_view name) override {
        if (name.empty()) return fault(FaultCode::invalid_argument, "a secret has a name");
        return derive("granary secret ", name);
    }

  private:
    ports::SecretKey derive(std::string_view use, std::string_view name) const {
        std::string text(use);
        text += name;
        return hmac_sha256(secret_, text).bytes;
    }

    const std::string secret_;
};

}  // namespace granary::cli
