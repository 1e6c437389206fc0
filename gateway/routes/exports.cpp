// Page by page, so that each is recorded and none keeps a thread for long; aside, for a key that is not at hand may have to be asked for.
#include "gateway/routes/exports.hpp"

#include "gateway/middleware/aside.hpp"
#include "gateway/middleware/reading.hpp"

namespace granary::gateway {

void export_rows(const CallPtr& call) {
    const std::string view = call->segment(2);
    if (!queries::PersonalExports::is_exported(view)) return call->fail(ProblemCode::not_found, "there is personal data in orders and customers only");
    run_aside(call, [view](const CallPtr& aside) {
        answer_page(aside, [&](const queries::PageRequest& page) { return aside->services().exports.rows(view, page); });
    });
}

}  // namespace granary::gateway
