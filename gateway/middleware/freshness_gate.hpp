// Granary-Min-Position: a request that names what it must see waits for it, for a while.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/position.hpp"
#include "gateway/middleware/call.hpp"

namespace granary::gateway {

// `3:17, 5:2`: at most limits::position_tokens_max positions of partitions that exist. The error says what is wrong.
std::expected<std::vector<Position>, std::string> parse_min_position(std::string_view header, std::uint32_t partitions);

// Goes on with `next` when the views have folded all that the request names: at once, or on another thread; fails the
// call with 400 for a malformed header and 503 `pending` after a bounded wait.
void after_min_position(const CallPtr& call, RouteHandler next);

// Runs `again` when all that is durable now in these partitions is folded; fails the call with 503 `pending` when that
// takes too long. For a look-up by id that found nothing.
void after_fold(const CallPtr& call, const std::vector<Partition>& partitions, std::function<void(const CallPtr&)> again);

// Position and age of an answer about one aggregate, and of a list.
void write_freshness(http::Headers& headers, const queries::Freshness& freshness);
void write_freshness(http::Headers& headers, const ports::ViewAge& view);

}  // namespace granary::gateway
