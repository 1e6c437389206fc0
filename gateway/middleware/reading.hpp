// Answers of queries: one document with its ETag, a page of a list, and the second look before "not found".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/permissions.hpp"
#include "gateway/middleware/call.hpp"
#include "gateway/middleware/paging.hpp"
#include "query-side/queries/source.hpp"

namespace granary::gateway {

using FoundDocument = Result<std::optional<queries::Document>>;

// Looks with `find`; when there is nothing, folds these partitions to what was durable when the request came and looks
// once more. `use` gets what is there and may be seen (its owner, or `all`); everything else is answered: 404, 503, 500.
void with_document(const CallPtr& call, std::vector<Partition> partitions, Permission all, std::function<FoundDocument(const Call&)> find,
                   std::function<void(const CallPtr&, const queries::Document&)> use);

// 200 with ETag, position and age; 304 when If-None-Match names it.
void answer_document(const CallPtr& call, const queries::Document& document);

// `query` gets the page that was asked for; a cursor that it does not understand becomes 400.
// A fault `unsupported` of the query, more than it can show, is 422.
void answer_page(const CallPtr& call, const std::function<Result<queries::Page>(const queries::PageRequest&)>& query);

// Path parameters: a malformed id names nothing, so it is 404. nullopt, and the call has been failed.
template <class Kind>
std::optional<Id<Kind>> path_id(const CallPtr& call, std::size_t segment) {
    const auto id = parse_id<Kind>(call->segment(segment));
    if (!id) call->fail(ProblemCode::not_found, "there is nothing under this id");
    return id;
}

}  // namespace granary::gateway
