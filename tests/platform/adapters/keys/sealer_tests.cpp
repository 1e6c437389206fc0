// What is sealed opens for its person only, whole only, and never again once the key is gone.
#include <rapidcheck.h>

#include <algorithm>

#include "core/limits.hpp"
#include "tests/platform/adapters/keys/keys_world.hpp"

using namespace granary;
using namespace granary::keys_test;

namespace {

constexpr std::string_view address = R"({"lines":["1 High Street"],"city":"Leeds"})";

}  // namespace

TEST_CASE("sealed data opens again and shows nothing of itself") {
    World world;
    const auto sealer = world.sealer();
    const auto sealed = *sealer->seal(ann, address);
    CHECK(sealed.person == ann);
    CHECK(sealed.box.size() == 24 + address.size() + 16);
    const std::string box(sealed.box.begin(), sealed.box.end());
    CHECK(box.find("Street") == std::string::npos);
    CHECK(**sealer->open(sealed) == address);
}

TEST_CASE("the same text is sealed differently each time") {
    World world;
    const auto sealer = world.sealer();
    const auto one = *sealer->seal(ann, address);
    const auto two = *sealer->seal(ann, address);
    CHECK(one.box != two.box);
    CHECK_FALSE(std::equal(one.box.begin(), one.box.begin() + 24, two.box.begin()));
}

TEST_CASE("any changed byte, and any cut, is found") {
    World world;
    const auto sealer = world.sealer();
    const auto sealed = *sealer->seal(ann, "Leeds");
    for (std::size_t i = 0; i < sealed.box.size(); ++i) {
        auto changed = sealed;
        changed.box[i] ^= 1;
        CHECK(sealer->open(changed).error().code == FaultCode::corrupt);
        auto cut = sealed;
        cut.box.resize(i);
        if (i > 0) CHECK(sealer->open(cut).error().code == FaultCode::corrupt);
    }
    auto longer = sealed;
    longer.box.push_back(0);
    CHECK(sealer->open(longer).error().code == FaultCode::corrupt);
}

TEST_CASE("a box does not open under another person, even one with the same key") {
    World world;
    const auto sealer = world.sealer();
    REQUIRE(sealer->seal(bob, "x").has_value());
    auto moved = *sealer->seal(ann, address);
    moved.person = bob;
    CHECK(sealer->open(moved).error().code == FaultCode::corrupt);

    // The id is part of what is authenticated, not only the way to the key.
    ports::StoreBatch same_key;
    same_key.put("person_keys", std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\3", 16), **world.store.get("person_keys", std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 16)));
    REQUIRE(world.store.write(same_key, ports::Durability::process).has_value());
    moved.person = PersonId{{1, 3}};
    CHECK(sealer->open(moved).error().code == FaultCode::corrupt);
}

TEST_CASE("once the key is destroyed nothing opens and nothing can be sealed") {
    World world;
    const auto sealer = world.sealer();
    const auto sealed = *sealer->seal(ann, address);
    REQUIRE(world.keys->destroy_person_key(ann).has_value());
    const auto opened = sealer->open(sealed);
    REQUIRE(opened.has_value());
    CHECK_FALSE(opened->has_value());
    CHECK(sealer->seal(ann, address).error().code == FaultCode::conflict);
}

TEST_CASE("nothing seals to nothing, without a key; too much is refused") {
    World world;
    const auto sealer = world.sealer();
    const auto empty = *sealer->seal(ann, "");
    CHECK(empty.box.empty());
    CHECK(**sealer->open(empty) == "");
    CHECK_FALSE(world.keys->person_key(ann)->has_value());
    const auto largest = *sealer->seal(ann, std::string(limits::sealed_bytes_max - 40, 'x'));
    CHECK(largest.box.size() == limits::sealed_bytes_max);
    CHECK(sealer->seal(ann, std::string(limits::sealed_bytes_max - 39, 'x')).error().code == FaultCode::invalid_argument);
}

TEST_CASE("a fingerprint under a person's key is the person's own, and can't be made again once the key is gone") {
    World world;
    const auto sealer = world.sealer();
    const auto of_ann = *sealer->fingerprint_for(ann, "{\"a\":1}");
    CHECK(of_ann == *world.sealer()->fingerprint_for(ann, "{\"a\":1}"));
    CHECK(of_ann != *sealer->fingerprint_for(ann, "{\"a\":2}"));
    CHECK(of_ann != *sealer->fingerprint_for(bob, "{\"a\":1}"));
    CHECK(of_ann != sealer->fingerprint("{\"a\":1}"));
    REQUIRE(world.keys->destroy_person_key(ann).has_value());
    CHECK(sealer->fingerprint_for(ann, "{\"a\":1}").error().code == FaultCode::conflict);
    CHECK(sealer->fingerprint_for(bob, "{\"a\":1}").has_value());
}

TEST_CASE("fingerprints tell bodies apart, last as long as the log, and differ between logs") {
    World world;
    const auto print = world.sealer()->fingerprint("{\"a\":1}");
    CHECK(print != world.sealer()->fingerprint("{\"a\":2}"));
    world.keys = world.reopened();
    CHECK(print == world.sealer()->fingerprint("{\"a\":1}"));
    World other;
    (void)other.random.bits();
    CHECK_FALSE(other.sealer()->fingerprint("{\"a\":1}").is_nil());
    CHECK(other.sealer()->fingerprint("{\"a\":1}") != print);
    CHECK_FALSE(world.sealer()->fingerprint("").is_nil());
}

TEST_CASE("any text of any bytes comes back as it was") {
    World world;
    const auto sealer = world.sealer();
    const bool held = rc::check("seal, then open", [&] {
        const auto text = *rc::gen::arbitrary<std::string>();
        const auto sealed = sealer->seal(ann, text);
        RC_ASSERT(sealed.has_value());
        RC_ASSERT(**sealer->open(*sealed) == text);
    });
    CHECK(held);
}
