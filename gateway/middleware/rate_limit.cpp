// The generic cell rate algorithm: a bucket is one point in time, so taking a token is one addition.
#include "gateway/middleware/rate_limit.hpp"

#include <algorithm>

#include "core/limits.hpp"

namespace granary::gateway {
namespace {

std::string whole_seconds(Duration duration) { return std::to_string((duration.us + 999'999) / 1'000'000); }

}  // namespace

RateLimiter::RateLimiter(RatePolicy policy) : policy_(policy) {
    if (!is_on()) return;
    policy_.burst = std::max(policy_.burst, policy_.per_second);
    cost_ns_ = std::max<std::int64_t>(1, 1'000'000'000 / policy_.per_second);
    policy_text_ = "\"default\";q=" + std::to_string(policy_.per_second) + ";w=1";
    limit_text_ = std::to_string(policy_.burst);
}

RateVerdict RateLimiter::take(ApiKeyId principal, Duration now) {
    const std::int64_t now_ns = now.us * 1000;
    const std::int64_t capacity_ns = cost_ns_ * policy_.burst;
    Shard& shard = shards_[principal.value.lo % shard_count];
    const std::lock_guard lock(shard.mutex);
    auto& buckets = shard.full_at_ns;
    if (buckets.size() >= limits::rate_buckets_max / shard_count && !buckets.contains(principal)) {
        std::erase_if(buckets, [&](const auto& entry) { return entry.second <= now_ns; });
        if (buckets.size() >= limits::rate_buckets_max / shard_count) return {.allowed = false, .remaining = 0, .retry_after = seconds(1), .reset_after = seconds(1)};
    }
    std::int64_t& full_at = buckets[principal];
    const std::int64_t after = std::max(full_at, now_ns) + cost_ns_;
    RateVerdict verdict;
    verdict.allowed = after - now_ns <= capacity_ns;
    if (verdict.allowed) full_at = after;
    else verdict.retry_after = {(after - now_ns - capacity_ns + 999) / 1000};
    verdict.remaining = (capacity_ns - (full_at - now_ns)) / cost_ns_;
    verdict.reset_after = {(full_at - now_ns) / 1000};
    return verdict;
}

void RateLimiter::write(const RateVerdict& verdict, http::Headers& headers) const {
    const std::string remaining = std::to_string(verdict.remaining);
    const std::string reset = whole_seconds(verdict.allowed ? verdict.reset_after : verdict.retry_after);
    headers.add("ratelimit-policy", policy_text_);
    headers.add("ratelimit", "\"default\";r=" + remaining + ";t=" + reset);
    headers.add("x-ratelimit-limit", limit_text_);
    headers.add("x-ratelimit-remaining", remaining);
    headers.add("x-ratelimit-reset", reset);
}

}  // namespace granary::gateway
