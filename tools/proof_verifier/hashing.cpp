// The walks are written as the RFC has them, with its names fn and sn.
#include "tools/proof_verifier/hashing.hpp"

#include <sodium.h>

#include <algorithm>

namespace verifier {
namespace {

constexpr int variant = sodium_base64_VARIANT_ORIGINAL;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string base64_of(std::string_view bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), variant);
    text.pop_back();
    return text;
}

void shift(std::uint64_t& fn, std::uint64_t& sn) {
    fn >>= 1;
    sn >>= 1;
}

}  // namespace

Hash sha256(std::string_view bytes) {
    Hash hash{};
    crypto_hash_sha256(hash.data(), bytes_of(bytes), bytes.size());
    return hash;
}

std::string hex_of(const Hash& hash) {
    std::string text(2 * hash.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    text.pop_back();
    return text;
}

std::string bytes_of_base64(std::string_view text, const std::string& what) {
    std::string bytes(text.size(), '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    const bool read = !text.empty() && sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr, &size, &end, variant) == 0;
    if (read) bytes.resize(size);
    if (!read || end != text.data() + text.size() || base64_of(bytes) != text) throw Refused(what + " is not base64");
    return bytes;
}

Hash hash_of_base64(std::string_view text, const std::string& what) {
    const std::string bytes = bytes_of_base64(text, what);
    Hash hash{};
    if (bytes.size() != hash.size()) throw Refused(what + " is not 32 bytes");
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
}

bool is_signature(std::string_view signature, std::string_view message, const Hash& public_key) {
    return signature.size() == crypto_sign_BYTES && crypto_sign_verify_detached(bytes_of(signature), bytes_of(message), message.size(), public_key.data()) == 0;
}

Hash leaf_of(std::string_view data) { return sha256(std::string(1, '\0').append(data)); }

Hash parent_of(const Hash& left, const Hash& right) {
    std::string bytes(1, '\1');
    bytes.append(left.begin(), left.end()).append(right.begin(), right.end());
    return sha256(bytes);
}

Hash root_above(const Hash& leaf, std::uint64_t index, std::uint64_t size, const std::vector<Hash>& path) {
    if (index >= size) throw Refused("the proof is of a leaf behind the end of its tree");
    std::uint64_t fn = index;
    std::uint64_t sn = size - 1;
    Hash r = leaf;
    for (const Hash& p : path) {
        if (sn == 0) throw Refused("the proof is longer than its tree is high");
        if ((fn & 1) == 1 || fn == sn) {
            r = parent_of(p, r);
            while ((fn & 1) == 0 && fn != 0) shift(fn, sn);
        } else {
            r = parent_of(r, p);
        }
        shift(fn, sn);
    }
    if (sn != 0) throw Refused("the proof is shorter than its tree is high");
    return r;
}

Roots roots_of(const std::vector<Hash>& proof, std::uint64_t older, const Hash& older_root, std::uint64_t newer) {
    std::vector<Hash> path = proof;
    if ((older & (older - 1)) == 0) path.insert(path.begin(), older_root);
    if (path.empty()) throw Refused("the proof of consistency is empty");
    std::uint64_t fn = older - 1;
    std::uint64_t sn = newer - 1;
    while ((fn & 1) == 1) shift(fn, sn);
    Roots roots{path.front(), path.front()};
    for (std::size_t i = 1; i < path.size(); ++i) {
        if (sn == 0) throw Refused("the proof of consistency is too long");
        if ((fn & 1) == 1 || fn == sn) {
            roots = {parent_of(path[i], roots.older), parent_of(path[i], roots.newer)};
            while ((fn & 1) == 0 && fn != 0) shift(fn, sn);
        } else {
            roots.newer = parent_of(roots.newer, path[i]);
        }
        shift(fn, sn);
    }
    if (sn != 0) throw Refused("the proof of consistency is too short");
    return roots;
}

}  // namespace verifier
