// Idempotency-Key: its syntax, the ids that follow from it, and which of them are under way.
#pragma once

#include <array>
#include <expected>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/digest.hpp"
#include "core/ids.hpp"

namespace granary::gateway {

// Bare or in double quotes, 1 to limits::idempotency_key_bytes_max visible ASCII characters (spaces only between them).
// The error says what is wrong.
std::expected<std::string, std::string> parse_idempotency_key(std::string_view header);

// Who asked for what: a key of one principal, method or path is another key elsewhere. `about`: what the body names, where that decides
// the partition, which alone remembers its keys (docs/decisions/0075); else empty.
struct KeyScope {
    std::string_view principal;
    std::string_view method;
    std::string_view path;
    std::string_view key;
    std::string_view about = {};
};

// A keyed hash, as a UUID version 8: the same for a retry, and not to be guessed from the log.
CommandId command_id_of(std::string_view secret, const KeyScope& scope);
// The id of what the command makes, so that a retry reaches the same partition and the same aggregate.
Uuid derived_id(std::string_view secret, CommandId command, std::string_view kind);

template <class Kind>
Id<Kind> derive(std::string_view secret, CommandId command) {
    return {derived_id(secret, command, Kind::prefix)};
}

// Commands of clients that wait for their answer, so that a second request under the same key is told so. Thread-safe.
class KeysInFlight {
  public:
    enum class Entry { entered, under_way, full };

    Entry enter(CommandId id);
    void leave(CommandId id);

  private:
    static constexpr std::size_t shard_count = 16;
    struct Shard {
        std::mutex mutex;
        std::unordered_set<CommandId> ids;
    };
    Shard& shard_of(CommandId id) { return shards_[id.value.lo % shard_count]; }

    std::array<Shard, shard_count> shards_;
};

}  // namespace granary::gateway
