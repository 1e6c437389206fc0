// `Prefer: wait=N` on a new order: the answer is held until the order is PAID or has ended.
#pragma once

#include <optional>

#include "gateway/middleware/call.hpp"
#include "platform/ports/command_bus.hpp"

namespace granary::gateway {

// N seconds of `Prefer: wait=N` (RFC 7240), at most limits::prefer_wait_max; nullopt without it. Other preferences and
// malformed ones are ignored, as the standard wants.
std::optional<Duration> preferred_wait(const http::Headers& headers);

// Answers with the order as it is when it is PAID or ended, or when the time is up; `first` is what is answered when
// there is no room to wait, or nothing can be read. Both are 201.
void answer_when_settled(const CallPtr& call, OrderId order, Duration wait, const ports::CommandAnswer& answer, http::Response first);

}  // namespace granary::gateway
