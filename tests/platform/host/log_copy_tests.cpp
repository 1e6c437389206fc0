// Copying and sealing on the memory and the embedded log: nothing shifts, whatever ends a copy is made good by the next run,
// and what can't become a copy is refused.
#include <doctest/doctest.h>

#include <functional>

#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/host/log_copy.hpp"
#include "platform/host/log_standing.hpp"
#include "platform/host/log_verification.hpp"
#include "tests/temporary_folder.hpp"

namespace granary {
namespace {

using memory::MemoryLog;
using ports::DeliveryOutcome;

constexpr std::uint32_t partitions = 3;
constexpr ports::LogIdentity original{{0xabc, 0x42}, partitions};
constexpr Uuid first_place{0x1, 0x1}, second_place{0x2, 0x2};

ports::LogIdentity copy_at(Uuid place) { return {original.id, original.partitions, place, false}; }

std::string claim_record(const Digest& head, const std::string& node) {
    envelope::ClaimT claim;
    claim.node = node;
    claim.time = Time{1'000};
    return chain::make_record(head, encode_body(LogEntry(claim)));
}

// Extends the chain of a partition; every third record is one that lost a race.
Digest write_some(MemoryLog& log, Partition partition, Digest head, int count, const std::string& name) {
    for (int i = 0; i < count; ++i) {
        const std::string record = claim_record(head, name + std::to_string(i));
        log.inject(partition, record);
        if (i % 3 == 1) log.inject(partition, record);
        if (i % 3 == 2) log.inject(partition, claim_record(head, "too late " + name + std::to_string(i)));
        head = sha256(record);
    }
    return head;
}

std::vector<ChainAnchor> heads_of(ports::Log& log) {
    const auto verdict = verify_log(log, {});
    REQUIRE(verdict.sound());
    std::vector<ChainAnchor> heads;
    for (const auto& partition : verdict.partitions) heads.push_back(partition.head);
    return heads;
}

void fill(MemoryLog& log, int count) {
    for (std::uint32_t number = 0; number < partitions; ++number) {
        write_some(log, {number}, chain::genesis(original.id, {number}), count + static_cast<int>(number), "n");
    }
}

void check_equal(ports::Log& from, ports::Log& to) {
    const auto compared = compare_logs(from, to, {});
    REQUIRE_MESSAGE(compared, compared.error().message);
    for (std::uint32_t number = 0; number < partitions; ++number) CHECK(*from.end({number}) == *to.end({number}));
    CHECK(verify_log(to, {}).sound());
}

void copy(ports::Log& from, ports::Log& to, unsigned parallelism = 2) {
    const auto copied = copy_records(from, to, {.parallelism = parallelism, .progress = {}, .stop = nullptr});
    REQUIRE_MESSAGE(copied, copied.error().message);
}

// Passes everything on to another log, but `before` each append may spoil it.
class SpoiledLog final : public ports::Log {
  public:
    SpoiledLog(MemoryLog& log, std::function<Status(const std::vector<ports::LogAppend>&)> before) : log_(log), before_(std::move(before)) {}
    ports::LogIdentity identity() const override { return log_.identity(); }
    Status append(std::vector<ports::LogAppend> appends) override {
        if (auto spoiled = before_(appends); !spoiled) return spoiled;
        return log_.append(std::move(appends));
    }
    Result<ports::LogPage> read(Partition partition, Offset from, std::size_t) override { return log_.read(partition, from, 100); }  // small pages
    Result<Offset> end(Partition partition) override {
        if (away > 0 && away-- > 0) return fault(FaultCode::timed_out, "the brokers stand still");
        return log_.end(partition);
    }
    int away = 0;  // so many questions after the end of a partition get no answer
    Offset heard_end(Partition partition) const override { return log_.heard_end(partition); }
    void observe(ports::LogObserver& observer) override { log_.observe(observer); }
    void stop_observing(ports::LogObserver& observer) override { log_.stop_observing(observer); }

  private:
    MemoryLog& log_;
    std::function<Status(const std::vector<ports::LogAppend>&)> before_;
};

std::size_t records_of(MemoryLog& log) {
    std::size_t sum = 0;
    for (std::uint32_t number = 0; number < partitions; ++number) sum += static_cast<std::size_t>(log.end({number})->number);
    return sum;
}

TEST_CASE("log copy: to an embedded log and back, every byte and every position stays, void records too") {
    tests::TemporaryFolder folder;
    MemoryLog from(original);
    fill(from, 2000);
    rocks::LogOptions options;
    options.path = folder.at("log");
    REQUIRE(rocks::create_log(options, copy_at(first_place)));
    {
        auto to = rocks::open_log(options);
        REQUIRE(to);
        CHECK((*to)->identity().place == first_place);
        CHECK_FALSE((*to)->identity().live);
        copy(from, **to);
        check_equal(from, **to);
    }
    REQUIRE(rocks::make_live(options.path));
    const auto reopened = rocks::open_log_read_only(options.path);
    REQUIRE(reopened);
    CHECK((*reopened)->identity().live);
    MemoryLog back(copy_at(second_place));
    copy(**reopened, back, 1);
    check_equal(from, back);
    const auto verdict = verify_log(back, {});
    CHECK(verdict.partitions[0].accepted == 2000);
    CHECK(verdict.partitions[0].void_records == 2000 / 3 * 2 + 1);  // of the last two, one was stored twice
}

TEST_CASE("log copy: cut short at any append, it goes on where it stood") {
    MemoryLog from(original);
    fill(from, 12);
    SpoiledLog small_pages(from, [](const auto&) { return Status(); });
    for (std::size_t good = 0; good < records_of(from); ++good) {
        CAPTURE(good);
        MemoryLog to(copy_at(first_place));
        std::size_t appends = 0;
        SpoiledLog dies(to, [&](const auto&) { return appends++ == good ? fault(FaultCode::io_error, "gone") : Status(); });
        const auto cut = copy_records(small_pages, dies, {});
        const std::size_t there = records_of(to);
        if (cut) CHECK(there == records_of(from));
        const auto rest = copy_records(small_pages, to, {});
        REQUIRE_MESSAGE(rest, rest.error().message);
        CHECK(rest->there == there);
        CHECK(rest->copied == records_of(from) - there);
        check_equal(from, to);
    }
}

TEST_CASE("log copy: whatever part of it is there, the next run makes it whole, and follows an original that grew") {
    MemoryLog from(original);
    fill(from, 30);
    for (std::int64_t kept = 0; kept <= from.end({1})->number; ++kept) {
        MemoryLog to(copy_at(first_place));
        copy(from, to);
        to.truncate({1}, {kept});
        to.truncate({2}, {kept / 2});
        copy(from, to);
        check_equal(from, to);
    }
    MemoryLog to(copy_at(first_place));
    copy(from, to);
    const auto heads = heads_of(from);
    write_some(from, {0}, heads[0].hash, 5, "later");
    copy(from, to);
    check_equal(from, to);
}

TEST_CASE("log copy: a doubtful answer is settled by reading back, whether the record is there or not") {
    for (const bool stored : {true, false}) {
        for (const auto outcome : {DeliveryOutcome::unknown, DeliveryOutcome::stored_offset_unknown, DeliveryOutcome::refused}) {
            if (outcome == DeliveryOutcome::stored_offset_unknown && !stored) continue;
            if (outcome == DeliveryOutcome::refused && stored) continue;
            MemoryLog from(original);
            fill(from, 40);
            MemoryLog to(copy_at(first_place));
            SpoiledLog small_pages(from, [](const auto&) { return Status(); });
            int appends = 0;
            SpoiledLog doubtful(to, [&](const auto&) {
                if (++appends == 17) to.answer_next(outcome, stored);
                return Status();
            });
            copy(small_pages, doubtful, 1);
            check_equal(from, to);
        }
    }
}

TEST_CASE("log copy: a record that is stored twice would shift all behind it, so that only a fresh place will do") {
    MemoryLog from(original);
    fill(from, 40);
    MemoryLog to(copy_at(first_place));
    SpoiledLog small_pages(from, [](const auto&) { return Status(); });
    int appends = 0;
    SpoiledLog twice(to, [&](const auto&) {
        if (++appends == 9) to.duplicate_next();
        return Status();
    });
    for (int run = 0; run < 2; ++run) {
        const auto copied = copy_records(small_pages, twice, {});
        REQUIRE_FALSE(copied);
        CHECK(copied.error().code == FaultCode::corrupt);
        CHECK(copied.error().message.find("fresh") != std::string::npos);
    }
}

TEST_CASE("log copy: what is no beginning of the original is refused") {
    MemoryLog from(original);
    fill(from, 20);
    const auto refused = [&](MemoryLog& to) {
        const auto before = records_of(to);
        const auto copied = copy_records(from, to, {});
        REQUIRE_FALSE(copied);
        CHECK(copied.error().code == FaultCode::corrupt);
        CHECK(records_of(to) <= before + records_of(from));
        CHECK_FALSE(compare_logs(from, to, {}).has_value());
    };
    MemoryLog another_log({{0xdef, 1}, partitions, first_place, false});
    refused(another_log);
    MemoryLog holds_something(copy_at(first_place));
    holds_something.inject({1}, "a record of somebody else");
    refused(holds_something);
    MemoryLog longer(copy_at(first_place));
    copy(from, longer);
    longer.inject({2}, "one more");
    refused(longer);
    MemoryLog changed(copy_at(first_place));
    copy(from, changed);
    changed.flip_bit({0}, {3}, 60, 1);
    CHECK(copy_records(from, changed, {}));  // its end is right: what is before is compared afterwards
    const auto compared = compare_logs(from, changed, {});
    REQUIRE_FALSE(compared);
    CHECK(compared.error().message.find("0:3") != std::string::npos);
}

TEST_CASE("log copy: it can be stopped") {
    MemoryLog from(original);
    fill(from, 20);
    MemoryLog to(copy_at(first_place));
    const std::atomic<bool> stop{true};
    const auto copied = copy_records(from, to, {.parallelism = 1, .progress = {}, .stop = &stop});
    REQUIRE_FALSE(copied);
    CHECK(copied.error().code == FaultCode::unavailable);
    CHECK(records_of(to) == 0);
}

SealWish wish_for(Uuid place) { return {.place = place, .reason = "it goes on there", .actor = "operator", .now = Time{5}, .over_another_seal = false}; }

TEST_CASE("log seal: the head of every partition, once, for one place") {
    MemoryLog log(original);
    fill(log, 10);
    const auto heads = heads_of(log);
    REQUIRE(seal_log(log, heads, wish_for(first_place)));
    const auto verdict = verify_log(log, {});
    REQUIRE(verdict.sound());
    for (const auto& partition : verdict.partitions) {
        REQUIRE(partition.seal);
        CHECK(names_place(*partition.seal, first_place));
        CHECK(partition.seal->time == Time{1'000});  // not before the head's
    }
    const auto records = records_of(log);
    CHECK(seal_log(log, heads, wish_for(first_place)));
    CHECK(records_of(log) == records);
    const auto again = seal_log(log, heads, wish_for(second_place));
    REQUIRE_FALSE(again);
    CHECK(again.error().code == FaultCode::conflict);
    CHECK(again.error().message.find("it goes on there") != std::string::npos);
    CHECK(records_of(log) == records);
    auto lost = wish_for(second_place);
    lost.over_another_seal = true;
    CHECK(seal_log(log, heads, lost));
    CHECK(names_place(*verify_log(log, {}).partitions[1].seal, second_place));
    CHECK(check_goes_on_here(log).error().code == FaultCode::conflict);
}

TEST_CASE("log standing: whether a log goes on here is asked again while it is away, and not when it is gone") {
    MemoryLog log(original);
    fill(log, 10);
    SpoiledLog away(log, [](const auto&) { return Status(); });
    away.away = 3;
    const auto goes_on = check_goes_on_here(away);
    CHECK_MESSAGE(goes_on, goes_on.error().message);
    CHECK(away.away == 0);
}

TEST_CASE("log seal: owners who write at the same moment lose, or are told to be stopped") {
    for (const int races : {1, 5, 1000}) {
        MemoryLog log({original.id, 1});
        const Digest head = write_some(log, {0}, chain::genesis(original.id, {0}), 10, "n");
        Digest newest = head;
        int raced = 0;
        SpoiledLog contended(log, [&](const auto&) {
            if (raced++ >= races) return Status();
            const std::string faster = claim_record(newest, "faster" + std::to_string(raced));
            log.inject({0}, faster);
            newest = sha256(faster);
            return Status();
        });
        const auto sealed = seal_log(contended, heads_of(log), wish_for(first_place));
        CHECK(sealed.has_value() == (races < 1000));
        if (!sealed) CHECK(sealed.error().code == FaultCode::conflict);
        if (!sealed) continue;
        // What an owner still has on its way extends a head that is gone.
        log.inject({0}, claim_record(newest, "stalled"));
        auto reader = ChainReader::open(log, {0}, std::nullopt);
        REQUIRE(reader);
        while (!reader->read(1 << 20)->empty()) {
        }
        REQUIRE(reader->seal() != nullptr);
        const auto from_anchor = ChainReader::open(log, {0}, reader->anchor());
        REQUIRE(from_anchor);
        CHECK(from_anchor->seal() != nullptr);
    }
}

TEST_CASE("log standing: a log goes on where its newest Seal says, and nowhere else") {
    envelope::SealT seal;
    seal.place = hex_of(first_place);
    seal.reason = "it goes on at X";
    const auto live_copy = [](Uuid place) { return ports::LogIdentity{original.id, partitions, place, true}; };
    CHECK_FALSE(why_closed(original, nullptr));
    CHECK(why_closed(original, &seal)->find("it goes on at X") != std::string::npos);
    CHECK(why_closed(copy_at(first_place), nullptr)->find("--seal") != std::string::npos);
    CHECK(why_closed(copy_at(first_place), &seal));
    CHECK_FALSE(why_closed(live_copy(first_place), &seal));
    CHECK_FALSE(why_closed(live_copy(first_place), nullptr));
    CHECK(why_closed(live_copy(second_place), &seal));
    seal.place.clear();
    CHECK(why_closed(original, &seal));
    CHECK(why_closed(live_copy(first_place), &seal));
}

}  // namespace
}  // namespace granary
