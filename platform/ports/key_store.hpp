// Keys that must never be in the log: one per person for personal data, and the log's own secrets.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

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
    // Called before work that needs a person's key, by a thread that must not wait for others: calls `done` once, at once or on a thread
    // of the adapter, and if all is well create_person_key answers right away afterwards. unavailable: not now. Whether the key was
    // destroyed is that call's to say.
    virtual void prepare(PersonId person, std::function<void(Status)> done) {
        (void)person;
        done({});
    }
    // Another key that data of this person may be under, where `tried` did not open it: one that a node has just made, or one from
    // before there were keys that can be destroyed. nullopt: none, or destroyed.
    virtual Result<std::optional<SecretKey>> other_person_key(PersonId person, const SecretKey& tried) {
        (void)person, (void)tried;
        return std::optional<SecretKey>();
    }
    // Durable when it returns, and nobody gets the key any more (other nodes once they have heard of it); remembers that and when, so that a
    // restore destroys it again. What files keep of it goes by when the adapter says: with a store of its own before this returns.
    virtual Status destroy_person_key(PersonId person) = 0;
    // When the key was destroyed; nullopt: it was not, whether there is one or not.
    virtual Result<std::optional<Time>> destroyed_at(PersonId person) = 0;
    // A secret by name ("command-ids", "cursors", "callbacks", ...), made on first use and kept for ever.
    virtual Result<SecretKey> secret(std::string_view name) = 0;
};

}  // namespace granary::ports
