// Bytes, hashes and signatures: everything here that is cryptography, all of it libsodium's.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace verifier {

// Something is not what it claims to be; the text says what.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Hash = std::array<unsigned char, 32>;

Hash sha256(std::string_view bytes);
std::string hex_of(const Hash& hash);

// Throws Refused for anything but the one form of RFC 4648, section 4. `what` names the thing in the message.
std::string bytes_of_base64(std::string_view text, const std::string& what);
Hash hash_of_base64(std::string_view text, const std::string& what);

// Ed25519.
bool is_signature(std::string_view signature, std::string_view message, const Hash& public_key);

// RFC 6962, 2.1.
Hash leaf_of(std::string_view data);
Hash parent_of(const Hash& left, const Hash& right);

// The root of a tree of `size` leaves in which `leaf` stands at `index`, if `path` is right (RFC 9162, 2.1.3.2).
Hash root_above(const Hash& leaf, std::uint64_t index, std::uint64_t size, const std::vector<Hash>& path);

// The roots of the first `older` leaves and of all `newer` leaves, if `proof` is right (RFC 9162, 2.1.4.2). `older_root` is needed
// where the older tree is a whole part of the newer one. 0 < older < newer.
struct Roots {
    Hash older;
    Hash newer;
};
Roots roots_of(const std::vector<Hash>& proof, std::uint64_t older, const Hash& older_root, std::uint64_t newer);

}  // namespace verifier
