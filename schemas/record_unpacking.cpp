// Field by field out of verified buffers.
#include "schemas/record_unpacking.hpp"

#include "core/limits.hpp"
#include "schemas/envelope_tables.h"
#include "schemas/table_codec.hpp"

namespace granary::unpacking {
namespace {

void assign(std::string& to, const flatbuffers::String& text) { to.assign(text.c_str(), text.size()); }

template <class Native, class Table>
Result<LogEntry> unpack(const Table& table) {
    Native native;
    table.UnPackTo(&native);
    return LogEntry(std::move(native));
}

}  // namespace

const envelope::Record* find_record(const std::uint8_t* data, std::size_t size) {
    const AlignedBytes bytes({reinterpret_cast<const char*>(data), size});
    return verifies<envelope::Record>(bytes) ? flatbuffers::GetRoot<envelope::Record>(data) : nullptr;
}

void unpack_meta(const envelope::Commit& stored, envelope::CommitT& meta) {
    meta.stream_kind = stored.stream_kind();
    assign(meta.stream_key, *stored.stream_key());
    assign(meta.routing_key, *stored.routing_key());
    meta.first_version = stored.first_version();
    meta.time = flatbuffers::UnPack(*stored.time());
    meta.command_id = flatbuffers::UnPack(*stored.command_id());
    meta.fingerprint = flatbuffers::UnPack(*stored.fingerprint());
    meta.correlation = flatbuffers::UnPack(*stored.correlation());
    meta.causation = stored.causation() != nullptr ? flatbuffers::UnPack(*stored.causation()) : EventId{};
    assign(meta.actor, *stored.actor());
    meta.traceparent.clear();
    if (stored.traceparent() != nullptr) assign(meta.traceparent, *stored.traceparent());
}

Status check_event_count(const envelope::Commit& stored) {
    const auto count = stored.events()->size();
    if (count == 0 || count > limits::events_per_commit_max) return fault(FaultCode::corrupt, "a commit with an impossible number of events");
    return {};
}

EventKey key_of(const envelope::EventRecord& record) { return {record.type(), record.version()}; }

std::string_view payload_of(const envelope::EventRecord& record) {
    return {reinterpret_cast<const char*>(record.payload()->data()), record.payload()->size()};
}

Result<CommitEvent> unpack_event(const envelope::EventRecord& record, Time commit_time) {
    auto event = decode_event(key_of(record), payload_of(record));
    if (!event) return std::unexpected(std::move(event.error()));
    return CommitEvent{std::move(*event), record.occurred_at() != nullptr ? flatbuffers::UnPack(*record.occurred_at()) : commit_time};
}

Result<LogEntry> unpack_control(const envelope::Record& record) {
    // The union verifier accepts types that it does not know: each is checked here.
    switch (record.body_type()) {
        case envelope::Body::Claim: return unpack<envelope::ClaimT>(*record.body_as_Claim());
        case envelope::Body::Format: return unpack<envelope::FormatT>(*record.body_as_Format());
        case envelope::Body::Annul: return unpack<envelope::AnnulT>(*record.body_as_Annul());
        case envelope::Body::Seal: return unpack<envelope::SealT>(*record.body_as_Seal());
        case envelope::Body::Commit:
        case envelope::Body::NONE: break;
    }
    return fault(FaultCode::unsupported, "a kind of record that this build does not know; upgrade this node");
}

}  // namespace granary::unpacking
