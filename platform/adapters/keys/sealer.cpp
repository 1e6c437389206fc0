// XChaCha20-Poly1305-IETF by libsodium; keys are wiped from the stack after use.
#include "platform/adapters/keys/sealer.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "core/limits.hpp"

namespace granary {
namespace {

using ports::SecretKey;

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == std::tuple_size_v<SecretKey>);

// Wipes a key when its scope ends.
class WipedKey {
  public:
    explicit WipedKey(const SecretKey& key) : key_(key) {}
    ~WipedKey() { sodium_memzero(key_.data(), key_.size()); }
    WipedKey(const WipedKey&) = delete;
    WipedKey& operator=(const WipedKey&) = delete;
    const unsigned char* data() const { return key_.data(); }

  private:
    SecretKey key_;
};

const unsigned char* data_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

class XChaChaSealer final : public ports::Sealer {
  public:
    XChaChaSealer(ports::KeyStore& keys, ports::Random& random, const SecretKey& fingerprints) : keys_(keys), random_(random), fingerprints_(fingerprints) {}

    void prepare(PersonId person, std::function<void(Status)> done) override { keys_.prepare(person, std::move(done)); }
    Result<wire::SealedT> seal(PersonId person, std::string_view clear) override;
    Result<std::optional<std::string>> open(const wire::SealedT& sealed) override;
    Result<Fingerprint> fingerprint_for(PersonId person, std::string_view body) override;
    Fingerprint fingerprint(std::string_view body) const override;

  private:
    void draw_nonce(unsigned char* out);

    ports::KeyStore& keys_;
    ports::Random& random_;
    WipedKey fingerprints_;
};

void XChaChaSealer::draw_nonce(unsigned char* out) {
    const auto first = bytes_of(random_.bits());
    const auto second = bytes_of(random_.bits());
    out = std::copy(first.begin(), first.end(), out);
    std::copy_n(second.begin(), nonce_bytes - first.size(), out);
}

Result<wire::SealedT> XChaChaSealer::seal(PersonId person, std::string_view clear) {
    wire::SealedT sealed;
    sealed.person = person;
    if (clear.empty()) return sealed;
    if (clear.size() > limits::sealed_bytes_max - nonce_bytes - tag_bytes) return fault(FaultCode::invalid_argument, "too much personal data for one field");
    auto made = keys_.create_person_key(person);
    if (!made) return std::unexpected(std::move(made.error()));
    const WipedKey key(*made);
    sodium_memzero(made->data(), made->size());
    sealed.box.resize(nonce_bytes + clear.size() + tag_bytes);
    draw_nonce(sealed.box.data());
    const auto owner = bytes_of(person.value);
    unsigned long long written = 0;
    const int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.box.data() + nonce_bytes, &written, data_of(clear), clear.size(), owner.data(),
                                                                  owner.size(), nullptr, sealed.box.data(), key.data());
    GRANARY_CHECK(failed == 0 && written == clear.size() + tag_bytes);
    return sealed;
}

// nullopt: it does not verify under this key.
std::optional<std::string> opened_under(const SecretKey& key, const wire::SealedT& sealed) {
    std::string clear(sealed.box.size() - nonce_bytes - tag_bytes, '\0');
    const auto owner = bytes_of(sealed.person.value);
    const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(clear.data()), nullptr, nullptr, sealed.box.data() + nonce_bytes,
                                                                  sealed.box.size() - nonce_bytes, owner.data(), owner.size(), sealed.box.data(), key.data());
    return failed == 0 ? std::optional(std::move(clear)) : std::nullopt;
}

Result<std::optional<std::string>> XChaChaSealer::open(const wire::SealedT& sealed) {
    if (sealed.box.empty()) return std::optional<std::string>(std::in_place);
    if (sealed.box.size() <= nonce_bytes + tag_bytes) return fault(FaultCode::corrupt, "a sealed field is too short to be one");
    auto key = keys_.person_key(sealed.person);
    if (!key) return std::unexpected(std::move(key.error()));
    if (!*key) return std::optional<std::string>();
    auto clear = opened_under(**key, sealed);
    if (!clear) {
        auto other = keys_.other_person_key(sealed.person, **key);
        if (other && *other) clear = opened_under(**other, sealed);
        if (other && *other) sodium_memzero((*other)->data(), (*other)->size());
        if (!other) return std::unexpected(std::move(other.error()));
    }
    sodium_memzero((*key)->data(), (*key)->size());
    if (!clear) return fault(FaultCode::corrupt, "a sealed field does not verify under its person's key");
    return clear;
}

Fingerprint mac_under(const unsigned char* key, std::string_view body) {
    Digest mac;
    const int failed = crypto_generichash(mac.bytes.data(), mac.bytes.size(), data_of(body), body.size(), key, std::tuple_size_v<SecretKey>);
    GRANARY_CHECK(failed == 0);
    return {uuid_from(mac)};
}

// Under a key derived from the person's, for that one seals.
Result<Fingerprint> XChaChaSealer::fingerprint_for(PersonId person, std::string_view body) {
    static_assert(std::tuple_size_v<SecretKey> == crypto_kdf_KEYBYTES);
    auto made = keys_.create_person_key(person);
    if (!made) return std::unexpected(std::move(made.error()));
    SecretKey derived{};
    const int failed = crypto_kdf_derive_from_key(derived.data(), derived.size(), 1, "fngrprnt", made->data());
    GRANARY_CHECK(failed == 0);
    const auto fingerprint = mac_under(derived.data(), body);
    sodium_memzero(made->data(), made->size());
    sodium_memzero(derived.data(), derived.size());
    return fingerprint;
}

Fingerprint XChaChaSealer::fingerprint(std::string_view body) const { return mac_under(fingerprints_.data(), body); }

}  // namespace

Result<std::unique_ptr<ports::Sealer>> make_sealer(ports::KeyStore& keys, ports::Random& random) {
    if (sodium_init() < 0) return fault(FaultCode::io_error, "libsodium could not start");
    auto secret = keys.secret("fingerprints");
    if (!secret) return std::unexpected(std::move(secret.error()));
    auto sealer = std::make_unique<XChaChaSealer>(keys, random, *secret);
    sodium_memzero(secret->data(), secret->size());
    return sealer;
}

}  // namespace granary
