// One buffer, one commit: strings and vectors keep their memory from record to record.
#include "schemas/body_scanner.hpp"

#include <cstring>
#include <utility>

#include "schemas/envelope_tables.h"
#include "schemas/event_check.hpp"
#include "schemas/record_unpacking.hpp"
#include "schemas/table_codec.hpp"

namespace granary {

Result<ScannedBody> BodyScanner::scan(std::string_view body, StreamKinds wanted) {
    // FlatBuffers are read in place, from a multiple of 8.
    aligned_.resize(body.size() / sizeof(std::uint64_t) + 1);
    std::memcpy(aligned_.data(), body.data(), body.size());
    const auto* record = unpacking::find_record(reinterpret_cast<const std::uint8_t*>(aligned_.data()), body.size());
    if (record == nullptr) return unpacking::not_a_record();
    if (record->body_type() == envelope::Body::Commit) return scan_commit(*record->body_as_Commit(), wanted);
    auto control = unpacking::unpack_control(*record);
    if (!control) return std::unexpected(std::move(control.error()));
    control_ = std::move(*control);
    return ScannedBody{.control = &*control_};
}

Result<ScannedBody> BodyScanner::scan_commit(const envelope::Commit& stored, StreamKinds wanted) {
    if (auto counted = unpacking::check_event_count(stored); !counted) return std::unexpected(std::move(counted.error()));
    ScannedBody found;
    found.stream_kind = static_cast<StreamKind>(stored.stream_kind());
    found.routing_key = {stored.routing_key()->c_str(), stored.routing_key()->size()};
    found.time = flatbuffers::UnPack(*stored.time());
    found.events = stored.events()->size();
    if (!wanted.contains(found.stream_kind)) {
        for (const auto* one : *stored.events()) {
            if (auto checked = check_event(unpacking::key_of(*one), unpacking::payload_of(*one)); !checked) return std::unexpected(std::move(checked.error()));
        }
        return found;
    }
    unpacking::unpack_meta(stored, commit_.meta);
    commit_.events.clear();
    for (const auto* one : *stored.events()) {
        auto event = unpacking::unpack_event(*one, found.time);
        if (!event) return std::unexpected(std::move(event.error()));
        commit_.events.push_back(std::move(*event));
    }
    found.commit = &commit_;
    return found;
}

}  // namespace granary
