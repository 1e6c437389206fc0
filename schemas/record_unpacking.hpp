// The steps between a stored record and its native form that decoding and scanning share. For schemas/*.cpp only.
#pragma once

#include <cstdint>
#include <string_view>

#include "schemas/commit.hpp"

namespace granary::unpacking {

// The record, verified, when these bytes are one; null otherwise. They start at a multiple of 8.
const envelope::Record* find_record(const std::uint8_t* data, std::size_t size);
// Everything of the stored commit but its events, into what may hold another one's.
void unpack_meta(const envelope::Commit& stored, envelope::CommitT& meta);
// corrupt: more or fewer events than a commit may have.
Status check_event_count(const envelope::Commit& stored);
EventKey key_of(const envelope::EventRecord& record);
std::string_view payload_of(const envelope::EventRecord& record);
Result<CommitEvent> unpack_event(const envelope::EventRecord& record, Time commit_time);
// Of any kind but a commit. unsupported: a kind that this build does not know.
Result<LogEntry> unpack_control(const envelope::Record& record);

inline std::unexpected<Fault> not_a_record() { return fault(FaultCode::corrupt, "the body of the record is not a valid message"); }

}  // namespace granary::unpacking
