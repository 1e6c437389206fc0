// A start outlasts a log that is away for a moment, and no other fault.
#include "platform/host/patience.hpp"

#include <doctest/doctest.h>

namespace granary {

TEST_CASE("what passes by itself is asked for again, what does not is told at once, and patience ends") {
    int asked = 0;
    const auto third = ask_patiently(seconds(30), [&]() -> Result<int> {
        if (++asked < 3) return fault(asked == 1 ? FaultCode::unavailable : FaultCode::timed_out, "away");
        return asked;
    });
    REQUIRE(third);
    CHECK(*third == 3);

    asked = 0;
    const Status corrupt = ask_patiently(seconds(30), [&]() -> Status { return ++asked, fault(FaultCode::corrupt, "damaged"); });
    CHECK(corrupt.error().code == FaultCode::corrupt);
    CHECK(asked == 1);

    asked = 0;
    const Status never = ask_patiently(milliseconds(150), [&]() -> Status { return ++asked, fault(FaultCode::unavailable, "away"); });
    CHECK(never.error().code == FaultCode::unavailable);
    CHECK(asked >= 1);
}

}  // namespace granary
