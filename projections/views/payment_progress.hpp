// How events of a payment change its status and sums; the order's page and the payment's page agree by sharing it.
#pragma once

#include "query-side/read_models/rows_fbs.h"
#include "schemas/payments_messages.hpp"

namespace granary::views {

// The payment that PaymentStarted opens.
read_models::PaymentPartT started(const payments::PaymentStartedT& event);
// Any later event of the same payment.
void advance(read_models::PaymentPartT& payment, const payments::Event& event);
// The payment that an event is about, and its order.
PaymentId payment_of(const payments::Event& event);

}  // namespace granary::views
