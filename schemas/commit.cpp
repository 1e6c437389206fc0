// Codec of log records: verifies the envelope, then each payload on its own.
#include "schemas/commit.hpp"

#include <utility>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "core/limits.hpp"
#include "schemas/envelope_tables.h"
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

// Everything of the stored commit but its events, which are decoded one by one.
envelope::CommitT unpack_meta(const envelope::Commit& stored) {
    envelope::CommitT meta;
    meta.stream_kind = stored.stream_kind();
    meta.stream_key = stored.stream_key()->str();
    meta.routing_key = stored.routing_key()->str();
    meta.first_version = stored.first_version();
    meta.time = flatbuffers::UnPack(*stored.time());
    meta.command_id = flatbuffers::UnPack(*stored.command_id());
    meta.fingerprint = flatbuffers::UnPack(*stored.fingerprint());
    meta.correlation = flatbuffers::UnPack(*stored.correlation());
    if (stored.causation() != nullptr) meta.causation = flatbuffers::UnPack(*stored.causation());
    meta.actor = stored.actor()->str();
    if (stored.traceparent() != nullptr) meta.traceparent = stored.traceparent()->str();
    return meta;
}

Result<LogEntry> unpack_commit(const envelope::Commit& stored) {
    Commit commit{unpack_meta(stored), {}};
    const auto& records = *stored.events();
    if (records.size() == 0 || records.size() > limits::events_per_commit_max) return fault(FaultCode::corrupt, "a commit with an impossible number of events");
    commit.events.reserve(records.size());
    for (const auto* record : records) {
        const auto* payload = record->payload();
        auto event = decode_event({record->type(), record->version()}, {reinterpret_cast<const char*>(payload->data()), payload->size()});
        if (!event) return std::unexpected(std::move(event.error()));
        const Time occurred_at = record->occurred_at() != nullptr ? flatbuffers::UnPack(*record->occurred_at()) : commit.meta.time;
        commit.events.push_back({std::move(*event), occurred_at});
    }
    return LogEntry(std::move(commit));
}

template <class Native, class Table>
Result<LogEntry> unpack_control(const Table& table) {
    Native native;
    table.UnPackTo(&native);
    return LogEntry(std::move(native));
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
    if (!verifies<envelope::Record>(aligned)) return fault(FaultCode::corrupt, "the body of the record is not a valid message");
    const auto* record = flatbuffers::GetRoot<envelope::Record>(aligned.data());
    // The union verifier accepts types that it does not know: each is checked here.
    switch (record->body_type()) {
        case envelope::Body::Commit: return unpack_commit(*record->body_as_Commit());
        case envelope::Body::Claim: return unpack_control<envelope::ClaimT>(*record->body_as_Claim());
        case envelope::Body::Format: return unpack_control<envelope::FormatT>(*record->body_as_Format());
        case envelope::Body::Annul: return unpack_control<envelope::AnnulT>(*record->body_as_Annul());
        case envelope::Body::Seal: return unpack_control<envelope::SealT>(*record->body_as_Seal());
        case envelope::Body::NONE: break;
    }
    return fault(FaultCode::unsupported, "a kind of record that this build does not know; upgrade this node");
}

EventId event_id(CommandId command, std::size_t index) {
    std::string seed = "granary event ";
    const auto bytes = bytes_of(command.value);
    seed.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    seed += std::to_string(index);
    return {uuid_from(sha256(seed))};
}

}  // namespace granary
