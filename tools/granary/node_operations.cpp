// Admin work on views and sagas, answered as JSON.
#include "tools/granary/node_operations.hpp"

#include <algorithm>
#include <utility>

#include "core/json_writer.hpp"
#include "projections/runtime/compare.hpp"

namespace granary::cli {
namespace {

using ports::ProjectionAction;

std::string_view name_of(ProjectionAction action) {
    switch (action) {
        case ProjectionAction::rebuild: return "rebuild";
        case ProjectionAction::verify: return "verify";
        case ProjectionAction::promote: return "promote";
        case ProjectionAction::discard: return "discard";
    }
    return "none";
}

void write_entry(JsonWriter& json, const projections::ViewEntry& entry) {
    json.begin_object().member("view", entry.view).member("generation", static_cast<std::int64_t>(entry.generation));
    json.member("version", static_cast<std::int64_t>(entry.version)).member("live", entry.live).member("building", entry.building);
    json.member("lag_records", static_cast<std::int64_t>(entry.lag_records)).member("lag_ms", entry.lag.us / 1000);
    json.member("positions", text_of(entry.positions)).end_object();
}

std::string_view name_of(projections::Difference::Kind kind) {
    switch (kind) {
        case projections::Difference::Kind::missing: return "missing";
        case projections::Difference::Kind::surplus: return "surplus";
        case projections::Difference::Kind::differs: return "differs";
    }
    return "differs";
}

std::string report_json(const projections::VerifyReport& report) {
    JsonWriter json;
    json.begin_object().member("equal", report.comparison.equal()).member("rows", static_cast<std::int64_t>(report.comparison.rows));
    json.member("differences", static_cast<std::int64_t>(report.comparison.differences)).member("positions", text_of(report.positions));
    json.key("named").begin_array();
    for (const auto& difference : report.comparison.named) {
        json.begin_object().member("kind", name_of(difference.kind)).member("key", projections::text_of_key(difference.key));
        json.member("last_event", text_of(difference.last_event)).end_object();
    }
    json.end_array().end_object();
    return json.take();
}

std::string progress_json(const projections::RebuildProgress& progress) {
    JsonWriter json;
    json.begin_object().member("done", static_cast<std::int64_t>(progress.done)).member("total", static_cast<std::int64_t>(progress.total));
    json.member("events", static_cast<std::int64_t>(progress.events)).member("elapsed_ms", progress.elapsed.us / 1000).end_object();
    return json.take();
}

}  // namespace

NodeOperations::~NodeOperations() {
    // The thread is joined before the members that it uses go.
    thread_ = {};
}

Result<std::string> NodeOperations::projections() {
    const auto entries = projections_.list();
    if (!entries) return std::unexpected(entries.error());
    JsonWriter json;
    json.begin_array();
    for (const auto& entry : *entries) write_entry(json, entry);
    json.end_array();
    return json.take();
}

Result<std::optional<std::string>> NodeOperations::projection(std::string_view view) {
    const auto entries = projections_.list();
    if (!entries) return std::unexpected(entries.error());
    JsonWriter json;
    json.begin_object().member("view", view).key("generations").begin_array();
    bool found = false;
    for (const auto& entry : *entries) {
        if (entry.view != view) continue;
        found = true;
        write_entry(json, entry);
    }
    json.end_array();
    if (!found) return std::nullopt;
    const std::scoped_lock lock(mutex_);
    if (const auto work = works_.find(view); work != works_.end()) {
        json.key("work").begin_object().member("action", name_of(work->second.action)).member("running", work->second.running);
        json.key("progress").raw(progress_json(work->second.progress));
        if (work->second.failed) json.member("failed", work->second.failed->message);
        if (!work->second.outcome_json.empty()) json.key("outcome").raw(work->second.outcome_json);
        json.end_object();
    }
    json.end_object();
    return json.take();
}

Status NodeOperations::begin(std::string_view view, ProjectionAction action, std::optional<std::uint64_t> generation) {
    const auto entries = projections_.list();
    if (!entries) return std::unexpected(entries.error());
    const bool known = std::ranges::any_of(*entries, [&](const auto& entry) { return entry.view == view && (!generation || entry.generation == *generation); });
    if (!known) return fault(FaultCode::not_found, "there is no such view or generation");
    const std::scoped_lock lock(mutex_);
    if (busy_) return fault(FaultCode::conflict, "other work on views is under way; ask again when it is done");
    busy_ = true;
    const std::string name(view);
    works_[name] = Work{.action = action, .running = true, .progress = {}, .failed = {}, .outcome_json = {}};
    thread_ = std::jthread([this, name, action, generation](std::stop_token stop) { run(name, action, generation, std::move(stop)); });
    return {};
}

void NodeOperations::run(const std::string& view, ProjectionAction action, std::optional<std::uint64_t> generation, std::stop_token stop) {
    auto outcome = carry_out(view, action, generation, stop);
    const std::scoped_lock lock(mutex_);
    auto& work = works_[view];
    work.running = false;
    if (outcome) {
        work.outcome_json = std::move(*outcome);
    } else {
        work.failed = outcome.error();
    }
    busy_ = false;
}

projections::RebuildOptions NodeOperations::rebuild_options(const std::string& view, const std::stop_token& stop) {
    projections::RebuildOptions options;
    options.threads = 1;  // beside a live server: folding and queries keep the other cores
    options.stop = stop;
    options.on_progress = [this, view](const projections::RebuildProgress& progress) {
        const std::scoped_lock lock(mutex_);
        works_[view].progress = progress;
    };
    return options;
}

Result<std::string> NodeOperations::carry_out(const std::string& view, ProjectionAction action, std::optional<std::uint64_t> generation, const std::stop_token& stop) {
    JsonWriter json;
    switch (action) {
        case ProjectionAction::rebuild: {
            const auto report = projections_.rebuild(view, rebuild_options(view, stop));
            if (!report) return std::unexpected(report.error());
            return json.begin_object().member("generation", static_cast<std::int64_t>(report->generation)).end_object().take();
        }
        case ProjectionAction::verify: {
            const auto report = projections_.verify(view, rebuild_options(view, stop));
            if (!report) return std::unexpected(report.error());
            return report_json(*report);
        }
        case ProjectionAction::promote: {
            const auto entry = projections_.promote(view, generation);
            if (!entry) return std::unexpected(entry.error());
            write_entry(json, *entry);
            return json.take();
        }
        case ProjectionAction::discard: {
            const auto count = projections_.discard(view, generation);
            if (!count) return std::unexpected(count.error());
            return json.begin_object().member("discarded", static_cast<std::int64_t>(*count)).end_object().take();
        }
    }
    return fault(FaultCode::invalid_argument, "no such action");
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

Result<std::optional<std::string>> NodeOperations::saga(OrderId order) { return sagas_.show(order); }

Result<std::optional<std::string>> NodeOperations::compensation_plan(OrderId order) {
    const auto plan = sagas_.would_compensate(order, "dry run");
    if (!plan) return std::unexpected(plan.error());
    if (!*plan) return std::nullopt;
    return sagas::SagaAdmin::json_of(order, **plan);
}

}  // namespace granary::cli
