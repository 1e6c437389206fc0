// One append and its answer, for programs that write a single record: a Seal, an Annul.
#pragma once

#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/log.hpp"

namespace granary {

// Appends and waits for the delivery, whatever it says; what was certainly not stored because the log is unavailable for the moment (brokers
// that have not heard of the topic yet) is tried again. timed_out: no answer within `patience`, the record may or may not come
// to be stored; or the log's own fault, and then it is not stored. The token must be nobody else's in this process.
Result<ports::LogDelivery> append_and_wait(ports::Log& log, ports::LogAppend append, Duration patience);

}  // namespace granary
