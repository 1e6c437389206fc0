// What all requests of one gateway share: services, options, secrets and limiters.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "gateway/middleware/access_recorder.hpp"
#include "gateway/middleware/idempotency.hpp"
#include "gateway/middleware/rate_limit.hpp"
#include "gateway/middleware/router.hpp"
#include "gateway/services.hpp"

namespace granary::gateway {

// Thread-safe.
struct Edge {
    Edge(const GatewayServices& the_services, GatewayOptions the_options, std::span<const Route> routes)
        : services(the_services), options(std::move(the_options)), router(routes), rate_limiter(options.rate),
          accesses(std::make_shared<AccessRecorder>(services.commands, services.clock, services.random)) {}

    std::string_view command_secret() const { return text_of_key(command_key); }
    std::string_view cursor_secret() const { return text_of_key(cursor_key); }
    std::string_view callback_secret() const { return text_of_key(callback_key); }

    const GatewayServices services;
    const GatewayOptions options;
    const Router router;
    RateLimiter rate_limiter;
    KeysInFlight in_flight;
    const std::shared_ptr<AccessRecorder> accesses;
    std::atomic<std::size_t> order_waits = 0;  // clients that wait for the end of their order
    ports::SecretKey command_key{}, cursor_key{}, callback_key{};
    std::string openapi;  // the document, ready to be sent

  private:
    static std::string_view text_of_key(const ports::SecretKey& key) { return {reinterpret_cast<const char*>(key.data()), key.size()}; }
};

}  // namespace granary::gateway
