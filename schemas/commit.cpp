// Codec of log records: verifies the envelope, then each payload on its own.
#include "schemas/commit.hpp"

#include <utility>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "schemas/envelope_tables.h"
#include "schemas/record_unpacking.hpp"
#include "schemas/table_codec.hpp"

namespace granary {
namespace {

using flatbuffers::FlatBufferBuilder;

std::string finish(FlatBufferBuilder& builder, envelope::Body type, flatbuffers::Offset<void> body) {
    builder.Finish(envelope::CreateRecord(builder, type, body));
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

flatbuffers::Offset<envelope::EventRecord> pack_event(FlatBufferBuilder& builder, const CommitEvent& item, Time commit_time, std::uint32_t level) {
    const auto written = encode_event_at(item.event, level);
    GRANARY_CHECK(written.has_value());
    const auto& [key, payload] = *written;
    // A payload is a buffer of its own: aligned, it can be read where it is.
    builder.ForceVectorAlignment(payload.size(), sizeof(std::uint8_t), alignof(std::uint64_t));
    const auto bytes = builder.CreateVector(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size());
    const auto occurred_at = flatbuffers::Pack(item.occurred_at);
    const bool differs = item.occurred_at.unix_us != 0 && item.occurred_at != commit_time;
    return envelope::CreateEventRecord(builder, key.type, key.version, bytes, differs ? &occurred_at : nullptr);
}

flatbuffers::Offset<envelope::Commit> pack_commit(FlatBufferBuilder& builder, const Commit& commit, std::uint32_t level) {
    std::vector<flatbuffers::Offset<envelope::EventRecord>> records;
    records.reserve(commit.events.size());
    for (const auto& item : commit.events) records.push_back(pack_event(builder, item, commit.meta.time, level));
    const auto& meta = commit.meta;
    const auto events = builder.CreateVector(records);
    const auto stream_key = builder.CreateString(meta.stream_key);
    const auto routing_key = builder.CreateString(meta.routing_key);
    const auto actor = builder.CreateString(meta.actor);
    const auto traceparent = meta.traceparent.empty() ? 0 : builder.CreateString(meta.traceparent);
    const auto time = flatbuffers::Pack(meta.time);
    const auto command = flatbuffers::Pack(meta.command_id);
    const auto fingerprint = flatbuffers::Pack(meta.fingerprint);
    const auto correlation = flatbuffers::Pack(meta.correlation);
    const auto causation = flatbuffers::Pack(meta.causation);
    return envelope::CreateCommit(builder, meta.stream_kind, stream_key, routing_key, meta.first_version, &time, &command, &fingerprint, &correlation,
                                  meta.causation.is_nil() ? nullptr : &causation, actor, traceparent, events);
}

std::string pack(FlatBufferBuilder& builder, const Commit& commit, std::uint32_t level = newest_format_level) {
    return finish(builder, envelope::Body::Commit, pack_commit(builder, commit, level).Union());
}
std::string pack(FlatBufferBuilder& builder, const envelope::ClaimT& claim) {
    return finish(builder, envelope::Body::Claim, envelope::Claim::Pack(builder, &claim).Union());
}
std::string pack(FlatBufferBuilder& builder, const envelope::FormatT& format) {
    return finish(builder, envelope::Body::Format, envelope::Format::Pack(builder, &format).Union());
}
std::string pack(FlatBufferBuilder& builder, const envelope::AnnulT& annul) {
    return finish(builder, envelope::Body::Annul, envelope::Annul::Pack(builder, &annul).Union());
}
std::string pack(FlatBufferBuilder& builder, const envelope::SealT& seal) {
    return finish(builder, envelope::Body::Seal, envelope::Seal::Pack(builder, &seal).Union());
}

}  // namespace

LogEntry::LogEntry() = default;
LogEntry::LogEntry(const LogEntry&) = default;
LogEntry::LogEntry(LogEntry&&) noexcept = default;
LogEntry& LogEntry::operator=(const LogEntry&) = default;
LogEntry& LogEntry::operator=(LogEntry&&) noexcept = default;
LogEntry::~LogEntry() = default;

std::string encode_commit(const Commit& commit, std::uint32_t level) {
    FlatBufferBuilder builder(1024);
    return pack(builder, commit, level);
}

std::string encode_body(const LogEntry& entry) {
    FlatBufferBuilder builder(1024);
    return std::visit([&](const auto& value) { return pack(builder, value); }, entry);
}

Result<LogEntry> decode_body(std::string_view body) {
    const AlignedBytes aligned(body);
    const auto* record = unpacking::find_record(aligned.data(), aligned.size());
    if (record == nullptr) return unpacking::not_a_record();
    if (record->body_type() != envelope::Body::Commit) return unpacking::unpack_control(*record);
    const auto& stored = *record->body_as_Commit();
    if (auto counted = unpacking::check_event_count(stored); !counted) return std::unexpected(std::move(counted.error()));
    Commit commit;
    unpacking::unpack_meta(stored, commit.meta);
    commit.events.reserve(stored.events()->size());
    for (const auto* one : *stored.events()) {
        auto event = unpacking::unpack_event(*one, commit.meta.time);
        if (!event) return std::unexpected(std::move(event.error()));
        commit.events.push_back(std::move(*event));
    }
    return LogEntry(std::move(commit));
}

EventId event_id(CommandId command, std::size_t index) {
    std::string seed = "granary event ";
    const auto bytes = bytes_of(command.value);
    seed.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    seed += std::to_string(index);
    return {uuid_from(sha256(seed))};
}

}  // namespace granary
