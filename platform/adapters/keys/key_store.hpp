// The keys for personal data and the log's own secrets, kept in a store of their own, never in the log.
#pragma once

#include <cstdint>
#include <memory>

#include "core/result.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/key_store.hpp"
#include "platform/ports/random.hpp"
#include "platform/ports/store.hpp"

namespace granary {

// `store` holds nothing else and, with the others, outlives the key store. Fresh keys are two draws of `random`, so it
// must be unpredictable in production. Thread-safe.
// Making a person's key costs one synced write (threads that make keys at the same time share a sync if the store groups
// its writes); using one costs a look-up in a bounded cache, or one read. A destroyed key leaves a mark with its time.
// corrupt: an entry is not what this version wrote.
Result<std::unique_ptr<ports::KeyStore>> open_key_store(ports::Store& store, const ports::Clock& clock, ports::Random& random);

// The same over a store that is only read, maybe beside a running server: nothing is made or destroyed (unsupported), and a key that was
// used stays at hand. not_found: these are no keys of a log that was ever served.
Result<std::unique_ptr<ports::KeyStore>> open_key_store_to_read(const ports::Store& store);

// Brings `to`, a store like the one above or an empty one, up to what `from` holds, as a backup or a restore: a key that either
// of them destroyed is destroyed in it afterwards, the copies of a topic that several nodes keep included. Returns how many keys and secrets were written; durable when it returns.
// conflict: the two belong to different logs; nothing of `from` is changed.
Result<std::uint64_t> copy_keys(const ports::Store& from, ports::Store& to);

}  // namespace granary
