// Rate limits per principal: a token bucket, and the header fields that tell a client how much is left.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "gateway/http/message.hpp"

namespace granary::gateway {

struct RatePolicy {
    std::int64_t per_second = 50'000;  // 0 = no limit, and no header fields about it
    std::int64_t burst = 100'000;      // requests that may come at once after a pause; at least per_second
};

struct RateVerdict {
    bool allowed = true;
    std::int64_t remaining = 0;
    Duration retry_after;  // when refused
    Duration reset_after;  // until the bucket is full again
};

// Thread-safe. Keeps one number per principal that was seen lately; a full bucket is forgotten.
class RateLimiter {
  public:
    explicit RateLimiter(RatePolicy policy);

    bool is_on() const { return policy_.per_second > 0; }
    // Takes one token. `now` is a monotonic time.
    RateVerdict take(ApiKeyId principal, Duration now);
    // RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-09), X-RateLimit-Limit, -Remaining, -Reset.
    void write(const RateVerdict& verdict, http::Headers& headers) const;

  private:
    static constexpr std::size_t shard_count = 16;
    struct Shard {
        std::mutex mutex;
        std::unordered_map<ApiKeyId, std::int64_t> full_at_ns;  // when the bucket will be full again (GCRA)
    };

    RatePolicy policy_;
    std::int64_t cost_ns_ = 0;  // time that one token takes to grow back
    std::string policy_text_;
    std::string limit_text_;
    std::array<Shard, shard_count> shards_;
};

}  // namespace granary::gateway
