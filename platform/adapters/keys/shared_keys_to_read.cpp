// What a node's copy of shared keys answers when nobody follows their topic.
#include <sodium.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "platform/adapters/keys/known_keys.hpp"
#include "platform/adapters/keys/shared_key_store.hpp"

namespace granary {
namespace {

using ports::SecretKey;

class SharedKeysToRead final : public ports::KeyStore {
  public:
    SharedKeysToRead(KeyReplica replica, std::string secret) : known_(std::move(replica), std::move(secret)) {}

    Result<SecretKey> create_person_key(PersonId) override { return fault(FaultCode::unsupported, "these keys are only read"); }
    Status destroy_person_key(PersonId) override { return fault(FaultCode::unsupported, "these keys are only read"); }
    Result<std::optional<SecretKey>> person_key(PersonId person) override {
        if (person.is_nil()) return std::optional<SecretKey>();
        const auto known = known_.find(person);
        if (!known) return std::unexpected(known.error());
        return known->key || known->destroyed ? known->key : known_.earlier(person);
    }
    Result<std::optional<SecretKey>> other_person_key(PersonId person, const SecretKey& tried) override {
        const auto earlier = known_.earlier(person);
        const auto when = destroyed_at(person);
        if (!when) return std::unexpected(when.error());
        return !*when && earlier && tried != *earlier ? earlier : std::optional<SecretKey>();
    }
    Result<std::optional<Time>> destroyed_at(PersonId person) override { return known_.destroyed_at(person); }
    Result<SecretKey> secret(std::string_view name) override { return known_.secret().secret(name); }

  private:
    KnownKeys known_;
};

}  // namespace

Result<std::unique_ptr<ports::KeyStore>> open_shared_key_store_to_read(const ports::Store& store, std::string secret) {
    if (sodium_init() < 0) return fault(FaultCode::io_error, "libsodium could not start");
    auto replica = KeyReplica::open_to_read(store);
    if (!replica) return std::unexpected(std::move(replica.error()));
    return std::make_unique<SharedKeysToRead>(std::move(*replica), std::move(secret));
}

}  // namespace granary
