// The topic of a log on Kafka in which nodes keep persons' keys.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "platform/ports/key_topic.hpp"
#include "platform/ports/random.hpp"
#include "tools/granary/log_choice.hpp"

namespace granary::cli {

// not_found: there is none, and `granary key share` makes it.
Result<std::unique_ptr<ports::KeyTopic>> open_key_topic(const LogChoice& choice);

// Makes the topic for this log, or checks the one that is there. What the log holds already was sealed under keys that its nodes worked out.
Status share_keys(const LogChoice& choice, ports::Random& random);

// The same, and gives the topic what it lacks of the copy of keys in this data directory. Answers how many records that were. not_found: there
// is no such copy; conflict: it is that of another log.
Result<std::uint64_t> restore_shared_keys(const LogChoice& choice, const std::string& data, ports::Random& random);

}  // namespace granary::cli
