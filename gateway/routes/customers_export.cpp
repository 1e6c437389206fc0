// All that is held about one customer: put together aside, for it takes as long as there are orders.
#include <utility>

#include "gateway/middleware/aside.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/routes/customers.hpp"
#include "query-side/queries/source.hpp"

namespace granary::gateway {
namespace {

void answer_export(const CallPtr& call, CustomerId id) {
    const auto held = call->services().person_export.run(id, call->services().clock.now());
    if (!held && held.error().code == FaultCode::unsupported) return call->fail(ProblemCode::limit_exceeded, held.error().message);
    if (!held) return call->fail(problem_for(held.error()));
    if (!*held) return call->fail(ProblemCode::not_found, "there is nothing under this id");
    auto response = json_response(200, **held);
    response.headers.add("cache-control", "private, no-store");
    call->answer(std::move(response));
}

}  // namespace

// Of everything that was durable when the question came, wherever it lies.
void export_customer(const CallPtr& call) {
    const auto id = path_customer(call);
    if (!id) return;
    after_fold(call, queries::all_partitions(call->services().partitions), [id = *id](const CallPtr& folded) { run_aside(folded, [id](const CallPtr& aside) { answer_export(aside, id); }); });
}

}  // namespace granary::gateway
