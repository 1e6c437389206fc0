// Reports of sales, stock and sagas, for analysts.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

// ?of=invoices|orders&by=...: of invoices as_of, until and currency bound it, of orders from and to.
void report_sales(const CallPtr& call);
// On imported invoices: ?as_of=&until=&currency=, and of the ranked ones top=.
void report_products(const CallPtr& call);
void report_cohorts(const CallPtr& call);
void report_pairs(const CallPtr& call);
// As of now: ?warehouse=, and ?by=status|step.
void report_stock(const CallPtr& call);
void report_sagas(const CallPtr& call);

}  // namespace granary::gateway
