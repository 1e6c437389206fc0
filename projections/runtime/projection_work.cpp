// One thread, one piece of work, and what is told of it.
#include "projections/runtime/projection_work.hpp"

#include <algorithm>
#include <utility>

#include "core/json_writer.hpp"
#include "platform/host/background_thread.hpp"
#include "projections/views/table.hpp"

namespace granary::projections {
namespace {

constexpr std::int64_t us_per_second = 1'000'000;

std::string_view word_of(Difference::Kind kind) {
    switch (kind) {
        case Difference::Kind::missing: return "missing";
        case Difference::Kind::surplus: return "surplus";
        case Difference::Kind::differs: return "differs";
    }
    return "";
}

void write(JsonWriter& json, const ViewEntry& entry) {
    json.begin_object();
    json.member("view", entry.view);
    json.member("generation", static_cast<std::int64_t>(entry.generation));
    json.member("table", entry.table);
    json.member("version", static_cast<std::int64_t>(entry.version));
    json.member("state", entry.building ? "building" : (entry.live ? "live" : "standby"));
    json.member("lag_records", static_cast<std::int64_t>(entry.lag_records));
    json.member("lag_seconds", entry.lag.us / us_per_second);
    json.member("positions", text_of(entry.positions));
    json.end_object();
}

std::int64_t per_second(const RebuildProgress& progress) {
    const std::int64_t us = std::max<std::int64_t>(progress.elapsed.us, 1);
    return static_cast<std::int64_t>(static_cast<double>(progress.done) * us_per_second / static_cast<double>(us));
}

std::string_view status_of(bool running, bool cancelled, bool failed) {
    if (running) return "running";
    if (!failed) return "done";
    return cancelled ? "cancelled" : "failed";
}

// Half of the machine: what is asked of a node that serves.
std::size_t threads_beside(std::size_t wanted) { return wanted > 0 ? wanted : std::max(1U, std::thread::hardware_concurrency() / 2); }

template <class Report>
Result<std::string> as_json(const Result<Report>& report) {
    if (!report) return std::unexpected(report.error());
    return json_of(*report);
}

}  // namespace

std::string_view name_of(WorkKind kind) {
    switch (kind) {
        case WorkKind::rebuild: return "rebuild";
        case WorkKind::verify: return "verify";
        case WorkKind::promote: return "promote";
        case WorkKind::discard: return "discard";
    }
    return "";
}

std::string json_of(const ViewEntry& entry) {
    JsonWriter json;
    write(json, entry);
    return json.take();
}

std::string json_of(std::size_t discarded) { return "{\"discarded\":" + std::to_string(discarded) + "}"; }

std::string json_of(const std::vector<ViewEntry>& entries) {
    JsonWriter json;
    json.begin_array();
    for (const auto& entry : entries) write(json, entry);
    json.end_array();
    return json.take();
}

std::string json_of(const RebuildReport& report) {
    const std::int64_t us = std::max<std::int64_t>(report.progress.elapsed.us, 1);
    const auto events = static_cast<std::int64_t>(report.progress.events);
    JsonWriter json;
    json.begin_object();
    json.member("view", report.view);
    json.member("generation", static_cast<std::int64_t>(report.generation));
    json.member("table", report.table);
    json.member("records", static_cast<std::int64_t>(report.progress.done));
    json.member("events", events);
    json.member("milliseconds", us / 1000);
    json.member("records_per_second", per_second(report.progress));
    json.member("events_per_second", static_cast<std::int64_t>(static_cast<double>(events) * us_per_second / static_cast<double>(us)));
    json.end_object();
    return json.take();
}

std::string json_of(const VerifyReport& report) {
    JsonWriter json;
    json.begin_object();
    json.member("view", report.view);
    json.member("live", report.live);
    json.member("rebuilt", report.rebuilt);
    json.member("equal", report.comparison.equal());
    json.member("rows", static_cast<std::int64_t>(report.comparison.rows));
    json.member("differences", static_cast<std::int64_t>(report.comparison.differences));
    json.member("positions", text_of(report.positions));
    json.key("differing").begin_array();
    for (const auto& difference : report.comparison.named) {
        json.begin_object();
        json.key("kind").string(word_of(difference.kind));
        json.member("key", text_of_key(difference.key));
        json.member("last_event", text_of(difference.last_event));
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.take();
}

ProjectionWork::~ProjectionWork() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

Result<std::string> ProjectionWork::list_json() {
    auto entries = admin_.list();
    if (!entries) return std::unexpected(std::move(entries.error()));
    return json_of(*entries);
}

std::string ProjectionWork::work_json(const Work& work) {
    const auto& progress = work.progress;
    const std::int64_t rate = per_second(progress);
    JsonWriter json;
    json.begin_object();
    json.member("number", static_cast<std::int64_t>(work.number));
    json.key("action").string(name_of(work.wish.kind));
    json.key("status").string(status_of(work.running, work.cancelled, work.failure.has_value()));
    json.member("done", static_cast<std::int64_t>(progress.done));
    json.member("total", static_cast<std::int64_t>(progress.total));
    json.member("elapsed_seconds", progress.elapsed.us / us_per_second);
    json.member("per_second", rate);
    if (work.running && rate > 0 && progress.total >= progress.done) json.member("seconds_left", static_cast<std::int64_t>(progress.total - progress.done) / rate);
    if (!work.result.empty()) json.key("result").raw(work.result);
    if (work.failure) {
        json.key("error").begin_object();
        json.key("code").string(granary::name_of(work.failure->code));
        json.member("message", work.failure->message).end_object();
    }
    json.end_object();
    return json.take();
}

Result<std::optional<std::string>> ProjectionWork::view_json(std::string_view view) {
    if (views::find(view) == nullptr) return std::nullopt;
    // First: what is told to be done shows in the list.
    std::string shown;
    {
        const std::lock_guard lock(mutex_);
        const auto work = std::ranges::find(last_, view, &Work::view);
        if (work != last_.end()) shown = work_json(*work);
    }
    auto entries = admin_.list();
    if (!entries) return std::unexpected(std::move(entries.error()));
    std::erase_if(*entries, [&](const ViewEntry& entry) { return entry.view != view; });
    JsonWriter json;
    json.begin_object().key("view").string(view);
    json.key("generations").raw(json_of(*entries));
    if (!shown.empty()) json.key("work").raw(shown);
    json.end_object();
    return json.take();
}

Status ProjectionWork::begin(std::string_view view, const WorkWish& wish) {
    if (views::find(view) == nullptr) return fault(FaultCode::not_found, "there is no view named '" + std::string(view) + "'");
    const std::lock_guard lock(mutex_);
    if (running_) return fault(FaultCode::conflict, "other work on the views is under way; wait until it has ended");
    running_ = true;
    Work work{.number = ++begun_, .view = std::string(view), .wish = wish};
    std::erase_if(last_, [&](const Work& other) { return other.view == view; });
    last_.push_back(work);
    // The former thread has ended but for its last instructions.
    thread_ = std::jthread([this, work](const std::stop_token& stop) { run(stop, work); });
    return {};
}

Status ProjectionWork::cancel(std::string_view view) {
    if (views::find(view) == nullptr) return fault(FaultCode::not_found, "there is no view named '" + std::string(view) + "'");
    const std::lock_guard lock(mutex_);
    const auto work = std::ranges::find(last_, view, &Work::view);
    if (work == last_.end() || !work->running) return fault(FaultCode::conflict, "no work on this view is under way");
    work->cancelled = true;
    thread_.request_stop();
    return {};
}

void ProjectionWork::run(std::stop_token stop, const Work& work) {
    run_at_leisure("view work");
    auto outcome = perform(std::move(stop), work);
    const std::lock_guard lock(mutex_);
    running_ = false;
    const auto kept = std::ranges::find(last_, work.number, &Work::number);
    if (kept == last_.end()) return;
    kept->running = false;
    if (outcome) {
        kept->result = std::move(*outcome);
    } else {
        kept->failure = std::move(outcome.error());
    }
}

Result<std::string> ProjectionWork::perform(std::stop_token stop, const Work& work) {
    RebuildOptions options;
    options.stop = std::move(stop);
    options.threads = threads_beside(work.wish.threads);
    options.records_per_second = work.wish.records_per_second;
    options.on_progress = [&](const RebuildProgress& progress) {
        const std::lock_guard lock(mutex_);
        const auto kept = std::ranges::find(last_, work.number, &Work::number);
        if (kept != last_.end()) kept->progress = progress;
    };
    switch (work.wish.kind) {
        case WorkKind::rebuild: return as_json(admin_.rebuild(work.view, options));
        case WorkKind::verify: return as_json(admin_.verify(work.view, options));
        case WorkKind::promote: return as_json(admin_.promote(work.view, work.wish.generation));
        case WorkKind::discard: return as_json(admin_.discard(work.view, work.wish.generation));
    }
    return fault(FaultCode::invalid_argument, "there is no such work on views");
}

}  // namespace granary::projections
