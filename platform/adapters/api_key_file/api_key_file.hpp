// API keys in a file of the data directory: works before the first start of a server, and beside a running one.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "platform/ports/api_keys.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/random.hpp"

namespace granary::adapters {

// `directory` (made when it is missing, for its owner only) holds api_keys.jsonl: one JSON object a line, appended under a
// lock and synced, never changed. A key made is {"op":"create","id","sha256","role","permissions","customer","name","at"},
// a key revoked {"op":"revoke","id","at"}. Only the SHA-256 of a key's secret is stored: the secret is 256 random bits, so
// there is nothing to guess and a slow password hash would only slow down every request.
//
// `random` must be a cryptographic source. `notice` is told, at most once for each change of the file, why a changed
// file could not be read; the keys known before then stay as they are. It may be empty.
// corrupt: a whole line that can't be understood. A torn last line (a crash while appending) is passed over.
Result<std::unique_ptr<ports::ApiKeyStore>> open_api_key_file(const std::filesystem::path& directory, const ports::Clock& clock, ports::Random& random,
                                                              std::function<void(const Fault&)> notice);

}  // namespace granary::adapters
