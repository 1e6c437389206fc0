// Notes, checkpoints and proofs as text: read back as written, and nothing else is read.
#include "proofs/note.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "proofs/base64.hpp"
#include "proofs/checkpoint.hpp"
#include "proofs/proof_text.hpp"
#include "proofs/verified.hpp"
#include "tests/proofs/signed_tree.hpp"

namespace granary::proofs {
namespace {

using tests::key_of;
using tests::some_log;
using tests::SignedTree;

// The example that comes with Go's golang.org/x/mod/sumdb/note.
constexpr std::string_view known_verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view known_signer = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr std::string_view known_text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
constexpr std::string_view known_note =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "\xE2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

TEST_CASE("keys and notes are those of other programs") {
    const auto signer = parse_signing_key(known_signer);
    REQUIRE(signer);
    CHECK(text_of(*signer) == known_signer);
    CHECK(text_of(signer->verifier()) == known_verifier);
    CHECK(sign_note(known_text, *signer) == known_note);
    const auto verifier = parse_verifier_key(known_verifier);
    REQUIRE(verifier);
    CHECK(*verifier == signer->verifier());
    const auto note = parse_note(known_note);
    REQUIRE(note);
    CHECK(note->text == known_text);
    CHECK(note->signed_by(*verifier));
}

TEST_CASE("a note that was changed anywhere is not signed, or is no note") {
    const auto verifier = parse_verifier_key(known_verifier);
    for (std::size_t at = 0; at < known_note.size(); ++at) {
        for (const char bit : {'\1', ' '}) {
            std::string changed(known_note);
            changed[at] = static_cast<char>(changed[at] ^ bit);
            const auto note = parse_note(changed);
            CHECK_MESSAGE((!note || !note->signed_by(*verifier)), "byte " << at);
        }
    }
}

TEST_CASE("a key whose parts don't belong together is refused") {
    for (const std::string_view bad : {"", "PeterNeumann", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                       "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX",
                                       "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=", "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"}) {
        CHECK_MESSAGE(!parse_verifier_key(bad), bad);
    }
    CHECK_FALSE(parse_signing_key(known_verifier));
}

TEST_CASE("base64 has one form for each string of bytes") {
    CHECK(rc::check([](const std::string& bytes) {
        const auto text = base64_of(bytes);
        RC_ASSERT(bytes_of_base64(text) == bytes);
    }));
    for (const std::string_view bad : {"A", "AA", "AAA", "AAA=A", "AA=", "AB==", "A A=", "AAA=\n", "AAA-"}) CHECK_MESSAGE(!bytes_of_base64(bad), bad);
}

TEST_CASE("a checkpoint is read back as it was written, and in no other form") {
    const Checkpoint checkpoint{{some_log, 64, {7}}, 123, sha256("root")};
    const std::string text = text_of(checkpoint);
    CHECK(text == "granary/0000000000000007000000000000000b/7-of-64\n123\n" + base64_of(checkpoint.root.view()) + "\n");
    const auto read = parse_checkpoint(text);
    REQUIRE(read);
    CHECK(*read == checkpoint);
    for (const auto& [part, other] : std::vector<std::pair<std::string, std::string>>{
             {"granary/", "granery/"}, {"/7-of", "/07-of"}, {"/7-of", "/64-of"}, {"of-64", "of-0"}, {"of-64", "of-99999"}, {"\n123", "\n0123"}, {"\n123", "\n-1"}, {"\n123", "\n9223372036854775808"}, {"=\n", "=\nmore\n"}, {"=\n", "="}}) {
        std::string changed = text;
        changed.replace(changed.find(part), part.size(), other);
        CHECK_MESSAGE(!parse_checkpoint(changed), changed);
    }
}

TEST_CASE("a file of checkpoints holds every partition once, in order") {
    const auto key = key_of(some_log);
    std::vector<std::string> notes;
    for (std::uint32_t number = 0; number < 3; ++number) notes.push_back(sign_note(text_of(Checkpoint{{some_log, 3, {number}}, number, sha256(std::to_string(number))}), key));
    const auto verifier = key.verifier();
    const auto all = verified_checkpoints(notes[0] + "\n" + notes[1] + "\n" + notes[2], verifier);
    REQUIRE(all);
    CHECK(all->size() == 3);
    CHECK_FALSE(verified_checkpoints(notes[0] + "\n" + notes[1], verifier));
    CHECK_FALSE(verified_checkpoints(notes[0] + "\n" + notes[2] + "\n" + notes[1], verifier));
    CHECK_FALSE(verified_checkpoints(notes[0] + "\n" + notes[1] + "\n" + notes[1], verifier));
    CHECK_FALSE(verified_checkpoints("", verifier));
    CHECK_FALSE(verified_checkpoints(notes[0] + "\n" + notes[1] + "\n" + notes[2], key_of({7, 12}).verifier()));
    CHECK_FALSE(verified_checkpoints(notes[0] + "\n" + notes[1] + "\n" + notes[2] + "\nrubbish\n", verifier));
}

TEST_CASE("proofs are read back as they were written, and prove what they say") {
    const SignedTree tree(20);
    const auto key = tree.key().verifier();
    for (const std::uint64_t index : {0U, 7U, 19U}) {
        const auto proof = parse_inclusion_proof(text_of(tree.inclusion(index)));
        REQUIRE(proof);
        const auto proven = verified_inclusion(*proof, key);
        REQUIRE_MESSAGE(proven, proven.error().message);
        CHECK(proven->position == Position{tree.partition, tree.offset(index)});
        CHECK(proven->record == tree.record(index));
    }
    const auto consistency = parse_consistency_proof(text_of(tree.consistency(5)));
    REQUIRE(consistency);
    const auto proven = verified_consistency(*consistency, key);
    REQUIRE_MESSAGE(proven, proven.error().message);
    CHECK(proven->older.size == 5);
    CHECK(proven->newer.size == 20);
}

TEST_CASE("a proof with any byte changed proves nothing") {
    const SignedTree tree(6);
    const auto key = tree.key().verifier();
    const auto text = text_of(tree.inclusion(3));
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        const auto proof = parse_inclusion_proof(changed);
        CHECK_MESSAGE((!proof || !verified_inclusion(*proof, key)), "byte " << at);
    }
    const auto growth = text_of(tree.consistency(3));
    for (std::size_t at = 0; at < growth.size(); ++at) {
        std::string changed = growth;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        const auto proof = parse_consistency_proof(changed);
        CHECK_MESSAGE((!proof || !verified_consistency(*proof, key)), "byte " << at);
    }
}

}  // namespace
}  // namespace granary::proofs
