// How many commands sagas have in hand, by how many clients wait.
#include <doctest/doctest.h>

#include "sagas/runtime/saga_worker.hpp"

namespace granary::sagas::test {

TEST_CASE("the more clients wait, the fewer commands sagas have in hand at once") {
    constexpr CommandWindow window{.wide = 1000, .narrow = 200, .clients_many = 8};
    CHECK(window.size(0) == 1000);
    CHECK(window.size(4) == 600);
    CHECK(window.size(8) == 200);
    CHECK(window.size(1'000'000) == 200);
    CHECK(window.share(4).size(8) == 50);
}

TEST_CASE("clients that pressed a moment ago still count, less and less") {
    ClientPressure pressure;
    pressure.note(40, Time{1'000'000});
    CHECK(pressure.level() == 40);
    pressure.note(0, Time{1'050'000});
    CHECK(pressure.level() == 20);
    pressure.note(30, Time{1'050'000});
    CHECK(pressure.level() == 30);
    pressure.note(3, Time{1'149'999});
    CHECK(pressure.level() == 3);
    pressure.note(0, Time{900'000});  // the clock was set back
    CHECK(pressure.level() == 3);
    pressure.note(0, Time{9'000'000});
    CHECK(pressure.level() == 0);
    pressure.note(50, Time{10'000'000});
    for (std::int64_t us = 10'000'100; us < 10'100'000; us += 100) pressure.note(0, Time{us});  // however often one looks
    CHECK(pressure.level() == 1);
    pressure.note(0, Time{10'100'000});
    CHECK(pressure.level() == 0);
}

}  // namespace granary::sagas::test
