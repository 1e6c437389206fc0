// API keys: who calls, what they may do, and the store in which keys are made and revoked.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/permissions.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace granary::ports {

// What is known of a key; never the key itself.
struct ApiKey {
    ApiKeyId id;
    Role role = Role::guest;
    PermissionSet permissions;  // the role's, narrowed to the key's scopes
    CustomerId customer;        // whom a key of role customer acts for; nil for all other roles
    std::string name;           // a label for people; no personal data
    Time created_at;
    Time revoked_at;            // zero while it is good
};

struct ApiKeyWish {
    Role role = Role::guest;
    PermissionSet scopes;  // empty = all that the role may do; must be within the role
    CustomerId customer;
    std::string name;
};

// Thread-safe.
class ApiKeys {
  public:
    virtual ~ApiKeys() = default;
    // The good key that was presented (`grn_<id>_<secret>`), or null: unknown, malformed, wrong secret or revoked. Meant
    // for every request: a hash, a look-up and no input or output, but for noticing once in a while that keys changed.
    virtual std::shared_ptr<const ApiKey> find(std::string_view presented) = 0;
};

// Thread-safe, and safe beside other processes on the same store.
class ApiKeyStore : public ApiKeys {
  public:
    // Durable when it returns the key's text, which is not kept and can't be had again. invalid_argument: scopes beyond
    // the role, a customer where there must be none or none where there must be one, or a name that is too long.
    virtual Result<std::string> create(const ApiKeyWish& wish) = 0;
    // Durable when it returns. not_found: there is no such key. Revoking twice is fine.
    virtual Status revoke(ApiKeyId id) = 0;
    // All keys ever made, oldest first.
    virtual Result<std::vector<ApiKey>> list() = 0;
};

}  // namespace granary::ports
