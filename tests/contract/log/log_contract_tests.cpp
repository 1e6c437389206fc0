// What every log adapter promises.
#include <algorithm>
#include <atomic>
#include <thread>

#include "core/limits.hpp"
#include "tests/contract/log/adapters.hpp"

namespace granary::tests {

using ports::DeliveryOutcome;

GRANARY_LOG_CASE("log: has the identity that it was made with") {
    Case test;
    test.reopen();
    CHECK(test.log().identity().id == identity_under_test.id);
    CHECK(test.log().identity().partitions == identity_under_test.partitions);
    CHECK(test.log().end({7})->number == 0);
}

GRANARY_LOG_CASE("log: appends take the next offset, are delivered with it, and come back as they were") {
    Case test;
    std::vector<ports::LogAppend> appends;
    appends.push_back(append_of(3, "first", 11));
    appends.push_back(append_of(5, std::string("\0\xff", 2), 12));
    appends.push_back(append_of(3, "second", 13));
    REQUIRE(test.log().append(std::move(appends)));
    REQUIRE(test.log().append({}));
    auto deliveries = test.recorder.wait_for(3);
    REQUIRE(deliveries.size() == 3);
    // In order per partition is all that is promised: partitions may lie on different brokers.
    std::ranges::sort(deliveries, {}, &ports::LogDelivery::token);
    for (const auto& delivery : deliveries) CHECK(delivery.outcome == DeliveryOutcome::stored);
    CHECK(deliveries[0].token == 11);
    CHECK(deliveries[0].offset.number == 0);
    CHECK(deliveries[1].partition.number == 5);
    CHECK(deliveries[2].token == 13);
    CHECK(deliveries[2].offset.number == 1);
    CHECK(test.recorder.grown_partitions() == std::set<Partition>{{3}, {5}});
    CHECK(all_records(test.log(), 3) == std::vector<std::string>{"first", "second"});
    CHECK(test.log().end({3})->number == 2);
    CHECK(test.log().end({4})->number == 0);
    test.reopen();
    CHECK(all_records(test.log(), 3) == std::vector<std::string>{"first", "second"});
    CHECK(all_records(test.log(), 5) == std::vector<std::string>{std::string("\0\xff", 2)});
    append_one(test.log(), append_of(3, "third"));
    CHECK(test.recorder.wait_for(4).back().offset.number == 2);
}

GRANARY_LOG_CASE("log: a visit shows what a read gives, where it lies, and says where to read on") {
    Case test;
    std::vector<std::string> written;
    for (int i = 0; i < 20; ++i) {
        written.push_back(std::string(static_cast<std::size_t>(i) * 50, static_cast<char>('a' + i)));
        append_one(test.log(), append_of(3, written.back()));
    }
    append_one(test.log(), append_of(4, "other"));
    test.recorder.wait_for(21);
    for (const bool again : {false, true}) {
        if (again) test.reopen();
        std::vector<std::string> shown;
        std::size_t enough = 0;
        const auto show = [&](Offset offset, std::string_view bytes) {
            CHECK(offset.number == static_cast<std::int64_t>(shown.size()));
            shown.emplace_back(bytes);
            return shown.size() != enough;
        };
        Offset at{0};
        for (;;) {
            const auto next = test.log().visit({3}, at, 1000, show);
            REQUIRE_MESSAGE(next, next.error().message);
            if (*next == at) break;
            at = *next;
        }
        CHECK(shown == written);
        CHECK(at.number == 20);
        shown.clear();
        enough = 3;
        CHECK(test.log().visit({3}, {0}, 1 << 20, show)->number == 3);
        CHECK(shown.size() == 3);
        CHECK(test.log().visit({3}, {21}, 1 << 20, show).error().code == FaultCode::corrupt);
        CHECK(test.log().visit({7}, {0}, 1 << 20, show)->number == 0);
    }
}

GRANARY_LOG_CASE("log: who asks for the end while records come in does no harm") {
    Case test;
    constexpr std::size_t records = 3000;
    std::atomic<bool> appended = false;
    std::thread asker([&] {
        std::int64_t last = 0;
        while (!appended) {
            const auto end = test.log().end({3});
            if (!end || end->number < last) std::abort();
            last = end->number;
        }
    });
    for (std::size_t i = 0; i < records; ++i) {
        append_one(test.log(), append_of(3, std::to_string(i)));
        if (i % 10 == 0) test.recorder.wait_for(i + 1);
    }
    test.recorder.wait_for(records);
    appended = true;
    asker.join();
    CHECK(all_records(test.log(), 3).size() == records);
}

GRANARY_LOG_CASE("log: what was delivered, or was there at the opening, has been heard of") {
    Case test;
    CHECK(test.log().heard_end({3}).number == 0);
    for (std::size_t i = 0; i < 20; ++i) {
        append_one(test.log(), append_of(3, std::to_string(i)));
        const auto deliveries = test.recorder.wait_for(i + 1);
        CHECK(test.log().heard_end({3}) > deliveries.back().offset);
        CHECK(test.log().heard_end({3}) <= *test.log().end({3}));
    }
    CHECK(test.log().heard_end({4}).number == 0);
    CHECK(test.log().heard_end({8}).number == 0);
    test.reopen();
    CHECK(test.log().heard_end({3}).number == 20);
}

GRANARY_LOG_CASE("log: a page holds at least one record, about the bytes asked for, and says where it ends") {
    Case test;
    for (int i = 0; i < 10; ++i) append_one(test.log(), append_of(1, std::string(100, static_cast<char>('a' + i))));
    test.recorder.wait_for(10);
    for (int round = 0; round < 2; ++round) {
        const auto one = test.log().read({1}, {4}, 1);
        REQUIRE(one);
        CHECK(one->records.size() == 1);
        CHECK(one->records[0].bytes.view() == std::string(100, 'e'));
        CHECK(one->next.number == 5);
        CHECK(one->end.number == 10);
        const auto some = test.log().read({1}, {0}, 250);
        CHECK(some->records.size() == 3);
        CHECK(some->next.number == 3);
        CHECK(test.log().read({1}, {7}, 1 << 20)->records.size() == 3);
        const auto none = test.log().read({1}, {10}, 1 << 20);
        CHECK(none->records.empty());
        CHECK(none->next.number == 10);
        test.reopen();
    }
}

GRANARY_LOG_CASE("log: reading beyond the end means that the log was cut") {
    Case test;
    append_one(test.log(), append_of(1, "only"));
    test.recorder.wait_for(1);
    const auto beyond = test.log().read({1}, {2}, 100);
    REQUIRE(!beyond);
    CHECK(beyond.error().code == FaultCode::corrupt);
    CHECK(beyond.error().message.find("partition 1 ends at offset 1") != std::string::npos);
}

GRANARY_LOG_CASE("log: what does not exist is invalid_argument, and nothing of the call is stored") {
    Case test;
    const auto code = [](const auto& result) { return result ? FaultCode::halted : result.error().code; };
    std::vector<ports::LogAppend> appends;
    appends.push_back(append_of(0, "good"));
    appends.push_back(append_of(8, "no such partition"));
    CHECK(code(test.log().append(std::move(appends))) == FaultCode::invalid_argument);
    CHECK(code(test.log().read({8}, {0}, 1)) == FaultCode::invalid_argument);
    CHECK(code(test.log().read({0}, {-1}, 1)) == FaultCode::invalid_argument);
    CHECK(code(test.log().end({8})) == FaultCode::invalid_argument);
    append_one(test.log(), append_of(0, "next"));
    test.recorder.wait_for(1);
    CHECK(all_records(test.log(), 0) == std::vector<std::string>{"next"});
}

GRANARY_LOG_CASE("log: a record at the limit is stored, one above is refused, its neighbours are not touched") {
    Case test;
    std::vector<ports::LogAppend> appends;
    appends.push_back(append_of(2, std::string(limits::record_bytes_max, 'x'), 1));
    appends.push_back(append_of(2, std::string(limits::record_bytes_max + 1, 'y'), 2));
    appends.push_back(append_of(2, "z", 3));
    REQUIRE(test.log().append(std::move(appends)));
    const auto deliveries = test.recorder.wait_for(3);
    CHECK(deliveries[0].outcome == DeliveryOutcome::stored);
    CHECK(deliveries[1].outcome == DeliveryOutcome::refused);
    CHECK(deliveries[1].fault.code == FaultCode::invalid_argument);
    CHECK(deliveries[2].outcome == DeliveryOutcome::stored);
    CHECK(deliveries[2].offset.number == 1);
    test.reopen();
    const auto records = all_records(test.log(), 2);
    REQUIRE(records.size() == 2);
    CHECK(records[0].size() == limits::record_bytes_max);
    CHECK(records[1] == "z");
}

GRANARY_LOG_CASE("log: several writers at once keep each one's order, offsets are dense, deliveries ascend") {
    Case test;
    constexpr int writers = 4;
    constexpr int each = 500;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&test, writer] {
            for (int i = 0; i < each; ++i) {
                std::vector<ports::LogAppend> appends;
                appends.push_back(append_of(static_cast<std::uint32_t>(i % 2), std::to_string(writer) + "/" + std::to_string(10000 + i), static_cast<std::uint64_t>(writer)));
                if (!test.log().append(std::move(appends))) std::abort();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    const auto deliveries = test.recorder.wait_for(writers * each);
    for (std::uint32_t partition = 0; partition < 2; ++partition) {
        std::int64_t last = -1;
        for (const auto& delivery : deliveries) {
            if (delivery.partition.number != partition) continue;
            CHECK(delivery.offset.number == last + 1);
            last = delivery.offset.number;
        }
        const auto records = all_records(test.log(), partition, 1000);
        CHECK(records.size() == writers * each / 2);
        for (int writer = 0; writer < writers; ++writer) {
            std::vector<std::string> own;
            std::ranges::copy_if(records, std::back_inserter(own), [&](const auto& record) { return record.starts_with(std::to_string(writer) + "/"); });
            CHECK(own.size() == each / 2);
            CHECK(std::ranges::is_sorted(own));
        }
    }
}

GRANARY_LOG_CASE("log: an observer that was removed hears nothing more, another goes on") {
    Case test;
    Recorder other;
    test.log().observe(other);
    append_one(test.log(), append_of(0, "a"));
    other.wait_for(1);
    test.recorder.wait_for(1);
    test.log().stop_observing(other);
    append_one(test.log(), append_of(0, "b"));
    test.recorder.wait_for(2);
    CHECK(other.count() == 1);
}

}  // namespace granary::tests
