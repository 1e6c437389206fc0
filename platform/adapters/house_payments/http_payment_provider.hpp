// The payment provider port over the REST interface of the house payment provider (docs/house.md).
#pragma once

#include <memory>
#include <string>

#include "core/limits.hpp"
#include "platform/ports/http_client.hpp"
#include "platform/ports/payment_provider.hpp"

namespace granary::house_payments {

struct PaymentProviderOptions {
    std::string base_url;  // `http://127.0.0.1:43211`, without a slash at the end
    Duration deadline = limits::provider_call_deadline;  // of each call, from the first byte to the last
};

// Holds no state of its own, so it may go while calls are under way; the client must outlive it, and callbacks come on
// the client's thread, or on the caller's when nothing could be sent. Only a well-formed answer about the very payment
// or refund that was asked for counts; everything else is `timed_out`, unless it is certain that nothing was done.
std::unique_ptr<ports::PaymentProvider> make_payment_provider(ports::HttpClient& client, PaymentProviderOptions options);

}  // namespace granary::house_payments
