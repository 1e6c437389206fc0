// A start outlasts a log that is away for a moment, and no other fault.
#include "platform/host/patience.hpp"

#include <doctest/doctest.h>

namespace granary {

TEST_CASE("what passes by itself is asked for again, what does not is told at once, and patience ends") {
    int asked = 0;
    const auto third = Patience(seconds(30)).ask([&]() -> Result<int> {
        if (++asked < 3) return fault(asked == 1 ? FaultCode::unavailable : FaultCode::timed_out, "away");
        return asked;
    });
    REQUIRE(third);
    CHECK(*third == 3);

    asked = 0;
    const Status corrupt = Patience(seconds(30)).ask([&]() -> Status { return ++asked, fault(FaultCode::corrupt, "damaged"); });
    CHECK(corrupt.error().code == FaultCode::corrupt);
    CHECK(asked == 1);

    asked = 0;
    const Status never = Patience(milliseconds(150)).ask([&]() -> Status { return ++asked, fault(FaultCode::unavailable, "away"); });
    CHECK(never.error().code == FaultCode::unavailable);
    CHECK(asked >= 1);

    const Patience over(Duration{0});  // shared by several questions: each is asked once more, none is waited for
    for (int question = 0; question < 2; ++question) {
        asked = 0;
        CHECK_FALSE(over.ask([&]() -> Status { return ++asked, fault(FaultCode::unavailable, "away"); }));
        CHECK(asked == 1);
    }
}

}  // namespace granary
