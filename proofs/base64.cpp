// By libsodium; what it lets pass beyond the one form is refused.
#include "proofs/base64.hpp"

#include <sodium.h>

#include <algorithm>

namespace granary::proofs {

std::string base64_of(std::string_view bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // the terminating zero
    return text;
}

std::optional<std::string> bytes_of_base64(std::string_view text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr, &size, &end, sodium_base64_VARIANT_ORIGINAL);
    if (failed != 0 || end != text.data() + text.size()) return std::nullopt;
    bytes.resize(size);
    if (base64_of(bytes) != text) return std::nullopt;
    return bytes;
}

std::optional<Digest> digest_of_base64(std::string_view text) {
    const auto bytes = bytes_of_base64(text);
    Digest digest;
    if (!bytes || bytes->size() != digest.bytes.size()) return std::nullopt;
    std::ranges::copy(*bytes, digest.bytes.begin());
    return digest;
}

}  // namespace granary::proofs
