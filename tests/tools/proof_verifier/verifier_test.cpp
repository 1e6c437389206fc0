// The stand-alone verifier against honest logs and against those that lie: what it reads was written by other code.
#include "tools/proof_verifier/verifier.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <initializer_list>

#include "tests/proofs/signed_tree.hpp"

namespace granary {
namespace {

using tests::key_of;
using tests::some_log;
using tests::SignedTree;
using verifier::Evidence;
using verifier::Refused;

const std::string the_key = text_of(key_of(some_log).verifier());

std::string consistency(const SignedTree& tree, std::uint64_t old_size) { return text_of(tree.consistency(old_size)); }
std::string inclusion(const SignedTree& tree, std::uint64_t index) { return text_of(tree.inclusion(index)); }

// What the verifier says of these files together: its last line, or why it refuses.
std::string said_of(std::initializer_list<std::string> files, const std::string& key = the_key) {
    try {
        Evidence evidence(verifier::parse_key(key));
        int number = 0;
        for (const auto& file : files) evidence.add("file" + std::to_string(++number), file);
        return evidence.conclusion().back();
    } catch (const Refused& refused) {
        return std::string("refused: ") + refused.what();
    }
}

bool proven(const std::string& said) { return said.starts_with("log "); }
bool refused_for(const std::string& said, std::string_view why) { return said.starts_with("refused: ") && said.find(why) != std::string::npos; }

TEST_CASE("one history that grows is proven, whatever the order of the files") {
    const SignedTree early(5);
    const SignedTree middle(9);
    const SignedTree late(20);
    CHECK(said_of({early.file(5)}) == "log granary/0000000000000007000000000000000b: 2 of 2 partitions, 5 records, 0 of them since the oldest checkpoint, one history");
    CHECK(proven(said_of({early.file(5), late.file(20), consistency(late, 5)})));
    CHECK(proven(said_of({consistency(middle, 5), consistency(late, 9), early.file(5)})));
    CHECK(proven(said_of({consistency(late, 9), consistency(middle, 5), early.file(5)})));
    CHECK(proven(said_of({inclusion(late, 0), inclusion(late, 1), inclusion(late, 19), late.file(20)})));
    CHECK(proven(said_of({early.file(0), late.file(20)})));
}

TEST_CASE("every record and every growth of trees up to forty is proven, as the other implementation proves them") {
    for (std::uint64_t size = 1; size <= 40; ++size) {
        const SignedTree tree(size);
        for (std::uint64_t n = 0; n < size; ++n) REQUIRE(proven(said_of({inclusion(tree, n)})));
        for (std::uint64_t old_size = 1; old_size < size; ++old_size) REQUIRE(proven(said_of({consistency(tree, old_size)})));
    }
}

TEST_CASE("a server that shows two histories is caught") {
    const SignedTree one(8);
    const SignedTree other(8, some_log, [](std::uint64_t n) { return n < 5 ? SignedTree::plain_body(n) : "another story"; });
    CHECK(refused_for(said_of({one.file(8), other.file(8)}), "TWO HISTORIES"));
    CHECK(refused_for(said_of({inclusion(one, 6), inclusion(other, 6)}), "TWO HISTORIES"));
    // Of another size each may have its own proof from where both were the same: that they fork is seen all the same.
    const SignedTree longer(12, some_log, [](std::uint64_t n) { return n < 5 ? SignedTree::plain_body(n) : "another story"; });
    CHECK(refused_for(said_of({consistency(one, 5), consistency(longer, 5)}), "nothing here shows"));
}

TEST_CASE("a record changed in the middle is caught by everybody who kept a checkpoint") {
    const SignedTree before(8);
    const SignedTree after(12, some_log, [](std::uint64_t n) { return n == 3 ? "changed" : SignedTree::plain_body(n); });
    auto lie = after.consistency(8);
    CHECK(refused_for(said_of({before.file(8), text_of(lie)}), "TWO HISTORIES"));
    lie.older = before.note(8);
    CHECK(refused_for(said_of({before.file(8), text_of(lie)}), "it is not so"));
    CHECK(refused_for(said_of({before.file(8), after.file(12)}), "nothing here shows"));
    auto record = after.inclusion(3);
    record.checkpoint = before.note(8);
    CHECK(refused_for(said_of({text_of(record)}), "proof"));
}

TEST_CASE("a log under another identity is caught") {
    const Uuid stranger{7, 12};
    const SignedTree other(8, stranger);
    CHECK(refused_for(said_of({other.file(8)}), "the key is that of"));
    // Even if the stranger's checkpoints bear the right name: the first record is bound to the log it was written to.
    const SignedTree real(8);
    auto first = other.inclusion(0);
    const proofs::Checkpoint renamed{{some_log, SignedTree::partitions, SignedTree::partition}, 8, other.checkpoint(8).root};
    first.checkpoint = sign_note(text_of(renamed), real.key());
    CHECK(refused_for(said_of({text_of(first)}), "belongs to another log"));
    const proofs::SigningKey thief{proofs::key_name_of(some_log), {9}};
    CHECK(refused_for(said_of({sign_note(text_of(real.checkpoint(8)), thief)}), "not signed"));
}

TEST_CASE("a tree that was cut is caught") {
    const SignedTree whole(12);
    const SignedTree cut(8);
    proofs::ConsistencyProof backwards{{}, whole.note(12), cut.note(8)};
    CHECK(refused_for(said_of({text_of(backwards)}), "was cut"));
    CHECK(refused_for(said_of({whole.file(12), cut.file(8)}), "nothing here shows"));
    // A shorter file: a partition left out.
    const auto file = whole.file(12);
    CHECK(refused_for(said_of({file.substr(0, file.find("\n\n", file.find("\n\n") + 2))}), "refused"));
    const proofs::Checkpoint only{{some_log, SignedTree::partitions, {0}}, 0, sha256("")};
    CHECK(refused_for(said_of({sign_note(text_of(only), whole.key())}), "of 2 partitions there are only 1"));
}

TEST_CASE("a record that is shown must be the one that was proven, well-formed, and extend the one in front of it") {
    const SignedTree tree(8);
    auto other = tree.inclusion(4);
    other.extra = tree.inclusion(4).extra.substr(0, proofs::leaf_data_bytes) + tree.record(5);
    CHECK(refused_for(said_of({text_of(other)}), "not the one that was proven"));
    const SignedTree unchained(1, some_log, [](std::uint64_t) { return std::string(); });
    CHECK(proven(said_of({inclusion(unchained, 0)})));
    // The tree may be right and the chain broken: then the log's writer lied.
    const std::string second = chain::make_record(sha256("elsewhere"), "body");
    proofs::Tree broken;
    broken.add(tree.leaf(0));
    const auto leaf = proofs::leaf_hash({1}, sha256(second));
    broken.add(leaf);
    const proofs::Checkpoint checkpoint{{some_log, SignedTree::partitions, SignedTree::partition}, 2, broken.root()};
    const auto note = sign_note(text_of(checkpoint), tree.key());
    const proofs::InclusionProof first_proof{proofs::leaf_data({0}, sha256(tree.record(0))) + tree.record(0), 0, {leaf}, note};
    const proofs::InclusionProof second_proof{proofs::leaf_data({1}, sha256(second)) + second, 1, {tree.leaf(0)}, note};
    CHECK(proven(said_of({text_of(first_proof)})));
    CHECK(refused_for(said_of({text_of(first_proof), text_of(second_proof)}), "does not extend"));
}

TEST_CASE("a record may be withheld") {
    const SignedTree tree(8);
    auto proof = tree.inclusion(4);
    proof.extra.resize(proofs::leaf_data_bytes);
    CHECK(proven(said_of({text_of(proof)})));
    proof.extra.clear();
    CHECK(refused_for(said_of({text_of(proof)}), "does not say of which record"));
}

TEST_CASE("a file with any byte changed, or cut off anywhere, is refused") {
    const SignedTree tree(6);
    for (const auto& file : {tree.file(6), inclusion(tree, 3), consistency(tree, 3)}) {
        for (std::size_t at = 0; at < file.size(); ++at) {
            std::string changed = file;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            CHECK_MESSAGE(!proven(said_of({changed})), "byte " << at);
            CHECK_MESSAGE(!proven(said_of({file.substr(0, at)})), "cut at " << at);
        }
    }
}

TEST_CASE("a file is what its whole first line says") {
    const SignedTree tree(6);
    for (const auto& file : {inclusion(tree, 3), consistency(tree, 3)}) {
        const auto line_end = file.find('\n');
        CHECK(proven(said_of({file})));
        CHECK(refused_for(said_of({file.substr(0, line_end) + "//" + file.substr(line_end)}), "first line is not"));
    }
}

TEST_CASE("a key is taken whole or not at all") {
    CHECK_THROWS_AS(verifier::parse_key(""), Refused);
    for (std::size_t at = 0; at < the_key.size(); ++at) {
        std::string changed = the_key;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        CHECK_THROWS_AS(verifier::parse_key(changed), Refused);
    }
}

}  // namespace
}  // namespace granary
