// Payments: pay for an order, see how far it is, refund.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void checkout(const CallPtr& call);              // {order, token, method}
void pay_order(const CallPtr& call);             // the same, the order in the path
void get_payment_status(const CallPtr& call);    // ?order=
void get_payment(const CallPtr& call);
void list_order_payments(const CallPtr& call);
void refund_order(const CallPtr& call);          // {order, amount?, reason?}
void refund_payment(const CallPtr& call);        // the payment in the path

}  // namespace granary::gateway
