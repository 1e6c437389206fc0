// Seals partition after partition: reads to the end, appends a Seal, reads on to see whether it counts.
#include <algorithm>
#include <utility>

#include "platform/host/log_copy.hpp"
#include "platform/host/log_copy_limits.hpp"
#include "platform/host/log_standing.hpp"
#include "platform/host/one_append.hpp"

namespace granary {
namespace {

Time time_of(const LogEntry& entry) {
    if (const auto* commit = std::get_if<Commit>(&entry)) return commit->meta.time;
    if (const auto* claim = std::get_if<envelope::ClaimT>(&entry)) return claim->time;
    if (const auto* format = std::get_if<envelope::FormatT>(&entry)) return format->time;
    if (const auto* annul = std::get_if<envelope::AnnulT>(&entry)) return annul->time;
    return std::get<envelope::SealT>(entry).time;
}

class PartitionSeal {
  public:
    PartitionSeal(ports::Log& log, const SealWish& wish) : log_(log), wish_(wish) {}

    Status run(Partition partition, std::optional<ChainAnchor> head) {
        if (auto known = note_time(partition, head); !known) return known;
        auto reader = ChainReader::open(log_, partition, head);
        if (!reader) return std::unexpected(std::move(reader.error()));
        for (std::size_t attempt = 0;; ++attempt) {
            if (auto read = read_to_end(*reader); !read) return read;
            if (const auto* seal = reader->seal(); seal != nullptr) {
                if (names_place(*seal, wish_.place)) return {};
                // The Seal with which the log was moved here is an ordinary head.
                if (!wish_.over_another_seal && !names_place(*seal, log_.identity().place)) return fault(FaultCode::conflict, name_of(partition) + " is sealed already: " + seal->reason);
            }
            if (attempt == limits::seal_attempts_max) return fault(FaultCode::conflict, name_of(partition) + " could not be sealed, other writers were faster; stop them and try again");
            if (auto sound = reader->check_end(); !sound) return sound;
            const auto answer = append_and_wait(log_, {partition, {}, SharedBytes(chain::make_record(reader->anchor().hash, body())), next_token_++}, limits::log_copy_patience);
            if (!answer) return std::unexpected(answer.error());
            if (answer->outcome == ports::DeliveryOutcome::refused) return std::unexpected(answer->fault);
        }
    }

  private:
    static std::string name_of(Partition partition) { return "partition " + std::to_string(partition.number); }

    // A partition's times never go back.
    Status note_time(Partition partition, const std::optional<ChainAnchor>& head) {
        if (!head) return {};
        const auto page = log_.read(partition, head->offset, 1);
        if (!page) return std::unexpected(page.error());
        if (page->records.empty() || !chain::parse_header(page->records.front().bytes.view())) return {};  // the reader will say so
        if (const auto entry = decode_body(chain::body_of(page->records.front().bytes.view()))) last_ = std::max(last_, time_of(*entry));
        return {};
    }

    Status read_to_end(ChainReader& reader) {
        for (;;) {
            const auto records = reader.read(limits::log_read_bytes_max);
            if (!records) return std::unexpected(records.error());
            if (records->empty()) return {};
            for (const auto& record : *records) last_ = std::max(last_, time_of(record.entry));
        }
    }

    std::string body() const {
        envelope::SealT seal;
        seal.reason = wish_.reason;
        seal.actor = wish_.actor;
        seal.time = std::max(wish_.now, last_);
        seal.place = hex_of(wish_.place);
        return encode_body(LogEntry(std::move(seal)));
    }

    ports::Log& log_;
    const SealWish& wish_;
    Time last_;
    std::uint64_t next_token_ = std::uint64_t{1} << 63;  // far from an owner's in the same process
};

}  // namespace

Status seal_log(ports::Log& log, const std::vector<ChainAnchor>& heads, const SealWish& wish) {
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        std::optional<ChainAnchor> head;
        if (number < heads.size() && heads[number].offset.number >= 0) head = heads[number];
        if (auto sealed = PartitionSeal(log, wish).run({number}, head); !sealed) return sealed;
    }
    return {};
}

}  // namespace granary
