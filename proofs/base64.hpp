// Base64 with padding (RFC 4648, section 4), as notes and proofs write it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/digest.hpp"

namespace granary::proofs {

std::string base64_of(std::string_view bytes);
// Only what base64_of writes: no line ends, no missing padding, no stray bits behind the last byte.
std::optional<std::string> bytes_of_base64(std::string_view text);
// The same, of exactly 32 bytes.
std::optional<Digest> digest_of_base64(std::string_view text);

}  // namespace granary::proofs
