// Ed25519 is libsodium's; the form is that of c2sp.org/signed-note.
#include "proofs/note.hpp"

#include <sodium.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/check.hpp"
#include "core/hex.hpp"
#include "proofs/base64.hpp"

namespace granary::proofs {
namespace {

constexpr char ed25519 = 1;  // the kind of key and signature
constexpr std::string_view signature_mark = "\xE2\x80\x94 ";  // an em dash and a space
constexpr std::string_view private_mark = "PRIVATE+KEY+";
constexpr std::size_t key_bytes = 32;

std::string_view view_of(const std::array<unsigned char, key_bytes>& key) { return {reinterpret_cast<const char*>(key.data()), key.size()}; }

bool is_key_name(std::string_view name) {
    return !name.empty() && name.size() <= key_name_bytes_max && std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~' && c != '+'; });
}

std::string hex_of_id(std::uint32_t id) {
    std::string text;
    append_hex_number(text, id);
    return text;
}

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

std::string key_text(const VerifierKey& verifier, std::string_view key) {
    return verifier.name + "+" + hex_of_id(verifier.id()) + "+" + base64_of(std::string(1, ed25519).append(key));
}

struct KeyParts {
    std::string name;
    std::string id;
    std::array<unsigned char, key_bytes> key{};
};

std::optional<KeyParts> parts_of(std::string_view text) {
    const auto first = text.find('+');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = text.find('+', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto key = bytes_of_base64(text.substr(second + 1));
    if (!is_key_name(text.substr(0, first)) || !key || key->size() != key_bytes + 1 || key->front() != ed25519) return std::nullopt;
    KeyParts parts{std::string(text.substr(0, first)), std::string(text.substr(first + 1, second - first - 1)), {}};
    std::copy(key->begin() + 1, key->end(), parts.key.begin());
    return parts;
}

bool is_note_text(std::string_view text) {
    if (text.empty() || text.front() == '\n' || text.back() != '\n' || text.find("\n\n") != std::string_view::npos) return false;
    return std::ranges::all_of(text, [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= ' '; });
}

std::optional<NoteSignature> parse_signature(std::string_view line) {
    if (!line.starts_with(signature_mark)) return std::nullopt;
    line.remove_prefix(signature_mark.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos || !is_key_name(line.substr(0, space))) return std::nullopt;
    const auto bytes = bytes_of_base64(line.substr(space + 1));
    if (!bytes || bytes->size() < 5) return std::nullopt;
    return NoteSignature{std::string(line.substr(0, space)), big_endian(*bytes), bytes->substr(4)};
}

}  // namespace

std::uint32_t VerifierKey::id() const {
    const Digest digest = sha256(name + "\n" + ed25519 + std::string(view_of(key)));
    return big_endian(digest.view());
}

std::string text_of(const VerifierKey& key) { return key_text(key, view_of(key.key)); }

Result<VerifierKey> parse_verifier_key(std::string_view text) {
    auto parts = text.starts_with(private_mark) ? std::nullopt : parts_of(text);
    if (!parts) return fault(FaultCode::invalid_argument, "a verifier key looks like NAME+KEYID+BASE64, with an Ed25519 key; `granary proof key` prints it");
    VerifierKey key{std::move(parts->name), parts->key};
    if (parts->id != hex_of_id(key.id())) return fault(FaultCode::invalid_argument, "the key id in the verifier key does not belong to the key: copy it again, whole");
    return key;
}

VerifierKey SigningKey::verifier() const {
    VerifierKey verifier{name, {}};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
    GRANARY_CHECK(crypto_sign_seed_keypair(verifier.key.data(), secret.data(), seed.data()) == 0);
    sodium_memzero(secret.data(), secret.size());
    return verifier;
}

std::string text_of(const SigningKey& key) { return std::string(private_mark) + key_text(key.verifier(), view_of(key.seed)); }

Result<SigningKey> parse_signing_key(std::string_view text) {
    auto parts = text.starts_with(private_mark) ? parts_of(text.substr(private_mark.size())) : std::nullopt;
    if (!parts) return fault(FaultCode::corrupt, "a signing key looks like PRIVATE+KEY+NAME+KEYID+BASE64");
    SigningKey key{std::move(parts->name), parts->key};
    if (parts->id != hex_of_id(key.verifier().id())) return fault(FaultCode::corrupt, "the key id in the signing key does not belong to the key");
    return key;
}

std::string sign_note(std::string_view text, const SigningKey& key) {
    GRANARY_CHECK(is_note_text(text));
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> verifier{};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
    std::array<unsigned char, crypto_sign_BYTES> signature{};
    GRANARY_CHECK(crypto_sign_seed_keypair(verifier.data(), secret.data(), key.seed.data()) == 0);
    crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(text.data()), text.size(), secret.data());
    sodium_memzero(secret.data(), secret.size());
    std::string bytes;
    const std::uint32_t id = VerifierKey{key.name, verifier}.id();
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(id >> shift & 0xFF);
    bytes.append(reinterpret_cast<const char*>(signature.data()), signature.size());
    return std::string(text).append("\n").append(signature_mark).append(key.name).append(" ").append(base64_of(bytes)).append("\n");
}

bool Note::signed_by(const VerifierKey& key) const {
    const auto id = key.id();
    const auto found = std::ranges::find_if(signatures, [&](const auto& signature) { return signature.name == key.name && signature.key_id == id; });
    if (found == signatures.end() || found->bytes.size() != crypto_sign_BYTES) return false;
    return crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(found->bytes.data()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.key.data()) == 0;
}

Result<Note> parse_note(std::string_view bytes) {
    if (bytes.size() > note_bytes_max) return fault(FaultCode::corrupt, "a note may have 64 KiB at most");
    const auto blank = bytes.rfind("\n\n");
    if (blank == std::string_view::npos || bytes.back() != '\n') return fault(FaultCode::corrupt, "a note is text, a blank line and signature lines, each ended by a line feed");
    Note note{std::string(bytes.substr(0, blank + 1)), {}};
    if (!is_note_text(note.text)) return fault(FaultCode::corrupt, "the text of a note has no empty lines and no control characters");
    for (auto rest = bytes.substr(blank + 2); !rest.empty();) {
        const auto end = rest.find('\n');
        auto signature = parse_signature(rest.substr(0, end));
        if (!signature || note.signatures.size() == note_signatures_max) return fault(FaultCode::corrupt, "a signature line of the note is not `EM-DASH NAME BASE64`, or there are more than 100");
        note.signatures.push_back(std::move(*signature));
        rest.remove_prefix(end + 1);
    }
    if (note.signatures.empty()) return fault(FaultCode::corrupt, "the note is not signed");
    return note;
}

std::size_t end_of_note(std::string_view bytes) {
    auto end = bytes.find("\n\n");
    if (end == std::string_view::npos) return end;
    end += 2;
    while (bytes.substr(end).starts_with(signature_mark) && bytes.find('\n', end) != std::string_view::npos) end = bytes.find('\n', end) + 1;
    return end;
}

Result<std::vector<Note>> parse_notes(std::string_view bytes, std::size_t notes_max) {
    std::vector<Note> notes;
    while (!bytes.empty()) {
        const auto end = end_of_note(bytes);
        if (end == std::string_view::npos) return fault(FaultCode::corrupt, "behind note " + std::to_string(notes.size()) + " stands something that is no note");
        auto note = parse_note(bytes.substr(0, end));
        if (!note) return fault(note.error().code, "note " + std::to_string(notes.size() + 1) + ": " + note.error().message);
        if (notes.size() == notes_max) return fault(FaultCode::corrupt, "there are more than " + std::to_string(notes_max) + " notes");
        notes.push_back(std::move(*note));
        bytes.remove_prefix(end);
        if (bytes.starts_with('\n')) bytes.remove_prefix(1);
    }
    return notes;
}

}  // namespace granary::proofs
