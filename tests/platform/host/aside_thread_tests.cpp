// Work is done aside, in order, as much as fits, and what is dropped is let go.
#include "platform/host/aside_thread.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <vector>

using namespace granary;

TEST_CASE("works run in order on another thread") {
    std::vector<int> order;
    std::promise<std::thread::id> last;
    AsideThread aside("aside-test", 8);
    for (int i = 0; i < 5; ++i) REQUIRE(aside.try_run([&order, i] { order.push_back(i); }));
    REQUIRE(aside.try_run([&last] { last.set_value(std::this_thread::get_id()); }));
    CHECK(last.get_future().get() != std::this_thread::get_id());
    CHECK(order == std::vector{0, 1, 2, 3, 4});
}

TEST_CASE("more than may wait is refused, and after the end nothing is held") {
    const auto held = std::make_shared<int>(1);
    std::promise<void> begun, go_on;
    bool waited_ran = false;
    {
        AsideThread aside("aside-test", 1);
        REQUIRE(aside.try_run([&] {
            begun.set_value();
            go_on.get_future().wait();
        }));
        begun.get_future().wait();
        REQUIRE(aside.try_run([held, &waited_ran] { waited_ran = true; }));
        CHECK_FALSE(aside.try_run([held] {}));
        std::thread ending([&go_on] { go_on.set_value(); });
        ending.join();
    }
    CHECK(held.use_count() == 1);
    static_cast<void>(waited_ran);  // it may have begun before the end
}
