// SHA-256 by OpenSSL, with one context kept per thread: a fresh one costs more than hashing a record.
#include "core/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>
#include <memory>

#include "core/check.hpp"
#include "core/hex.hpp"

namespace granary {
namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

Digest sha256(std::string_view bytes) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    // One for the program's life: fetched per thread, it would outlive each thread as a leak.
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    GRANARY_CHECK(context != nullptr && algorithm != nullptr);
    Digest digest;
    const bool done = EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1 && EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(context.get(), digest.bytes.data(), nullptr) == 1;
    GRANARY_CHECK(done);
    return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
    Digest digest;
    unsigned int size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    GRANARY_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, bytes.size(), digest.bytes.data(), &size) != nullptr);
    GRANARY_CHECK(size == digest.bytes.size());
    return digest;
}

bool equal_secrets(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

std::string hex_of(const Digest& digest) { return hex_of_bytes(digest.view()); }

Uuid uuid_from(const Digest& digest) {
    std::array<unsigned char, 16> first{};
    std::memcpy(first.data(), digest.bytes.data(), first.size());
    return uuid_v8(uuid_of(first));
}

}  // namespace granary
