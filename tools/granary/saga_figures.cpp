// One census for each partition, added up at the end.
#include "tools/granary/saga_figures.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "core/limits.hpp"
#include "projections/runtime/rebuild.hpp"

namespace granary::cli {
namespace {

using queries::FigureKind;
using queries::Figures;
using sagas::SagaCensus;
using sagas::Spread;

constexpr auto saga_kinds = stream_kinds(StreamKind::order, StreamKind::payment, StreamKind::shipment, StreamKind::order_fulfilment);
constexpr std::int64_t us_per_second = 1'000'000;
constexpr std::int64_t us_per_millisecond = 1000;
constexpr unsigned shown_percentiles[] = {50, 90, 99};
constexpr Duration patience = seconds(2);  // of a server, for one request; the next one goes on

// What is known of all partitions together.
struct Sums {
    sagas::Standings standings;
    sagas::StepTimes step_times;
};

Sums add_up(const std::vector<const SagaCensus*>& parts) {
    Time now;
    for (const auto* part : parts) now = std::max(now, part->newest());
    Sums sums;
    for (const auto* part : parts) {
        for (const auto& [where, spread] : part->standings(now)) sums.standings[where].add(spread);
        for (const auto& [step, spread] : part->step_times()) sums.step_times[step].add(spread);
    }
    return sums;
}

void append_spread(std::vector<std::string>& cells, const Spread& spread, std::int64_t unit) {
    for (const unsigned percent : shown_percentiles) cells.push_back(std::to_string(spread.percentile(percent).us / unit));
    cells.push_back(std::to_string(spread.largest().us / unit));
}

Figures by_status(const Sums& sums) {
    using enum FigureKind;
    Figures figures;
    figures.columns = {{"status", text}, {"step", text}, {"sagas", integer}, {"p50_seconds", integer}, {"p90_seconds", integer}, {"p99_seconds", integer}, {"max_seconds", integer}};
    for (const auto& [where, spread] : sums.standings) {
        const bool somewhere = where.second != order_fulfilment::Step::none;
        std::vector<std::string> cells = {std::string(sagas::name_of(where.first)), somewhere ? order_fulfilment::EnumNameStep(where.second) : "", std::to_string(spread.count())};
        append_spread(cells, spread, us_per_second);
        figures.rows.push_back(std::move(cells));
    }
    return figures;
}

Figures by_step(const Sums& sums) {
    using enum FigureKind;
    Figures figures;
    figures.columns = {{"step", text}, {"times", integer}, {"p50_ms", integer}, {"p90_ms", integer}, {"p99_ms", integer}, {"max_ms", integer}};
    for (const auto& [step, spread] : sums.step_times) {
        std::vector<std::string> cells = {order_fulfilment::EnumNameStep(step), std::to_string(spread.count())};
        append_spread(cells, spread, us_per_millisecond);
        figures.rows.push_back(std::move(cells));
    }
    return figures;
}

Figures figures_of(const std::vector<const SagaCensus*>& parts, SagasBy by, PositionVector positions) {
    const auto sums = add_up(parts);
    Figures figures = by == SagasBy::status ? by_status(sums) : by_step(sums);
    figures.positions = std::move(positions);
    return figures;
}

// Folds the next page. `later`: a commit of after the moment was met, and nothing behind it counts. Answers the records read; 0 at the end.
Result<std::size_t> fold_page(ChainReader& reader, SagaCensus& census, Offset end, std::optional<Time> until, Offset& last, bool& later) {
    return reader.scan(end, limits::log_read_bytes_max, saga_kinds, [&](const ScannedRecord& record) -> Result<bool> {
        if (record.body == nullptr) return true;
        later = until && record.body->control == nullptr && record.body->time > *until;
        if (later) return false;
        if (record.body->commit != nullptr) census.fold(*record.body->commit);
        last = record.position.offset;
        return true;
    });
}

class Reading {
  public:
    Reading(ports::Log& log, const AsOf& as_of, const SagaReportOptions& options) : log_(log), as_of_(as_of), options_(options), parts_(as_of.ends.size()), last_(as_of.ends.size()) {
        for (const auto& end : as_of.ends) total_ += static_cast<std::uint64_t>(end.number);
    }

    Result<Figures> run(SagasBy by) {
        {
            std::vector<std::jthread> others;
            for (std::size_t i = 1; i < std::min(options_.threads, parts_.size()); ++i) others.emplace_back([this] { work(); });
            work();
        }
        if (fault_) return std::unexpected(*fault_);
        std::vector<const SagaCensus*> parts;
        for (const auto& part : parts_) parts.push_back(&part);
        return figures_of(parts, by, as_of_.until ? last_ : positions_of(as_of_.ends));
    }

  private:
    void work() {
        for (std::size_t i = next_++; i < parts_.size() && !failed_; i = next_++) {
            if (auto read = read_partition(i); !read) fail(std::move(read.error()));
        }
    }

    Status read_partition(std::size_t number) {
        auto reader = ChainReader::open(log_, {static_cast<std::uint32_t>(number)}, std::nullopt);
        if (!reader) return std::unexpected(std::move(reader.error()));
        bool later = false;
        while (!later && reader->next() < as_of_.ends[number] && !failed_) {
            if (options_.stop.stop_requested()) return projections::interrupted("the report");
            const auto read = fold_page(*reader, parts_[number], as_of_.ends[number], as_of_.until, last_[number], later);
            if (!read) return std::unexpected(read.error());
            if (*read == 0) break;
            note(*read);
        }
        return later || failed_ ? Status() : reader->check_end();
    }

    void note(std::size_t records) {
        const std::scoped_lock lock(mutex_);
        done_ += records;
        if (options_.progress) options_.progress(done_, total_);
    }
    void fail(Fault why) {
        const std::scoped_lock lock(mutex_);
        if (!fault_) fault_ = std::move(why);
        failed_ = true;
    }

    ports::Log& log_;
    const AsOf& as_of_;
    const SagaReportOptions& options_;
    std::vector<SagaCensus> parts_;
    PositionVector last_;
    std::uint64_t total_ = 0;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;
    std::uint64_t done_ = 0;
    std::optional<Fault> fault_;
};

}  // namespace

std::optional<SagasBy> parse_sagas_by(std::string_view text) {
    if (text == "status") return SagasBy::status;
    if (text == "step") return SagasBy::step;
    return std::nullopt;
}

Result<Figures> report_sagas(ports::Log& log, SagasBy by, const AsOf& as_of, const SagaReportOptions& options) { return Reading(log, as_of, options).run(by); }

struct SagaFigures::Part {
    ChainReader reader;
    SagaCensus census;
    Offset last;
};

Status SagaFigures::read_on(Duration until) {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    for (const auto& end : ends_) total += static_cast<std::uint64_t>(end.number);
    for (std::uint32_t number = 0; number < ends_.size(); ++number) {
        if (parts_.size() <= number) {
            auto reader = ChainReader::open(log_, {number}, std::nullopt);
            if (!reader) return std::unexpected(std::move(reader.error()));
            parts_.push_back(std::make_shared<Part>(Part{std::move(*reader), {}, {}}));
        }
        auto& part = *parts_[number];
        while (part.reader.next() < ends_[number]) {
            if (clock_.monotonic() > until) {
                done += static_cast<std::uint64_t>(part.reader.next().number);
                return fault(FaultCode::unavailable, "the sagas of " + std::to_string(done) + " of " + std::to_string(total) + " records are counted");
            }
            bool later = false;
            const auto read = fold_page(part.reader, part.census, ends_[number], std::nullopt, part.last, later);
            if (!read) return std::unexpected(read.error());
            if (*read == 0) break;
        }
        if (auto sound = part.reader.check_end(); !sound) return sound;
        done += static_cast<std::uint64_t>(part.reader.next().number);
    }
    return {};
}

Result<Figures> SagaFigures::report(SagasBy by) {
    const std::scoped_lock lock(mutex_);
    auto ends = projections::ends_of(log_);
    if (!ends) return std::unexpected(std::move(ends.error()));
    ends_ = std::move(*ends);
    if (auto read = read_on(clock_.monotonic() + patience); !read) return std::unexpected(std::move(read.error()));
    std::vector<const SagaCensus*> parts;
    PositionVector positions;
    for (const auto& part : parts_) {
        parts.push_back(&part->census);
        positions.push_back(part->last);
    }
    return figures_of(parts, by, std::move(positions));
}

}  // namespace granary::cli
