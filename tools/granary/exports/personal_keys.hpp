// What opens personal data for an export made beside a server, or without one: nobody records that, see docs/export.md.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "platform/ports/key_store.hpp"
#include "platform/ports/sealer.hpp"
#include "platform/ports/store.hpp"

namespace granary::cli {

// Read only. Not thread-safe.
class PersonalKeys {
  public:
    // Those of a data directory. not_found: there are none.
    static Result<std::unique_ptr<PersonalKeys>> of_data(const std::string& data);

    ports::Sealer& sealer() { return *sealer_; }

  private:
    PersonalKeys() = default;

    SystemRandom random_;
    std::unique_ptr<ports::Store> store_;
    std::unique_ptr<ports::KeyStore> keys_;
    std::unique_ptr<ports::Sealer> sealer_;
};

}  // namespace granary::cli
