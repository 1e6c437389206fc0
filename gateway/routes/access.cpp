// The list is recorded like anything else that auditors read.
#include "gateway/routes/access.hpp"

#include <utility>

#include "gateway/middleware/reading.hpp"

namespace granary::gateway {
namespace {

// False when the parameter is there and no time; the call has been failed.
bool read_time(const CallPtr& call, const char* name, std::optional<Time>& into) {
    const auto* text = call->request.query_value(name);
    if (text == nullptr) return true;
    into = parse_rfc3339(*text);
    if (!into) call->fail(ProblemCode::invalid_parameter, std::string(name) + " must be a time such as 2010-12-01T08:26:00Z");
    return into.has_value();
}

}  // namespace

void list_accesses(const CallPtr& call) {
    queries::AccessFilter filter;
    if (const auto* principal = call->request.query_value("principal")) {
        if (!parse_id<ApiKeyKind>(*principal)) return call->fail(ProblemCode::invalid_parameter, "principal must be the id of a key: key_ and 32 hex digits");
        filter.principal = *principal;
    }
    if (const auto* operation = call->request.query_value("operation")) {
        if (operation->empty()) return call->fail(ProblemCode::invalid_parameter, "operation must be an operationId such as getOrder");
        filter.operation = *operation;
    }
    if (!read_time(call, "from", filter.from) || !read_time(call, "to", filter.to)) return;
    answer_page(call, [&](const queries::PageRequest& page) { return call->services().accesses.list(filter, page); });
}

}  // namespace granary::gateway
