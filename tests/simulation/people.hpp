// Who calls the gateways of a simulated world: people and programs with keys of their own.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/ports/api_keys.hpp"

namespace granary::simulation {

struct Principal {
    std::string name;      // `customer2`, `admin`, ...
    Role role = Role::guest;
    CustomerId customer;   // of a customer
    ApiKeyId id;
    std::string key;       // as it is presented; holds a mark (marked_text.hpp)
    bool good = true;      // false: revoked, or never made
    std::uint32_t number = 0;  // its place among all
};

// Every node of the world knows the same keys.
class People final : public ports::ApiKeys {
  public:
    explicit People(std::uint64_t seed);

    std::shared_ptr<const ports::ApiKey> find(std::string_view presented) override;

    // Three customers, one of each other role, and two whose keys are no good. They stay where they are.
    const std::deque<Principal>& all() const { return all_; }
    const std::vector<const Principal*>& customers() const { return customers_; }
    const Principal& one(Role role) const;
    // Null: nobody of this actor, as commits name it.
    const Principal* by_actor(std::string_view actor) const;
    const Principal* by_customer(CustomerId id) const;

  private:
    void add(Role role, std::uint64_t seed, bool good);

    std::deque<Principal> all_;
    std::vector<const Principal*> customers_;
    std::map<std::string, std::shared_ptr<const ports::ApiKey>, std::less<>> keys_;
};

}  // namespace granary::simulation
