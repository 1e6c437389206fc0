// Health, metrics, the API's own description, and the admin routes for sagas and views.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void get_livez(const CallPtr& call);
void get_readyz(const CallPtr& call);
void get_metrics(const CallPtr& call);
void get_openapi(const CallPtr& call);
void get_problem(const CallPtr& call);

void list_projections(const CallPtr& call);
void get_projection(const CallPtr& call);
void begin_projection_work(const CallPtr& call);  // {action, generation?}

void list_sagas(const CallPtr& call);
void get_saga(const CallPtr& call);
void get_erasure(const CallPtr& call);
void retry_erasure(const CallPtr& call);     // {reason?}

void retry_saga(const CallPtr& call);        // {reason?}
void skip_saga_step(const CallPtr& call);    // {step, reason}
void compensate_saga(const CallPtr& call);   // {reason}, ?dry_run=true

}  // namespace granary::gateway
