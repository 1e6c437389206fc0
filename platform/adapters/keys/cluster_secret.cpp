// HMAC-SHA-256 for what is derived, XChaCha20-Poly1305 for what is wrapped.
#include "platform/adapters/keys/cluster_secret.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "platform/adapters/keys/key_cache.hpp"

namespace granary {
namespace {

using ports::SecretKey;

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t wrapped_bytes = nonce_bytes + std::tuple_size_v<SecretKey> + crypto_aead_xchacha20poly1305_ietf_ABYTES;

unsigned char* data_of(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* data_of(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

ClusterSecret::~ClusterSecret() { sodium_memzero(secret_.data(), secret_.size()); }

SecretKey ClusterSecret::derive(std::string_view use, std::string_view name) const {
    std::string text(use);
    text += name;
    return hmac_sha256(secret_, text).bytes;
}

SecretKey ClusterSecret::secret(std::string_view name) const { return derive("granary secret ", name); }

SecretKey ClusterSecret::earlier_person_key(PersonId person) const { return derive("granary person key ", text_of(person)); }

std::string ClusterSecret::wrap(const SecretKey& key, std::string_view about, ports::Random& random) const {
    std::string wrapped(wrapped_bytes, '\0');
    const auto nonce = fresh_key(random);
    std::copy_n(nonce.begin(), nonce_bytes, wrapped.begin());
    auto wrapping = derive("granary key wrapping", "");
    unsigned long long written = 0;
    const int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(data_of(wrapped) + nonce_bytes, &written, key.data(), key.size(), data_of(about), about.size(), nullptr,
                                                                  data_of(wrapped), wrapping.data());
    GRANARY_CHECK(failed == 0 && written == wrapped_bytes - nonce_bytes);
    sodium_memzero(wrapping.data(), wrapping.size());
    return wrapped;
}

Result<SecretKey> ClusterSecret::unwrap(std::string_view wrapped, std::string_view about) const {
    SecretKey key{};
    auto wrapping = derive("granary key wrapping", "");
    const bool fits = wrapped.size() == wrapped_bytes &&
                      crypto_aead_xchacha20poly1305_ietf_decrypt(key.data(), nullptr, nullptr, data_of(wrapped) + nonce_bytes, wrapped.size() - nonce_bytes, data_of(about),
                                                                 about.size(), data_of(wrapped), wrapping.data()) == 0;
    sodium_memzero(wrapping.data(), wrapping.size());
    if (!fits) return fault(FaultCode::corrupt, "a person's key does not open under this cluster's secret; is it the one that the other nodes have?");
    return key;
}

}  // namespace granary
