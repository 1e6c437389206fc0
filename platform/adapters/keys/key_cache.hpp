// Persons' keys at hand: bounded, wiped when they go, and locked in stripes, so that work on one person is done by one thread at a time.
#pragma once

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "core/ids.hpp"
#include "core/limits.hpp"
#include "platform/ports/key_store.hpp"
#include "platform/ports/random.hpp"

namespace granary {

inline constexpr std::size_t key_stripes = 64;

// A direct-mapped cache: each person has one place, and whoever comes later takes it over. Bounded without bookkeeping.
class KeyCache {
  public:
    explicit KeyCache(std::size_t places) : places_(places) {}
    ~KeyCache() { sodium_memzero(places_.data(), places_.size() * sizeof(Place)); }
    KeyCache(const KeyCache&) = delete;
    KeyCache& operator=(const KeyCache&) = delete;

    const ports::SecretKey* find(PersonId person) const {
        const Place& place = places_[index(person)];
        return place.person == person ? &place.key : nullptr;
    }
    void put(PersonId person, const ports::SecretKey& key) { places_[index(person)] = {person, key}; }
    void forget(PersonId person) {
        Place& place = places_[index(person)];
        if (place.person == person) sodium_memzero(&place, sizeof place);
    }

  private:
    struct Place {
        PersonId person;
        ports::SecretKey key{};
    };
    std::size_t index(PersonId person) const { return std::hash<PersonId>{}(person) / key_stripes % places_.size(); }

    std::vector<Place> places_;
};

struct KeyStripe {
    std::mutex mutex;
    KeyCache cache{limits::person_keys_cached_max / key_stripes};
};

class KeyStripes {
  public:
    KeyStripe& of(PersonId person) { return stripes_[std::hash<PersonId>{}(person) % key_stripes]; }

  private:
    std::array<KeyStripe, key_stripes> stripes_;
};

// Two draws.
inline ports::SecretKey fresh_key(ports::Random& random) {
    ports::SecretKey key{};
    for (std::size_t half = 0; half < 2; ++half) {
        const auto bits = bytes_of(random.bits());
        std::copy(bits.begin(), bits.end(), key.begin() + static_cast<std::ptrdiff_t>(half * bits.size()));
    }
    return key;
}

}  // namespace granary
