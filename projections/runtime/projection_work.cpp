// One thread, one piece of work, and what is told of it.
#include "projections/runtime/projection_work.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/json_writer.hpp"
#include "platform/host/background_thread.hpp"
#include "projections/runtime/rebuild_limits.hpp"

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

std::string_view state_of(const ViewEntry& entry) {
    if (entry.building) return "building";
    if (entry.live) return "live";
    return entry.folded ? "standby" : "outdated";
}

void write(JsonWriter& json, const ViewEntry& entry) {
    json.begin_object();
    json.member("view", entry.view);
    json.member("generation", static_cast<std::int64_t>(entry.generation));
    json.member("table", entry.table);
    json.member("version", static_cast<std::int64_t>(entry.version));
    json.member("state", state_of(entry));
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

std::unexpected<Fault> no_view_named(std::string_view view) { return fault(FaultCode::not_found, "there is no view named '" + std::string(view) + "'"); }

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
        case WorkKind::upgrade: return "upgrade";
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
    json.key("compared").string(report.match == Match::bytes ? "rows" : "keys");
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

std::string json_of(const UpgradeReport& report) {
    JsonWriter json;
    json.begin_object();
    json.member("view", report.view);
    if (!report.former.empty()) json.member("former", report.former);
    json.member("table", report.table);
    json.member("records", static_cast<std::int64_t>(report.progress.done));
    json.member("milliseconds", report.progress.elapsed.us / 1000);
    json.member("records_per_second", per_second(report.progress));
    if (report.compared) json.member("keys_compared", static_cast<std::int64_t>(report.compared->rows));
    json.end_object();
    return json.take();
}

ProjectionWork::~ProjectionWork() = default;  // interrupts the thread and joins it, before anything that it uses goes

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
    if (!admin_.knows(view)) return std::nullopt;
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

Status ProjectionWork::occupy() {
    if (ended_) return fault(FaultCode::unavailable, "the views of this node are being shut down");
    if (running_) return fault(FaultCode::conflict, "other work on the views is under way; wait until it has ended");
    running_ = true;
    return {};
}

std::uint64_t ProjectionWork::enter(std::string_view view, const WorkWish& wish) {
    std::erase_if(last_, [&](const Work& other) { return other.view == view; });
    last_.push_back({.number = ++begun_, .view = std::string(view), .wish = wish});
    return begun_;
}

Status ProjectionWork::begin(std::string_view view, const WorkWish& wish) {
    if (!admin_.knows(view)) return no_view_named(view);
    const std::lock_guard lock(mutex_);
    if (auto occupied = occupy(); !occupied) return occupied;
    const auto number = enter(view, wish);
    // The former thread has ended but for its last instructions.
    thread_ = std::jthread([this, number, wish, view = std::string(view)](const std::stop_token& stop) {
        run_at_leisure("view work");
        auto outcome = perform(stop, view, wish, number);
        const std::lock_guard done(mutex_);
        settle(number, std::move(outcome));
        running_ = false;
        work_ended_.notify_all();
    });
    return {};
}

Status ProjectionWork::cancel(std::string_view view) {
    if (!admin_.knows(view)) return no_view_named(view);
    const std::lock_guard lock(mutex_);
    const auto work = std::ranges::find(last_, view, &Work::view);
    if (work == last_.end() || !work->running) return fault(FaultCode::conflict, "no work on this view is under way");
    work->cancelled = true;
    thread_.request_stop();
    return {};
}

Status ProjectionWork::upgrade() {
    const auto views = admin_.outdated();
    if (views.empty()) return {};
    const std::lock_guard lock(mutex_);
    if (auto occupied = occupy(); !occupied) return occupied;
    std::vector<Work> all;
    for (const auto& view : views) {
        enter(view, {.kind = WorkKind::upgrade});
        all.push_back(last_.back());
    }
    thread_ = std::jthread([this, all = std::move(all)](const std::stop_token& stop) {
        run_at_leisure("view work");
        upgrade_all(stop, all);
    });
    return {};
}

Status ProjectionWork::end(Duration deadline) {
    std::jthread ending;
    std::unique_lock lock(mutex_);
    ended_ = true;
    thread_.request_stop();
    if (!work_ended_.wait_for(lock, std::chrono::microseconds(deadline.us), [&] { return !running_; })) return fault(FaultCode::timed_out, "work on the views has not stopped yet");
    ending = std::move(thread_);
    lock.unlock();
    return {};
}

// Cancelled, it cancels those behind it as well: an operator who wants quiet now wants it for all of them.
void ProjectionWork::upgrade_all(const std::stop_token& stop, const std::vector<Work>& all) {
    for (const auto& work : all) {
        auto outcome = stop.stop_requested() ? Result<std::string>(interrupted("the upgrade")) : perform(stop, work.view, work.wish, work.number);
        const std::lock_guard lock(mutex_);
        settle(work.number, std::move(outcome));
        running_ = work.number != all.back().number;
        if (!running_) work_ended_.notify_all();
    }
}

void ProjectionWork::settle(std::uint64_t number, Result<std::string> outcome) {
    const auto kept = std::ranges::find(last_, number, &Work::number);
    if (kept == last_.end()) return;
    kept->running = false;
    if (outcome) {
        kept->result = std::move(*outcome);
    } else {
        kept->failure = std::move(outcome.error());
    }
}

Result<std::string> ProjectionWork::upgrade_one(const std::stop_token& stop, std::string_view view, const RebuildOptions& options) {
    for (std::size_t attempt = 1;; ++attempt) {
        auto report = admin_.upgrade(view, options);
        if (report || !report.error().retryable() || stop.stop_requested() || attempt >= limits::upgrade_attempts_max) return as_json(report);
        std::unique_lock lock(mutex_);
        asked_to_stop_.wait_for(lock, stop, std::chrono::microseconds(limits::upgrade_retry.us), [] { return false; });
    }
}

Result<std::string> ProjectionWork::perform(const std::stop_token& stop, std::string_view view, const WorkWish& wish, std::uint64_t number) {
    RebuildOptions options;
    options.stop = stop;
    options.threads = threads_beside(wish.threads);
    options.records_per_second = wish.records_per_second;
    options.on_progress = [&](const RebuildProgress& progress) {
        const std::lock_guard lock(mutex_);
        const auto kept = std::ranges::find(last_, number, &Work::number);
        if (kept != last_.end()) kept->progress = progress;
    };
    switch (wish.kind) {
        case WorkKind::rebuild: return as_json(admin_.rebuild(view, options));
        case WorkKind::verify: return as_json(admin_.verify(view, options));
        case WorkKind::promote: return as_json(admin_.promote(view, wish.generation, options, wish.unverified));
        case WorkKind::discard: return as_json(admin_.discard(view, wish.generation));
        case WorkKind::upgrade: return upgrade_one(stop, view, options);
    }
    return fault(FaultCode::invalid_argument, "there is no such work on views");
}

}  // namespace granary::projections
