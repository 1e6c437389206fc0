// Whether a log goes on where it lies: a copy and its original are the same bytes, and two that grow would fork history.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "platform/ports/log.hpp"
#include "schemas/commit.hpp"

namespace granary {

// Nothing: this log may be appended to behind a head that is `seal` (null: no Seal). Else why not, and what to do, as the
// rest of a sentence. Pure.
std::optional<std::string> why_closed(const ports::LogIdentity& log, const envelope::SealT* seal);

// Whether a node may go on with this log here, as far as the last record of each partition tells (behind void records a Seal hides
// from this look; a shard, which reads them, finds it). conflict: it may not, and why; else faults of the log,
// those that pass by themselves only after limits::kafka_open_deadline.
Status check_goes_on_here(ports::Log& log);

// True for the Seal that lets the log go on in that place.
bool names_place(const envelope::SealT& seal, Uuid place);

}  // namespace granary
