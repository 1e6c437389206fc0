// One thread, one piece of work, and what is told of it.
#include "projections/runtime/projection_work.hpp"

#include <algorithm>
#include <utility>

#include "core/json_writer.hpp"
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

std::string ProjectionWork::work_json(const Work& work) const {
    JsonWriter json;
    json.begin_object();
    json.member("number", static_cast<std::int64_t>(work.number));
    json.key("action").string(name_of(work.kind));
    json.member("status", work.running ? "running" : (work.failure ? "failed" : "done"));
    json.member("done", static_cast<std::int64_t>(work.progress.done));
    json.member("total", static_cast<std::int64_t>(work.progress.total));
    json.member("elapsed_seconds", work.progress.elapsed.us / us_per_second);
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
    auto entries = admin_.list();
    if (!entries) return std::unexpected(std::move(entries.error()));
    std::erase_if(*entries, [&](const ViewEntry& entry) { return entry.view != view; });
    JsonWriter json;
    json.begin_object().key("view").string(view);
    json.key("generations").raw(json_of(*entries));
    const std::lock_guard lock(mutex_);
    const auto work = std::ranges::find(last_, view, &Work::view);
    if (work != last_.end()) json.key("work").raw(work_json(*work));
    json.end_object();
    return json.take();
}

Status ProjectionWork::begin(std::string_view view, WorkKind kind, std::optional<std::uint64_t> generation) {
    if (views::find(view) == nullptr) return fault(FaultCode::not_found, "there is no view named '" + std::string(view) + "'");
    const std::lock_guard lock(mutex_);
    if (running_) return fault(FaultCode::conflict, "other work on the views is under way; wait until it has ended");
    running_ = true;
    Work work{++begun_, std::string(view), kind, generation, {}, true, {}, {}};
    std::erase_if(last_, [&](const Work& other) { return other.view == view; });
    last_.push_back(work);
    // The former thread has ended but for its last instructions.
    thread_ = std::jthread([this, work](const std::stop_token& stop) { run(stop, work); });
    return {};
}

void ProjectionWork::run(std::stop_token stop, const Work& work) {
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
    options.on_progress = [&](const RebuildProgress& progress) {
        const std::lock_guard lock(mutex_);
        const auto kept = std::ranges::find(last_, work.number, &Work::number);
        if (kept != last_.end()) kept->progress = progress;
    };
    switch (work.kind) {
        case WorkKind::rebuild: return as_json(admin_.rebuild(work.view, options));
        case WorkKind::verify: return as_json(admin_.verify(work.view, options));
        case WorkKind::promote: return as_json(admin_.promote(work.view, work.generation));
        case WorkKind::discard: return as_json(admin_.discard(work.view, work.generation));
    }
    return fault(FaultCode::invalid_argument, "there is no such work on views");
}

}  // namespace granary::projections
