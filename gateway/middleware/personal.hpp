// Personal fields of a body: checked, brought into one form, and sealed before anything else sees them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/call.hpp"
#include "platform/ports/sealer.hpp"

namespace granary::gateway {

// The member as a JSON object of texts, of the given names only (each at most limits::personal_text_bytes_max); `lines`
// may be an array of up to five texts. nullopt when it is absent or wrong (the error is noted).
std::optional<std::string> read_personal_object(ObjectReader& body, std::string_view name, std::span<const std::string_view> fields, BodyErrors& errors);

inline constexpr std::string_view address_fields[] = {"name", "lines", "city", "postcode", "phone"};
inline constexpr std::string_view profile_fields[] = {"name", "email", "phone"};

// Answers a call whose personal data could not be sealed. The key of a person that is gone never comes back: 409 customer_erased.
void fail_sealing(const CallPtr& call, const Fault& fault);

// Runs `work` once the person's key can be had without waiting for others, on any thread; answers the call when it can't.
void with_person_key(const CallPtr& call, PersonId person, std::function<void(const CallPtr&)> work);

// Null for empty text: nothing was given.
Result<std::unique_ptr<wire::SealedT>> seal_text(ports::Sealer& sealer, PersonId person, std::string_view clear);

}  // namespace granary::gateway
