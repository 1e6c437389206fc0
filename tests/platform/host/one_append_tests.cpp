// A single append waits for a log that is unavailable for a moment, and for nothing else.
#include "platform/host/one_append.hpp"

#include <doctest/doctest.h>

#include "core/chain.hpp"
#include "platform/adapters/memory/memory_log.hpp"

using namespace granary;

namespace {

ports::LogAppend one(ports::Log& log) { return {{1}, "", SharedBytes(chain::make_record(chain::genesis(log.identity().id, {1}), "body")), 7}; }

}  // namespace

TEST_CASE("what was refused because the log is unavailable is tried again until it is stored, once") {
    memory::MemoryLog log({{1, 2}, 4});
    log.answer_next(ports::DeliveryOutcome::refused, false);
    log.answer_next(ports::DeliveryOutcome::refused, false);
    const auto answer = append_and_wait(log, one(log), seconds(60));
    REQUIRE(answer);
    CHECK(answer->outcome == ports::DeliveryOutcome::stored);
    CHECK(*log.end({1}) == Offset{1});
}

TEST_CASE("what may have been stored is not tried again, nor what no waiting helps") {
    memory::MemoryLog log({{1, 2}, 4});
    log.answer_next(ports::DeliveryOutcome::unknown, true);
    CHECK(append_and_wait(log, one(log), seconds(60))->outcome == ports::DeliveryOutcome::unknown);
    CHECK(*log.end({1}) == Offset{1});
    log.set_disk_full(true);
    CHECK(append_and_wait(log, one(log), seconds(60)).error().code == FaultCode::disk_full);
}

TEST_CASE("a log that stays unavailable is not waited for longer than was said") {
    memory::MemoryLog log({{1, 2}, 4});
    for (int i = 0; i < 100; ++i) log.answer_next(ports::DeliveryOutcome::refused, false);
    const auto answer = append_and_wait(log, one(log), milliseconds(300));
    REQUIRE(answer);
    CHECK(answer->outcome == ports::DeliveryOutcome::refused);
}
