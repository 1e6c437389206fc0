// Each partition is read to its end, and written behind it.
#include "tools/granary/log_format.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/host/one_append.hpp"

namespace granary::cli {
namespace {

constexpr Duration format_patience = seconds(30);
constexpr int races_max = 20;
constexpr std::uint64_t first_token = std::uint64_t{1} << 62;  // far from an owner's in the same process

Time time_of(const LogEntry& entry) {
    struct Of {
        Time operator()(const Commit& commit) const { return commit.meta.time; }
        Time operator()(const envelope::ClaimT& claim) const { return claim.time; }
        Time operator()(const envelope::FormatT& format) const { return format.time; }
        Time operator()(const envelope::AnnulT& annul) const { return annul.time; }
        Time operator()(const envelope::SealT& seal) const { return seal.time; }
    };
    return std::visit(Of(), entry);
}

void note(PartitionFormat& found, const AcceptedRecord& record) {
    found.last_time = std::max(found.last_time, time_of(record.entry));
    const auto* format = std::get_if<envelope::FormatT>(&record.entry);
    if (format == nullptr || format->level < found.level) return;
    found.level = format->level;
    found.position = record.position;
    found.time = format->time;
    found.actor = format->actor;
}

Status read_on(ChainReader& reader, PartitionFormat& found) {
    for (;;) {
        const auto records = reader.read(limits::log_read_bytes_max);
        if (!records) return std::unexpected(records.error());
        found.head = reader.anchor().hash;
        if (records->empty()) return {};
        for (const auto& record : *records) note(found, record);
    }
}

Status raise_one(ports::Log& log, ChainReader& reader, PartitionFormat& found, const RaiseWish& wish, std::uint64_t& token) {
    for (int race = 0; race < races_max && found.level < wish.level; ++race) {
        if (const auto sound = reader.check_end(); !sound) return sound;
        envelope::FormatT format;
        format.level = wish.level;
        format.time = std::max(wish.now, found.last_time);
        format.actor = wish.actor;
        const auto answer = append_and_wait(log, {found.partition, "", SharedBytes(chain::make_record(found.head, encode_body(LogEntry(std::move(format))))), token++}, format_patience);
        // Whatever was said of it: what the partition holds now is what counts.
        if (const auto read = read_on(reader, found); !read) return read;
        if (found.level >= wish.level) return {};
        if (!answer) return std::unexpected(answer.error());
        if (answer->outcome == ports::DeliveryOutcome::refused) return std::unexpected(answer->fault);
    }
    if (found.level >= wish.level) return {};
    return fault(FaultCode::unavailable, "partition " + std::to_string(found.partition.number) + " is written to all the time; ask again");
}

}  // namespace

Result<std::vector<PartitionFormat>> formats_of(ports::Log& log, std::uint32_t unmarked) {
    std::vector<PartitionFormat> all;
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        PartitionFormat found{{number}, unmarked, {}, {}, {}, {}, {}};
        auto reader = ChainReader::open(log, found.partition, std::nullopt);
        if (!reader) return std::unexpected(reader.error());
        if (const auto read = read_on(*reader, found); !read) return std::unexpected(read.error());
        if (const auto sound = reader->check_end(); !sound) return std::unexpected(sound.error());
        all.push_back(std::move(found));
    }
    return all;
}

Result<std::uint32_t> raise_format(ports::Log& log, const RaiseWish& wish) {
    std::uint32_t written = 0;
    std::uint64_t token = first_token;
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        PartitionFormat found{{number}, wish.unmarked, {}, {}, {}, {}, {}};
        auto reader = ChainReader::open(log, found.partition, std::nullopt);
        if (!reader) return std::unexpected(reader.error());
        if (const auto read = read_on(*reader, found); !read) return std::unexpected(read.error());
        if (found.level >= wish.level) continue;
        if (const auto raised = raise_one(log, *reader, found, wish, token); !raised) return std::unexpected(raised.error());
        ++written;
    }
    return written;
}

}  // namespace granary::cli
