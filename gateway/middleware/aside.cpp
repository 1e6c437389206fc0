// The call waits in a queue that has an end.
#include "gateway/middleware/aside.hpp"

#include <utility>

namespace granary::gateway {

void run_aside(const CallPtr& call, std::function<void(const CallPtr&)> work) {
    const auto& run = call->services().run_aside;
    if (!run) return work(call);
    if (run([call, work = std::move(work)] { work(call); })) return;
    call->fail(Problem{.code = ProblemCode::unavailable, .detail = "too many reports and exports wait already", .retry_after = seconds(1)});
}

}  // namespace granary::gateway
