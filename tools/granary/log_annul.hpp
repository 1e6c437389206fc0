// Passing over one accepted record that nobody can read: the only way out of a partition that is halted there.
#pragma once

#include <string>

#include "core/digest.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/log.hpp"

namespace CLI {
class App;
}

namespace granary::cli {

struct Annulment {
    Position position;    // of the record that is to be passed over
    std::string why;      // what readers say of it
    Digest head;          // of the partition: what the annulment extends
    bool done = false;    // it is annulled already
};

// Looks whether every reader halts at this record, and whether it would do to pass over it; reads the whole partition.
// invalid_argument: no such partition or record; not_found: readers pass this record; conflict: they halt in front of it;
// halted, corrupt: damage that no annulment mends, since a record was changed or taken out, not written badly: restore the log.
Result<Annulment> examine(ports::Log& log, Position position);

// Appends the annulment behind everything that counts, waits until it counts, and looks again. Nobody else may append to the
// partition meanwhile. timed_out: it may or may not be stored, ask again.
Status annul(ports::Log& log, const Annulment& annulment, const std::string& reason, const std::string& actor, Time now);

// `granary log annul`
void add_annul_verb(CLI::App& log, int& exit_code);

}  // namespace granary::cli
