// What each error of the brokers and of the client library means here: the one table.
#pragma once

#include <string>

#include "core/result.hpp"

namespace granary::kafka {

enum class Meaning {
    none,       // no error
    retry,      // a passing condition of brokers or network; nothing is known to be lost
    fence,      // the fate of what is in flight is unknown, or this producer is done for: drop it, read to the end, claim again
    halt,       // no retry helps until an operator acts
    refuse,     // this one record is not acceptable; others are
};

// `error` is librdkafka's rd_kafka_resp_err_t. What the table does not name is `fence`: the careful answer.
Meaning meaning_of(int error);

// `what: the library's text (its name)`. retry: unavailable or timed_out; fence: timed_out; halt: halted; refuse: invalid_argument.
Fault fault_of(int error, const std::string& what);

}  // namespace granary::kafka
