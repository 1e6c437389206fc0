// A point query costs one read of the store; the second look happens only before a 404.
#include "gateway/middleware/reading.hpp"

#include <utility>

#include "core/mutants.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/middleware/preconditions.hpp"

namespace granary::gateway {
namespace {

using UseDocument = std::function<void(const CallPtr&, const queries::Document&)>;

// False when there is nothing yet.
bool settle(const CallPtr& call, const FoundDocument& found, Permission all, const UseDocument& use) {
    if (!found) {
        call->fail(problem_for_view(found.error()));
        return true;
    }
    if (!*found) return false;
    // Somebody else's object looks like none at all.
    if (all == Permission::anyone || call->may_see((*found)->owner, all)) use(call, **found);
    else call->fail(ProblemCode::not_found, "there is nothing under this id");
    return true;
}

}  // namespace

void with_document(const CallPtr& call, std::vector<Partition> partitions, Permission all, std::function<FoundDocument(const Call&)> find, UseDocument use) {
    if (settle(call, find(*call), all, use)) return;
    if (GRANARY_MUTANT(no_second_look)) return call->fail(ProblemCode::not_found);
    after_fold(call, partitions, [all, find = std::move(find), use = std::move(use)](const CallPtr& later) {
        if (!settle(later, find(*later), all, use)) later->fail(ProblemCode::not_found, "there is nothing under this id");
    });
}

void answer_document(const CallPtr& call, const queries::Document& document) {
    http::Response response;
    std::string etag = etag_of(document.version, document.changed_at.offset);
    // What a cache holds of a person who was erased since must not be shown again.
    const bool unchanged = is_not_modified(call->request.headers, etag) && !document.has_lost_fields;
    response.status = unchanged ? 304 : 200;
    response.headers.add("etag", std::move(etag));
    write_freshness(response.headers, document.freshness);
    response.headers.add("cache-control", "private, no-cache");
    if (!unchanged) {
        response.headers.add("content-type", "application/json");
        response.body = document.json;
    }
    call->answer(std::move(response));
}

void answer_page(const CallPtr& call, const std::function<Result<queries::Page>(const queries::PageRequest&)>& query) {
    const auto list = list_name(call->request);
    auto parameters = page_parameters(call->request, call->edge->cursor_secret(), list);
    if (!parameters) return call->fail(parameters.error());
    const auto page = query({parameters->limit, std::move(parameters->cursor)});
    if (!page && page.error().code == FaultCode::invalid_argument) return call->fail(ProblemCode::invalid_parameter, "cursor is not one that this list gave out");
    if (!page && page.error().code == FaultCode::unsupported) return call->fail(ProblemCode::limit_exceeded, page.error().message);
    if (!page) return call->fail(problem_for_view(page.error()));
    const std::string cursor = page->has_more ? sign_cursor(call->edge->cursor_secret(), list, page->next_cursor) : std::string();
    auto response = json_response(200, page_body(page->items, cursor));
    write_freshness(response.headers, page->view);
    response.headers.add("cache-control", "private, no-cache");
    if (!cursor.empty()) response.headers.add("link", next_link(call->request, cursor));
    call->answer(std::move(response));
}

}  // namespace granary::gateway
