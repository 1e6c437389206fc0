// Writes down how far an audit has got while it runs, so that one that was killed loses minutes and not hours.
#pragma once

#include <string>

#include "platform/ports/clock.hpp"
#include "tools/granary/audit_mark.hpp"

namespace granary::cli {

// Not thread-safe. The clock outlives it.
class MarkKeeper {
  public:
    // `begun` is what an earlier audit has seen to, by partition; may be empty. An empty path keeps nothing.
    MarkKeeper(std::string path, const ports::LogIdentity& log, const AuditMark& begun, Duration interval, const ports::Clock& clock);

    // Nothing is wrong up to this record. Writes the file when the last time was `interval` ago; a failure is left to `save`.
    void passed(Partition partition, const ChainAnchor& record);
    // Writes what passed.
    Status save();
    // Writes where a whole audit has ended.
    Status save(const AuditMark& mark);

  private:
    std::string path_;
    ports::LogIdentity log_;
    AuditMark mark_;
    Duration interval_;
    const ports::Clock& clock_;
    Duration saved_;
};

}  // namespace granary::cli
