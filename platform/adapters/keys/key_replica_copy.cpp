// Copies of shared keys for backups, and back into a topic that lost them.
#include <algorithm>
#include <utility>

#include "core/privacy_limits.hpp"
#include "platform/adapters/keys/key_replica.hpp"

namespace granary {
namespace {

// Folds all of the topic.
Status read_all(KeyReplica& replica, ports::KeyTopic& topic, Time now) {
    for (;;) {
        const auto next = replica.next();
        if (!next) return std::unexpected(next.error());
        const auto page = topic.read(*next);
        if (!page) return std::unexpected(page.error());
        if (const auto folded = replica.fold(*page, now); !folded) return std::unexpected(folded.error());
        if (page->at_end) return {};
    }
}

// Gives what `there` lacks of `from` and that is `wanted`, some records at a time, to `put`. Answers how many that were.
template <class Record, class Wanted, class Make, class Put>
Result<std::uint64_t> give_lacking(const KeyReplica& from, const KeyReplica& there, std::size_t at_once, Wanted wanted, Make make, Put put) {
    std::vector<Record> lacking;
    std::uint64_t given = 0;
    const auto flush = [&]() -> Status {
        given += lacking.size();
        auto done = put(std::exchange(lacking, {}));
        return done;
    };
    const auto taken = from.each_record([&](ports::StoredKeyRecord stored) -> Status {
        const auto is_there = there.holds(stored.record);
        if (!is_there) return std::unexpected(is_there.error());
        if (*is_there) return {};
        const auto is_wanted = wanted(stored.record);
        if (!is_wanted) return std::unexpected(is_wanted.error());
        if (!*is_wanted) return {};
        lacking.push_back(make(std::move(stored)));
        return lacking.size() < at_once ? Status() : flush();
    });
    if (!taken) return std::unexpected(taken.error());
    if (const auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
    return given;
}

}  // namespace

Result<std::uint64_t> copy_replica(const ports::Store& from, ports::Store& to) {
    const auto source = KeyReplica::open_to_read(from);
    if (!source && source.error().code == FaultCode::not_found) return std::uint64_t{0};
    if (!source) return std::unexpected(source.error());
    auto target = KeyReplica::open(to, source->begun());
    if (!target) return std::unexpected(target.error());
    const auto read_here = source->next();
    if (!read_here) return std::unexpected(read_here.error());
    const auto read_there = target->next();
    if (!read_there) return std::unexpected(read_there.error());
    // A copy that is cut off must not say that it has read what it lacks, so how far `from` has read comes last.
    const auto fold_to = [&](std::vector<ports::StoredKeyRecord> records, Offset next) -> Status {
        const auto folded = target->fold({std::move(records), next, true}, {}, ports::Durability::device);
        return folded ? Status() : std::unexpected(folded.error());
    };
    const auto itself = [](ports::StoredKeyRecord record) { return record; };
    const auto given = give_lacking<ports::StoredKeyRecord>(*source, *target, limits::key_page_records_max, [](const ports::KeyRecord&) { return Result<bool>(true); }, itself,
                                                            [&](std::vector<ports::StoredKeyRecord> records) { return fold_to(std::move(records), *read_there); });
    if (!given) return given;
    if (auto all = fold_to({}, std::max(*read_here, *read_there)); !all) return std::unexpected(std::move(all.error()));
    if (auto forgotten = target->forget_destroyed(); !forgotten) return std::unexpected(std::move(forgotten.error()));
    return given;
}

Result<std::uint64_t> restore_replica(const ports::Store& from, ports::KeyTopic& topic, ports::Store& scratch, Time now) {
    const auto source = KeyReplica::open_to_read(from);
    if (!source) return std::unexpected(source.error());
    const auto begun = read_begun(topic);
    if (!begun) return std::unexpected(begun.error());
    if (begun->log != source->begun().log) return fault(FaultCode::conflict, "these are the keys of two different logs");
    auto there = KeyReplica::open(scratch, *begun);
    if (!there) return std::unexpected(there.error());
    if (auto read = read_all(*there, topic, now); !read) return std::unexpected(std::move(read.error()));
    const auto record_of = [](ports::StoredKeyRecord stored) { return std::move(stored.record); };
    // A key of somebody who was erased since the copy was made left the topic for good.
    const auto may_return = [&](const ports::KeyRecord& record) -> Result<bool> {
        const auto destroyed = there->is_of_destroyed(record);
        return destroyed ? Result<bool>(!*destroyed) : destroyed;
    };
    return give_lacking<ports::KeyRecord>(*source, *there, limits::keys_made_at_once_max, may_return, record_of,
                                          [&](const std::vector<ports::KeyRecord>& records) { return records.empty() ? Status() : topic.append(records); });
}

}  // namespace granary
