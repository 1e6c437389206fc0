// The payment provider port. Every call carries an idempotency key: repeating it repeats no effect.
#pragma once

#include <functional>
#include <string>

#include "core/ids.hpp"
#include "core/money.hpp"
#include "core/result.hpp"

namespace granary::ports {

enum class ProviderStatus { unknown_key, authorized, declined, captured, voided, refunded };

struct ProviderAnswer {
    ProviderStatus status = ProviderStatus::unknown_key;
    std::string reference;  // the provider's own id
    std::string reason;     // of a decline: a code such as `card_declined`, no personal data
    Money amount;           // authorized, captured or refunded
};

// FaultCode::unavailable: certainly not done, try again; timed_out: indefinite, reconcile with `find` under the same key.
using ProviderCallback = std::function<void(Result<ProviderAnswer>)>;

// Thread-safe; callbacks come on the adapter's thread. The payment's id is the key of authorize, capture and void; the
// refund's id is that of a refund.
class PaymentProvider {
  public:
    virtual ~PaymentProvider() = default;
    virtual void authorize(PaymentId payment, OrderId order, Money amount, std::string token, ProviderCallback done) = 0;
    virtual void capture(PaymentId payment, Money amount, ProviderCallback done) = 0;
    // Also of an authorization that has not arrived: the provider then refuses it when it comes. Of a declined one: declined,
    // for it holds nothing. Of a captured one: captured, and nothing was done.
    virtual void cancel(PaymentId payment, ProviderCallback done) = 0;
    virtual void refund(PaymentId payment, RefundId refund, Money amount, ProviderCallback done) = 0;
    // What the provider's book says now; unknown_key when it never heard of it.
    virtual void find(PaymentId payment, ProviderCallback done) = 0;
    virtual void find_refund(PaymentId payment, RefundId refund, ProviderCallback done) = 0;
};

}  // namespace granary::ports
