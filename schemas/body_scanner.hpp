// Looks at bodies of log records one after the other: each is verified as strictly as decode_body does, and unpacked only if
// somebody wants it, into the same memory again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/stream_kinds.hpp"
#include "schemas/commit.hpp"

namespace granary {

// What a sound body is about. Everything in it lasts until the scanner's next call.
struct ScannedBody {
    const LogEntry* control = nullptr;  // a control record, unpacked; null for a commit, whose outline the rest is
    StreamKind stream_kind = StreamKind::none;
    std::string_view routing_key;
    Time time;
    std::size_t events = 0;
    const Commit* commit = nullptr;  // unpacked, if commits of such streams were wanted
};

// Not thread-safe.
class BodyScanner {
  public:
    // corrupt, unsupported: exactly when decode_body says so.
    Result<ScannedBody> scan(std::string_view body, StreamKinds wanted);

  private:
    Result<ScannedBody> scan_commit(const envelope::Commit& stored, StreamKinds wanted);

    std::vector<std::uint64_t> aligned_;
    Commit commit_;
    std::optional<LogEntry> control_;
};

}  // namespace granary
