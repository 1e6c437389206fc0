// Connects the admin routes with the admin classes of views and sagas.
#include "tools/granary/node_operations.hpp"

#include "core/json_writer.hpp"

namespace granary::cli {
namespace {

std::optional<projections::WorkKind> kind_of(ports::ProjectionAction action) {
    switch (action) {
        case ports::ProjectionAction::rebuild: return projections::WorkKind::rebuild;
        case ports::ProjectionAction::verify: return projections::WorkKind::verify;
        case ports::ProjectionAction::promote: return projections::WorkKind::promote;
        case ports::ProjectionAction::discard: return projections::WorkKind::discard;
        case ports::ProjectionAction::cancel: break;
    }
    return std::nullopt;
}

}  // namespace

Status NodeOperations::begin(std::string_view view, const ports::ProjectionWish& wish) {
    const auto kind = kind_of(wish.action);
    if (!kind) return work_.cancel(view);
    return work_.begin(view, {*kind, wish.generation, wish.parallel, wish.records_per_second, wish.unverified});
}

Result<ports::SagaPage> NodeOperations::sagas(const ports::SagaFilter& filter) {
    sagas::SagaFilter wanted;
    wanted.parked_only = filter.parked_only;
    const auto page = sagas_.list(wanted, filter.limit, filter.cursor);
    if (!page) return std::unexpected(page.error());
    JsonWriter json;
    json.begin_array();
    for (const auto& saga : page->sagas) sagas::write_json(json, saga);
    json.end_array();
    return ports::SagaPage{json.take(), page->next_cursor};
}

Result<std::optional<std::string>> NodeOperations::compensation_plan(OrderId order) {
    const auto plan = sagas_.would_compensate(order, "dry run");
    if (!plan) return std::unexpected(plan.error());
    if (!*plan) return std::nullopt;
    return sagas::SagaAdmin::json_of(order, **plan);
}

}  // namespace granary::cli
