// The file that says which log a folder holds: made once, checked by its own hash.
#pragma once

#include <string>

#include "core/result.hpp"
#include "platform/ports/log.hpp"

namespace granary::rocks {

std::string identity_path(const std::string& log_path);

// Durable when it returns.
Status write_identity(const std::string& log_path, const ports::LogIdentity& identity);
// not_found: no log was made there; corrupt: the file was changed.
Result<ports::LogIdentity> read_identity(const std::string& log_path);
// The copy of this place is live from now on; durable when it returns.
Status write_live(const std::string& log_path, Uuid place);

}  // namespace granary::rocks
