// Trees and proofs: the published roots, and the laws that every proof must keep.
#include "proofs/merkle.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

namespace granary::proofs {
namespace {

// Leaves and roots with which the programs of Certificate Transparency (RFC 6962) are tested.
const std::vector<std::string> known_leaves{
    "", std::string("\x00", 1), "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43", "\x50\x51\x52\x53\x54\x55\x56\x57", "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
const std::vector<std::string> known_roots{
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

Digest leaf_of(std::uint64_t n) { return leaf_hash({static_cast<std::int64_t>(n)}, sha256(std::to_string(n))); }

struct Grown {
    explicit Grown(std::uint64_t size) {
        Tree tree;
        roots.push_back(tree.root());
        for (std::uint64_t n = 0; n < size; ++n) {
            tree.add(leaf_of(n));
            roots.push_back(tree.root());
        }
    }
    std::vector<Digest> roots;  // by size
};

std::vector<Digest> gathered(const std::vector<LeafRange>& ranges, std::uint64_t size) {
    RangeRoots roots(ranges);
    for (std::uint64_t n = 0; n < size; ++n) roots.add(leaf_of(n));
    return roots.roots();
}

constexpr std::uint64_t sizes_max = 35;  // past two powers of two

TEST_CASE("a tree has the roots that other programs have found") {
    Tree tree;
    CHECK(hex_of(tree.root()) == known_roots[0]);
    for (std::size_t i = 0; i < known_leaves.size(); ++i) {
        tree.add(sha256(std::string(1, '\0') + known_leaves[i]));
        CHECK(hex_of(tree.root()) == known_roots[i + 1]);
    }
}

TEST_CASE("a leaf is its offset and its record's hash") {
    CHECK(leaf_data({258}, sha256("x")).substr(0, 8) == std::string("\0\0\0\0\0\0\1\2", 8));
    CHECK(leaf_data({258}, sha256("x")).size() == leaf_data_bytes);
    CHECK(leaf_hash({1}, sha256("x")) != leaf_hash({2}, sha256("x")));
    CHECK(leaf_hash({1}, sha256("x")) == sha256(std::string(1, '\0') + leaf_data({1}, sha256("x"))));
}

TEST_CASE("every leaf of every tree can be proven, at its own place and in its own tree only") {
    const Grown grown(sizes_max);
    for (std::uint64_t size = 1; size <= sizes_max; ++size) {
        for (std::uint64_t index = 0; index < size; ++index) {
            const auto path = gathered(inclusion_ranges(index, size), size);
            REQUIRE(includes(grown.roots[size], size, index, leaf_of(index), path));
            for (std::uint64_t other = 0; other <= size; ++other) {
                if (other != index) REQUIRE_FALSE(includes(grown.roots[size], size, other, leaf_of(index), path));
            }
            REQUIRE_FALSE(includes(grown.roots[size - 1], size - 1, index, leaf_of(index), path));
            REQUIRE_FALSE(includes(grown.roots[size], size, index, leaf_of(index + 1), path));
        }
    }
}

TEST_CASE("every tree can be proven to extend every smaller one, and no other") {
    const Grown grown(sizes_max);
    for (std::uint64_t size = 1; size <= sizes_max; ++size) {
        CHECK(extends(grown.roots[0], 0, grown.roots[size], size, {}));
        for (std::uint64_t old_size = 1; old_size <= size; ++old_size) {
            const auto proof = gathered(consistency_ranges(old_size, size), size);
            REQUIRE(extends(grown.roots[old_size], old_size, grown.roots[size], size, proof));
            REQUIRE_FALSE(extends(grown.roots[old_size - 1], old_size, grown.roots[size], size, proof));
            REQUIRE_FALSE(extends(grown.roots[old_size], old_size, grown.roots[size - 1], size, proof));
            if (old_size == size) continue;
            // Cut: the newer one is smaller.
            REQUIRE_FALSE(extends(grown.roots[size], size, grown.roots[old_size], old_size, proof));
            for (std::uint64_t other = 1; other < size; ++other) {
                if (other != old_size) REQUIRE_FALSE(extends(grown.roots[other], old_size, grown.roots[size], size, proof));
            }
        }
    }
}

TEST_CASE("a proof with a hash changed, left out or added proves nothing") {
    CHECK(rc::check([] {
        const auto size = *rc::gen::inRange<std::uint64_t>(2, 200);
        const auto index = *rc::gen::inRange<std::uint64_t>(0, size);
        const auto old_size = *rc::gen::inRange<std::uint64_t>(1, size);
        const Grown grown(size);
        auto path = gathered(inclusion_ranges(index, size), size);
        auto proof = gathered(consistency_ranges(old_size, size), size);
        RC_ASSERT(includes(grown.roots[size], size, index, leaf_of(index), path));
        RC_ASSERT(extends(grown.roots[old_size], old_size, grown.roots[size], size, proof));
        for (auto* hashes : {&path, &proof}) {
            const auto at = *rc::gen::inRange<std::size_t>(0, hashes->size());
            const auto what = *rc::gen::inRange(0, 3);
            if (what == 0) (*hashes)[at].bytes[*rc::gen::inRange<std::size_t>(0, 32)] ^= 1;
            if (what == 1) hashes->erase(hashes->begin() + static_cast<std::ptrdiff_t>(at));
            if (what == 2) hashes->insert(hashes->begin() + static_cast<std::ptrdiff_t>(at), sha256("one too many"));
        }
        RC_ASSERT_FALSE(includes(grown.roots[size], size, index, leaf_of(index), path));
        RC_ASSERT_FALSE(extends(grown.roots[old_size], old_size, grown.roots[size], size, proof));
    }));
}

}  // namespace
}  // namespace granary::proofs
