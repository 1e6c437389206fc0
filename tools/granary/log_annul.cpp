// The examination and the append; both use the readers' own walk along the chain.
#include "tools/granary/log_annul.hpp"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/chain.hpp"
#include "core/limits.hpp"
#include "core/routing.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/host/one_append.hpp"
#include "schemas/commit.hpp"

namespace granary::cli {
namespace {

constexpr Duration annulment_patience = seconds(60);
constexpr std::uint64_t the_token = 1;

// Reads on to the end, or to where it halts; the fault of that.
Status read_on(ChainReader& reader) {
    for (;;) {
        const auto records = reader.read(limits::log_read_bytes_max);
        if (!records) return std::unexpected(records.error());
        if (records->empty()) return {};
    }
}

Result<SharedBytes> record_at(ports::Log& log, Position position) {
    const auto page = log.read(position.partition, position.offset, 1);
    if (!page) return std::unexpected(page.error());
    if (page->records.empty() || page->records.front().offset != position.offset) return fault(FaultCode::invalid_argument, "there is no record at position " + text_of(position));
    return page->records.front().bytes;
}

// As ChainReader judges a record that counts.
bool is_unreadable(std::string_view record, Partition partition, std::uint32_t partitions) {
    const auto entry = decode_body(chain::body_of(record));
    const auto* commit = entry ? std::get_if<Commit>(&*entry) : nullptr;
    return !entry || (commit != nullptr && partition_of(commit->meta.routing_key, partitions) != partition);
}

// What a later build reads must not be passed over: that build would fold it, and this one not.
Status check_hopeless(ports::Log& log, Position position) {
    const auto bytes = record_at(log, position);
    if (!bytes) return std::unexpected(bytes.error());
    const auto entry = decode_body(chain::body_of(bytes->view()));
    const bool raises_format = entry && std::holds_alternative<envelope::FormatT>(*entry);
    if (!raises_format && (entry || entry.error().code != FaultCode::unsupported)) return {};
    return fault(FaultCode::conflict, "the record at position " + text_of(position) + " is not to be annulled: " + (raises_format ? "what follows it needs a later build; upgrade this node" : entry.error().message));
}

// The reader halted at a record that counts: it extends the head, and says nothing that can be read.
bool halts_at_accepted(ports::Log& log, const ChainReader& reader) {
    if (!reader.halted_at()) return false;
    const auto bytes = record_at(log, {reader.partition(), *reader.halted_at()});
    if (!bytes) return false;
    const auto header = chain::parse_header(bytes->view());
    return header && header->prev == reader.anchor().hash;
}

// The head behind this record, over further ones that nobody can read. A record that was changed after it was written leaves
// others behind it that extend what stood there before.
Result<Digest> head_behind(ports::Log& log, Position position) {
    for (;;) {
        const auto bytes = record_at(log, position);
        if (!bytes) return std::unexpected(bytes.error());
        auto reader = ChainReader::open(log, position.partition, ChainAnchor{position.offset, sha256(bytes->view())});
        if (!reader) return std::unexpected(reader.error());
        const auto read = read_on(*reader);
        if (!read && halts_at_accepted(log, *reader)) {
            position.offset = *reader->halted_at();
            continue;
        }
        if (!read) return std::unexpected(read.error());
        const auto stray = reader->first_stray();
        if (!stray) return std::unexpected(stray.error());
        if (!*stray) return reader->anchor().hash;
        return fault(FaultCode::halted, "the record at position " + text_of(Position{position.partition, **stray}) +
                                            " extends one that is not in the log: what stands before it was changed, not written badly; restore the log");
    }
}

}  // namespace

Result<Annulment> examine(ports::Log& log, Position position) {
    if (position.partition.number >= log.identity().partitions || position.offset.number < 0) return fault(FaultCode::invalid_argument, "the log has no such position");
    const auto end = log.end(position.partition);
    if (!end) return std::unexpected(end.error());
    if (position.offset >= *end) return fault(FaultCode::invalid_argument, "the partition ends before position " + text_of(position));
    auto reader = ChainReader::open(log, position.partition, std::nullopt);
    if (!reader) return std::unexpected(reader.error());
    Annulment found{position, {}, {}, false};
    bool passed_unread = false;
    reader->visit_records([&](const ports::LogRecord& record, chain::Verdict verdict, const Digest&) {
        if (record.offset == position.offset) passed_unread = verdict == chain::Verdict::accepted && is_unreadable(record.bytes.view(), position.partition, log.identity().partitions);
    });
    const auto read = read_on(*reader);
    found.done = passed_unread;
    if (found.done) return found;
    if (reader->next() > position.offset) return fault(FaultCode::not_found, "nobody halts at position " + text_of(position) + ": there is nothing to annul");
    if (reader->halted_at() != position.offset) return fault(FaultCode::conflict, read.error().message);
    if (!halts_at_accepted(log, *reader)) return std::unexpected(read.error());
    if (auto hopeless = check_hopeless(log, position); !hopeless) return std::unexpected(std::move(hopeless.error()));
    found.why = read.error().message;
    auto head = head_behind(log, position);
    if (!head) return std::unexpected(std::move(head.error()));
    found.head = *head;
    return found;
}

Status annul(ports::Log& log, const Annulment& annulment, const std::string& reason, const std::string& actor, Time now) {
    envelope::AnnulT body;
    body.offset = annulment.position.offset.number;
    body.reason = reason;
    body.actor = actor;
    body.time = now;
    const auto answer = append_and_wait(
        log, {annulment.position.partition, "", SharedBytes(chain::make_record(annulment.head, encode_body(LogEntry(body)))), the_token}, annulment_patience);
    if (!answer && answer.error().code != FaultCode::timed_out) return std::unexpected(answer.error());
    if (!answer || answer->outcome == ports::DeliveryOutcome::unknown) return fault(FaultCode::timed_out, "the annulment may or may not be stored; ask again");
    if (answer->outcome == ports::DeliveryOutcome::refused) return std::unexpected(answer->fault);
    const auto after = examine(log, annulment.position);
    if (after && after->done) return {};
    return fault(FaultCode::conflict, "the annulment is stored and does not count: somebody else wrote to the partition; stop them and ask again");
}

}  // namespace granary::cli
