// Seals and opens personal data under its person's key.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "schemas/values_fbs.h"

namespace granary::ports {

// Thread-safe.
class Sealer {
  public:
    virtual ~Sealer() = default;
    // Before seal or fingerprint_for, by a thread that must not wait: as ports::KeyStore::prepare.
    virtual void prepare(PersonId person, std::function<void(Status)> done) {
        (void)person;
        done({});
    }
    // XChaCha20-Poly1305 under the person's key (made on first use), with the person's id as associated data.
    virtual Result<wire::SealedT> seal(PersonId person, std::string_view clear) = 0;
    // nullopt: the key is gone (erased). corrupt: the box does not verify.
    virtual Result<std::optional<std::string>> open(const wire::SealedT& sealed) = 0;
    // MAC of a request body with personal data under the person's key (made on first use): once that is destroyed, nobody
    // can try guesses of the body against the log, not even with the log's secrets. conflict: the key is gone (erased).
    virtual Result<Fingerprint> fingerprint_for(PersonId person, std::string_view body) = 0;
    // MAC of any other request body under a secret of the log, so that nothing of it can be guessed from the log alone.
    virtual Fingerprint fingerprint(std::string_view body) const = 0;
};

}  // namespace granary::ports
