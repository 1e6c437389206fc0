// Signed notes (c2sp.org/signed-note): lines of text with Ed25519 signatures under them, which other programs can check, too.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace granary::proofs {

inline constexpr std::size_t note_bytes_max = 64 * 1024;
inline constexpr std::size_t note_signatures_max = 100;
inline constexpr std::size_t key_name_bytes_max = 255;

// Whom to believe: `NAME+KEYID+BASE64`, made to be published.
struct VerifierKey {
    std::string name;  // no space, no plus sign
    std::array<unsigned char, 32> key{};

    // The first four bytes of the SHA-256 of name and key: tells keys of one name apart.
    std::uint32_t id() const;
    bool operator==(const VerifierKey&) const = default;
};

std::string text_of(const VerifierKey& key);
// invalid_argument: another form, another kind of key, or a key id that does not belong to the key.
Result<VerifierKey> parse_verifier_key(std::string_view text);

// Secret.
struct SigningKey {
    std::string name;
    std::array<unsigned char, 32> seed{};

    VerifierKey verifier() const;
};

// `PRIVATE+KEY+NAME+KEYID+BASE64`.
std::string text_of(const SigningKey& key);
Result<SigningKey> parse_signing_key(std::string_view text);

struct NoteSignature {
    std::string name;
    std::uint32_t key_id = 0;
    std::string bytes;
};

struct Note {
    std::string text;  // with its last line feed, without the blank line
    std::vector<NoteSignature> signatures;

    // True when the first signature of this key is right. Signatures of other keys say nothing.
    bool signed_by(const VerifierKey& key) const;
};

// `text`: lines, each ended by a line feed, none of them empty.
std::string sign_note(std::string_view text, const SigningKey& key);

// corrupt: no signed note; says which part is wrong. Signatures are looked at by signed_by only.
Result<Note> parse_note(std::string_view bytes);

// Where the note ends with which `bytes` begin: behind the last of the signature lines that follow its blank line. npos: no note.
std::size_t end_of_note(std::string_view bytes);

// Several notes, one behind the other with a blank line between them: a file of checkpoints. At most `notes_max`.
Result<std::vector<Note>> parse_notes(std::string_view bytes, std::size_t notes_max);

}  // namespace granary::proofs
