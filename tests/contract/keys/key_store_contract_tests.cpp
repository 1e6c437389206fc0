// What every key store promises, and what those promise that nodes share.
#include <future>
#include <set>
#include <thread>

#include "tests/contract/keys/adapters.hpp"

namespace granary::tests {
namespace {

// What a thread that must not wait does.
Status prepared(ports::KeyStore& keys, PersonId person) {
    std::promise<Status> answer;
    keys.prepare(person, [&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
}

bool is_gone(ports::KeyStore& keys, PersonId person) {
    const auto key = keys.person_key(person);
    return key && !*key;
}

}  // namespace

GRANARY_KEYS_CASE("key store: a person's key is made once, and differs from any other's") {
    Case test;
    const auto keys = test.open();
    CHECK(is_gone(*keys, ann));
    const auto key = keys->create_person_key(ann);
    REQUIRE_MESSAGE(key, key.error().message);
    CHECK(*keys->create_person_key(ann) == *key);
    CHECK(**keys->person_key(ann) == *key);
    CHECK(*keys->create_person_key(bob) != *key);
    CHECK_FALSE(**keys->person_key(bob) == *key);
}

GRANARY_KEYS_CASE("key store: a key that was prepared is there at once, and preparing again changes nothing") {
    Case test;
    const auto keys = test.open();
    REQUIRE(prepared(*keys, ann));
    const auto key = *keys->create_person_key(ann);
    REQUIRE(prepared(*keys, ann));
    CHECK(*keys->create_person_key(ann) == key);
}

GRANARY_KEYS_CASE("key store: keys and secrets outlive the process") {
    Case test;
    auto keys = test.open();
    const auto key = *keys->create_person_key(ann);
    const auto secret = *keys->secret("command-ids");
    CHECK(*keys->secret("command-ids") == secret);
    CHECK(*keys->secret("cursors") != secret);
    keys.reset();
    keys = test.reopen();
    CHECK(**keys->person_key(ann) == key);
    CHECK(*keys->create_person_key(ann) == key);
    CHECK(*keys->secret("command-ids") == secret);
}

GRANARY_KEYS_CASE("key store: a destroyed key never comes back, not even after a restart, and leaves when it went") {
    Case test;
    auto keys = test.open();
    REQUIRE(keys->create_person_key(ann));
    const auto kept = *keys->create_person_key(bob);
    CHECK_FALSE(*keys->destroyed_at(ann));
    test.clock.time = test.clock.time + hours(1);
    const auto destroyed = keys->destroy_person_key(ann);
    REQUIRE_MESSAGE(destroyed, destroyed.error().message);
    const Time when = test.clock.time;
    for (int run = 0; run < 2; ++run) {
        CHECK(is_gone(*keys, ann));
        CHECK(keys->create_person_key(ann).error().code == FaultCode::conflict);
        CHECK(prepared(*keys, ann));
        CHECK(*keys->destroyed_at(ann) == std::optional(when));
        CHECK(**keys->person_key(bob) == kept);
        keys.reset();
        test.clock.time = test.clock.time + hours(1);
        keys = test.reopen();
    }
}

GRANARY_KEYS_CASE("key store: destroying twice keeps the first time; destroying before the key was made forbids it") {
    Case test;
    const auto keys = test.open();
    REQUIRE(keys->destroy_person_key(ann));
    const Time when = test.clock.time;
    test.clock.time = test.clock.time + hours(1);
    REQUIRE(keys->destroy_person_key(ann));
    CHECK(*keys->destroyed_at(ann) == std::optional(when));
    CHECK(keys->create_person_key(ann).error().code == FaultCode::conflict);
}

GRANARY_KEYS_CASE("key store: threads that ask for one person's first key at once all get the same") {
    Case test;
    const auto keys = test.open();
    std::vector<ports::SecretKey> got(8);
    std::vector<std::thread> threads;
    for (auto& key : got) threads.emplace_back([&] { key = *keys->create_person_key(ann); });
    for (auto& thread : threads) thread.join();
    CHECK(std::set(got.begin(), got.end()).size() == 1);
}

GRANARY_KEYS_CASE("key store: what is sealed opens until the key is destroyed") {
    Case test;
    const auto keys = test.open();
    SystemRandom random;
    const auto sealer = *make_sealer(*keys, random);
    const auto sealed = *sealer->seal(ann, "1 High Street");
    const auto before = *sealer->fingerprint_for(ann, "{}");
    CHECK(**sealer->open(sealed) == "1 High Street");
    CHECK(*sealer->fingerprint_for(ann, "{}") == before);
    REQUIRE(keys->destroy_person_key(ann));
    CHECK_FALSE(*sealer->open(sealed));
    CHECK(sealer->seal(ann, "2 High Street").error().code == FaultCode::conflict);
    CHECK(sealer->fingerprint_for(ann, "{}").error().code == FaultCode::conflict);
}

GRANARY_KEYS_CASE("key store: nobody has no key") {
    Case test;
    const auto keys = test.open();
    CHECK(is_gone(*keys, {}));
    CHECK(keys->create_person_key({}).error().code == FaultCode::invalid_argument);
    CHECK(keys->destroy_person_key({}).error().code == FaultCode::invalid_argument);
    CHECK_FALSE(*keys->destroyed_at({}));
    CHECK(keys->secret("").error().code == FaultCode::invalid_argument);
}

GRANARY_SHARED_KEYS_CASE("shared key store: what one node made another has at once, and secrets, too") {
    Case test;
    const auto here = test.open();
    const auto there = test.open();
    for (std::uint64_t i = 1; i <= 20; ++i) {
        const PersonId person{{2, i}};
        const auto key = *here->create_person_key(person);
        CHECK(**there->person_key(person) == key);
        CHECK(*there->create_person_key(person) == key);
    }
    CHECK(*here->secret("cursors") == *there->secret("cursors"));
}

GRANARY_SHARED_KEYS_CASE("shared key store: nodes that make one person's first key at once get the same") {
    Case test;
    std::vector<std::unique_ptr<ports::KeyStore>> nodes;
    for (int i = 0; i < 3; ++i) nodes.push_back(test.open());
    for (std::uint64_t i = 1; i <= 20; ++i) {
        const PersonId person{{3, i}};
        std::vector<ports::SecretKey> got(nodes.size());
        std::vector<std::thread> threads;
        for (std::size_t n = 0; n < nodes.size(); ++n) threads.emplace_back([&, n] { got[n] = *nodes[n]->create_person_key(person); });
        for (auto& thread : threads) thread.join();
        CHECK(std::set(got.begin(), got.end()).size() == 1);
        const auto late = test.open();
        CHECK(**late->person_key(person) == got[0]);
    }
}

GRANARY_SHARED_KEYS_CASE("shared key store: a key that one node destroyed is gone on the others, those that had it at hand and those that come later") {
    Case test;
    const auto here = test.open();
    const auto there = test.open();
    const auto key = *here->create_person_key(ann);
    CHECK(**there->person_key(ann) == key);
    REQUIRE(here->destroy_person_key(ann));
    while (!is_gone(*there, ann)) std::this_thread::yield();  // it follows by itself; the test's own time limit ends this
    CHECK(there->create_person_key(ann).error().code == FaultCode::conflict);
    CHECK(*there->destroyed_at(ann) == std::optional(test.clock.time));
    REQUIRE(there->destroy_person_key(ann));
    const auto late = test.open();
    CHECK(is_gone(*late, ann));
    CHECK(late->create_person_key(ann).error().code == FaultCode::conflict);
}

}  // namespace granary::tests
