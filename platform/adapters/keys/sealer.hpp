// Seals personal data with XChaCha20-Poly1305 under keys of a key store.
#pragma once

#include <memory>

#include "core/result.hpp"
#include "platform/ports/key_store.hpp"
#include "platform/ports/random.hpp"
#include "platform/ports/sealer.hpp"

namespace granary {

// `keys` and `random` outlive the sealer. Thread-safe. A box is a nonce of 24 bytes (from `random`), the ciphertext, and a
// tag of 16 (draft-irtf-cfrg-xchacha); the person's id is associated data, so a box can't be moved to another person.
// Sealing nothing gives an empty box, which opens to nothing; more than sealed_bytes_max is invalid_argument.
// Takes the secret "fingerprints" from the key store at once, hence the result.
Result<std::unique_ptr<ports::Sealer>> make_sealer(ports::KeyStore& keys, ports::Random& random);

}  // namespace granary
