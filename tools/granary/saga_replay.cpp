// Walks each partition along its chain; partitions are independent of each other, so several threads share them out.
#include "tools/granary/saga_replay.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "core/routing.hpp"
#include "platform/host/chain_reader.hpp"
#include "sagas/runtime/erasure_replay.hpp"

namespace granary::cli {
namespace {

using sagas::Divergence;
using sagas::ErasureSubject;

// Both kinds of sagas of one partition, or the one that is asked for.
class Sagas {
  public:
    explicit Sagas(const std::variant<std::monostate, OrderId, ErasureSubject>& only) {
        const auto* order = std::get_if<OrderId>(&only);
        const auto* erasure = std::get_if<ErasureSubject>(&only);
        if (erasure == nullptr) orders_.emplace(order == nullptr ? std::nullopt : std::optional(*order));
        if (order == nullptr) erasures_.emplace(erasure == nullptr ? std::nullopt : std::optional(erasure->person));
        const auto visit = [this](sagas::ReplayedStep step) { steps_.push_back(std::move(step)); };
        if (order != nullptr) orders_->visit_steps(visit);
        if (erasure != nullptr) erasures_->visit_steps(visit);
    }
    Sagas(const Sagas&) = delete;
    Sagas& operator=(const Sagas&) = delete;

    void fold(Position position, const Commit& commit) {
        if (orders_) orders_->fold(position, commit);
        if (erasures_) erasures_->fold(position, commit);
    }
    void finish(bool at_rest) {
        if (orders_) orders_->finish(at_rest);
        if (erasures_) erasures_->finish(at_rest);
    }
    sagas::ReplayCounts counts() const {
        sagas::ReplayCounts counts;
        if (orders_) counts += orders_->counts();
        if (erasures_) counts += erasures_->counts();
        return counts;
    }
    std::vector<Divergence> take_divergences() {
        auto found = orders_ ? orders_->take_divergences() : std::vector<Divergence>();
        if (!erasures_) return found;
        auto more = erasures_->take_divergences();
        found.insert(found.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
        return found;
    }
    std::vector<sagas::ReplayedStep> take_steps() { return std::exchange(steps_, {}); }
    std::size_t live() const { return (orders_ ? orders_->live() : 0) + (erasures_ ? erasures_->live() : 0); }

  private:
    std::optional<sagas::PartitionReplay> orders_;
    std::optional<sagas::ErasureReplay> erasures_;
    std::vector<sagas::ReplayedStep> steps_;
};

// All that the threads share.
class Replay {
  public:
    Replay(ports::Log& log, const ReplayOptions& options, std::vector<Partition> partitions) : log_(log), options_(options), partitions_(std::move(partitions)) {
        report_.read_up_to.resize(log.identity().partitions);
    }

    Result<ReplayReport> run() {
        for (const Partition partition : partitions_) {
            const auto end = log_.end(partition);
            if (!end) return std::unexpected(end.error());
            ends_.push_back(*end);
            total_ += static_cast<std::uint64_t>(end->number);
        }
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < std::min(options_.threads, partitions_.size()); ++i) others.emplace_back([this] { work(); });
        work();
        others.clear();
        if (fault_) return std::unexpected(*fault_);
        std::ranges::sort(report_.divergences, {}, [](const Divergence& d) { return d.position; });
        return std::move(report_);
    }

  private:
    void work() {
        for (std::size_t i = next_++; i < partitions_.size() && !failed_; i = next_++) {
            const auto done = read(partitions_[i], ends_[i]);
            if (done) continue;
            const std::scoped_lock lock(mutex_);
            if (!fault_) fault_ = done.error();
            failed_ = true;
        }
    }

    Status read(Partition partition, Offset end) {
        auto reader = ChainReader::open(log_, partition, std::nullopt);
        if (!reader) return std::unexpected(reader.error());
        Sagas replay(options_.only);
        Offset last;
        while (reader->next() < end && !failed_) {
            const auto records = reader->read(limits::log_read_bytes_max);
            if (!records) return std::unexpected(records.error());
            if (records->empty()) break;
            std::uint64_t taken = 0;
            for (const auto& record : *records) {
                if (record.position.offset >= end) break;
                if (const auto* commit = std::get_if<Commit>(&record.entry)) replay.fold(record.position, *commit);
                last = record.position.offset;
                ++taken;
            }
            note(replay, taken);
        }
        replay.finish(options_.at_rest);
        note(replay, 0);
        auto steps = replay.take_steps();
        const std::scoped_lock lock(mutex_);
        report_.counts += replay.counts();
        report_.read_up_to[partition.number] = last;
        report_.steps.insert(report_.steps.end(), std::make_move_iterator(steps.begin()), std::make_move_iterator(steps.end()));
        return {};
    }

    void note(Sagas& replay, std::uint64_t records) {
        auto found = replay.take_divergences();
        const std::scoped_lock lock(mutex_);
        report_.records += records;
        report_.live_max = std::max(report_.live_max, replay.live());
        for (auto& divergence : found) list(std::move(divergence));
        if (options_.progress) options_.progress(report_.records, total_);
    }

    // The first ones by position, whichever thread is quicker: a heap with the last one in front.
    void list(Divergence divergence) {
        auto& listed = report_.divergences;
        const auto earlier = [](const Divergence& a, const Divergence& b) { return a.position < b.position; };
        listed.push_back(std::move(divergence));
        std::ranges::push_heap(listed, earlier);
        if (listed.size() <= options_.listed_max) return;
        std::ranges::pop_heap(listed, earlier);
        listed.pop_back();
    }

    ports::Log& log_;
    const ReplayOptions& options_;
    const std::vector<Partition> partitions_;
    std::vector<Offset> ends_;
    std::uint64_t total_ = 0;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;
    std::optional<Fault> fault_;
    ReplayReport report_;
};

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

std::string time_or_empty(Time time) { return time.unix_us == 0 ? std::string() : rfc3339_of(time); }

void write_strings(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).begin_array();
    for (const auto& text : texts) json.string(text);
    json.end_array();
}

void write_divergence(JsonWriter& json, const Divergence& divergence) {
    const bool of_erasure = divergence.erasure.has_value();
    json.begin_object().member("process", of_erasure ? "customer_erasure" : "order_fulfilment");
    json.member(of_erasure && divergence.order.is_nil() ? "customer_id" : "order_id", sagas::id_text(divergence)).member("position", text_of(divergence.position)).member("time", time_or_empty(divergence.time));
    json.member("step", static_cast<std::int64_t>(divergence.step)).member("kind", sagas::name_of(divergence.kind));
    json.member("recorded", divergence.recorded).member("today", divergence.today).end_object();
}

void write_step(JsonWriter& json, const sagas::ReplayedStep& step) {
    json.begin_object().member("position", text_of(step.position)).member("time", rfc3339_of(step.time)).member("event", step.event).member("actor", step.actor);
    json.member("phase", step.phase).member("parked", step.parked);
    write_strings(json, "asks", step.asks);
    write_strings(json, "timers", step.timers);
    json.end_object();
}

std::string counted(std::uint64_t count, const char* one, const char* many) { return std::to_string(count) + ' ' + (count == 1 ? one : many); }

}  // namespace

Result<ReplayReport> replay_sagas(ports::Log& log, const ReplayOptions& options) {
    std::vector<Partition> partitions;
    const auto count = log.identity().partitions;
    if (const auto* order = std::get_if<OrderId>(&options.only)) {
        partitions.push_back(partition_of(text_of(*order), count));
    } else if (const auto* erasure = std::get_if<ErasureSubject>(&options.only)) {
        partitions.push_back(partition_of(id_text(*erasure), count));
    } else {
        for (std::uint32_t number = 0; number < count; ++number) partitions.push_back({number});
    }
    return Replay(log, options, std::move(partitions)).run();
}

Table divergences_of(const ReplayReport& report) {
    Table table{{{"saga"}, {"position"}, {"time"}, {"step", true}, {"kind"}, {"recorded"}, {"today"}}, {}};
    for (const auto& d : report.divergences) {
        table.rows.push_back({sagas::id_text(d), text_of(d.position), time_or_empty(d.time), std::to_string(d.step), std::string(sagas::name_of(d.kind)), d.recorded, d.today});
    }
    return table;
}

Table steps_of(const ReplayReport& report) {
    Table table{{{"position"}, {"time"}, {"event"}, {"actor"}, {"phase"}, {"parked"}, {"asks"}, {"timers"}}, {}};
    for (const auto& step : report.steps) {
        table.rows.push_back({text_of(step.position), rfc3339_of(step.time), step.event, step.actor, step.phase, step.parked ? "yes" : "no", joined(step.asks), joined(step.timers)});
    }
    return table;
}

std::string json_of(const ReplayReport& report) {
    const auto& counts = report.counts;
    JsonWriter json;
    json.begin_object().member("position", text_of(report.read_up_to));
    json.member("sagas", static_cast<std::int64_t>(counts.sagas)).member("steps", static_cast<std::int64_t>(counts.steps));
    json.member("decisions", static_cast<std::int64_t>(counts.decisions)).member("diverged", static_cast<std::int64_t>(counts.diverged));
    json.member("live", static_cast<std::int64_t>(counts.live)).member("open", static_cast<std::int64_t>(counts.open)).member("late", static_cast<std::int64_t>(counts.late));
    json.key("divergences").begin_array();
    for (const auto& divergence : report.divergences) write_divergence(json, divergence);
    json.end_array();
    if (!report.steps.empty()) {
        json.key("replay").begin_array();
        for (const auto& step : report.steps) write_step(json, step);
        json.end_array();
    }
    json.end_object();
    return json.take() + "\n";
}

std::string summary_of(const ReplayReport& report, double seconds) {
    const auto& counts = report.counts;
    std::string text = counted(counts.sagas, "saga", "sagas") + ", " + counted(counts.steps, "step", "steps") + ", " + counted(counts.decisions, "decision", "decisions") +
                       " compared: " + (counts.diverged == 0 ? std::string("none diverges") : counted(counts.diverged, "saga diverges", "sagas diverge"));
    if (seconds > 0) text += "; " + std::to_string(static_cast<std::uint64_t>(static_cast<double>(counts.steps) / seconds)) + " steps/s";
    if (counts.live > 0) text += "; " + std::to_string(counts.live) + " had not ended, with " + counted(counts.open, "step", "steps") + " open";
    if (counts.late > 0) text += "; " + counted(counts.late, "late decision", "late decisions") + " not compared";
    return text;
}

}  // namespace granary::cli
