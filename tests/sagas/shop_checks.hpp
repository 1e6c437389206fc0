// What tests of runners ask of a shop: how often something was sent, how orders stand, and whether anything is left.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/sagas/shop.hpp"

namespace granary::sagas::test {

inline std::size_t count(const Shop& shop, const std::string& name) { return static_cast<std::size_t>(std::ranges::count(shop.sent, name)); }

inline void check_nothing_left(Shop& shop) {
    CHECK(shop.provider.open_authorizations() == 0);
    CHECK(shop.provider.faults == 0);
    for (const auto& [key, counters] : shop.market.stocks) CHECK(counters.reserved == 0);
    CHECK(shop.rows(tables::instances) == 0);
    CHECK(shop.rows(tables::outbox) == 0);
    CHECK(shop.rows(tables::timers) == 0);
    CHECK(shop.rows(tables::parked) == 0);
    CHECK(shop.total().live == 0);
    CHECK(shop.total().open == 0);
}

inline int count_status(Shop& shop, std::uint64_t orders, orders::OrderStatus status) {
    int found = 0;
    for (std::uint64_t i = 1; i <= orders; ++i) found += shop.status({Uuid{10, i}}) == status ? 1 : 0;
    return found;
}

}  // namespace granary::sagas::test
