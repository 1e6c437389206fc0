// Questions about who has looked at what.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "core/time.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

// All of it; nothing given means everything.
struct AccessFilter {
    std::string principal;  // `key_...`
    std::string operation;  // `getOrder`
    std::optional<Time> from, to;  // both inclusive
};

// Thread-safe; every call reads the store and blocks no longer than that.
class AccessQueries {
  public:
    explicit AccessQueries(const Source& source) : source_(source) {}

    // {"at", "principal", "role", "key", "operation", "target", "status", "trace_id", "position"}, newest first. A page of one operation may
    // be short, or empty, and still have a next one. invalid_argument: a limit or cursor out of range.
    Result<Page> list(const AccessFilter& filter, const PageRequest& page) const;

  private:
    Source source_;
};

}  // namespace granary::queries
