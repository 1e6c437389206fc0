// How far an audit has read a log, kept by the auditor: the next one goes on from there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "platform/host/log_verification.hpp"

namespace granary::cli {

// The last record that counts of each partition; nothing where there was none.
using AuditMark = std::vector<std::optional<ChainAnchor>>;

AuditMark mark_of(const LogVerdict& verdict);

// Lines of text, the last of them a checksum of the others: against accidents, not against whoever can write the file.
std::string text_of(const ports::LogIdentity& log, const AuditMark& mark);
// corrupt: no such text, or not whole; conflict: of another log.
Result<AuditMark> parse_mark(const ports::LogIdentity& log, std::string_view text);

}  // namespace granary::cli
