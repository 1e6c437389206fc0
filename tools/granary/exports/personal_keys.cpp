// The store of keys is opened read-only, so a running server is not disturbed.
#include "tools/granary/exports/personal_keys.hpp"

#include <utility>

#include "platform/adapters/keys/key_replica.hpp"
#include "platform/adapters/keys/key_store.hpp"
#include "platform/adapters/keys/sealer.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "tools/granary/data_directory.hpp"

namespace granary::cli {

Result<std::unique_ptr<PersonalKeys>> PersonalKeys::of_data(const std::string& data) {
    std::unique_ptr<PersonalKeys> personal(new PersonalKeys);
    rocks::StoreOptions options;
    options.path = DataDirectory{data}.keys() + "/store";
    auto store = rocks::open_store_read_only(options);
    if (!store) return std::unexpected(std::move(store.error()));
    personal->store_ = std::move(*store);
    auto keys = open_key_store_to_read(*personal->store_);
    if (!keys && keys.error().code == FaultCode::not_found && KeyReplica::open_to_read(*personal->store_)) {
        return fault(FaultCode::unsupported, "several nodes share the keys of this log, under a secret that this verb is not given: ask one of them with --url");
    }
    if (!keys) return std::unexpected(std::move(keys.error()));
    personal->keys_ = std::move(*keys);
    auto sealer = make_sealer(*personal->keys_, personal->random_);
    if (!sealer) return std::unexpected(std::move(sealer.error()));
    personal->sealer_ = std::move(*sealer);
    return personal;
}

}  // namespace granary::cli
