// Thousands of seeded interleavings of one order: answers late, lost and twice, declines, cancels, operators and timers at
// every point; whatever happens, the order ends and nothing is left over.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "tests/sagas/interleaved_order.hpp"

namespace granary::sagas::test {

TEST_CASE("every interleaving ends, completed or fully compensated, with nothing left over") {
    std::map<std::string, int> ends;
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        CAPTURE(seed);
        InterleavedOrder order(seed);
        order.run();
        order.check();
        if (order.tracked() > 0 && order.phase() == Phase::completed) ++ends["completed by asking the carrier"];
        ++ends[order.phase() == Phase::completed ? "completed" : order.reason()];
    }
    // The search reaches every kind of end; otherwise it proves less than it says.
    for (const char* end : {"completed", "completed by asking the carrier", "cancelled", "payment_declined", "out_of_stock", "capture_failed", "operator", "reservation_timeout", "payment_timeout"}) {
        CAPTURE(end);
        CHECK(ends[end] > 0);
    }
}

}  // namespace granary::sagas::test
