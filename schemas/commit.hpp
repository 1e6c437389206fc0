// One log record in memory: a commit with its events, or a control record; and the codec between it and bytes.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/chain.hpp"
#include "core/result.hpp"
#include "core/stream.hpp"
#include "schemas/envelope_messages.hpp"
#include "schemas/format_levels.hpp"
#include "schemas/messages.hpp"

namespace granary {

struct CommitEvent {
    Event event;
    Time occurred_at;  // equals the commit's time unless the event says otherwise
};

// All events that one command caused on one aggregate.
struct Commit {
    envelope::CommitT meta;  // metadata as stored; `meta.events` is empty, `events` below holds them decoded
    std::vector<CommitEvent> events;

    StreamId stream() const { return {static_cast<StreamKind>(meta.stream_kind), meta.stream_key}; }
    std::uint64_t last_version() const { return meta.first_version + events.size() - 1; }
};

struct LogEntry : std::variant<Commit, envelope::ClaimT, envelope::FormatT, envelope::AnnulT, envelope::SealT> {
    using variant::variant;
    LogEntry();
    LogEntry(const LogEntry& other);
    LogEntry(LogEntry&& other) noexcept;
    LogEntry& operator=(const LogEntry& other);
    LogEntry& operator=(LogEntry&& other) noexcept;
    ~LogEntry();
};

// The body bytes of a record (to be wrapped by chain::make_record). limit: see limits::commit_bytes_max, the caller's check.
std::string encode_body(const LogEntry& entry);
// With its events in the forms of this level (format_levels.hpp), which must have one for each of them.
std::string encode_commit(const Commit& commit, std::uint32_t level = newest_format_level);
// corrupt: not a valid buffer; unsupported: an event or control record that this build does not know.
Result<LogEntry> decode_body(std::string_view body);

// The same id on every redelivery: derived from the command's id and the event's place in its commit.
EventId event_id(CommandId command, std::size_t index);

}  // namespace granary
