// `granary export`: events and views for other tools, as of now or of any earlier moment.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/host/chain_reader.hpp"
#include "projections/views/table.hpp"
#include "schemas/json_values.hpp"
#include "tools/granary/exports/exported_views.hpp"
#include "tools/granary/exports/view_build.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

namespace fs = std::filesystem;

struct ExportArguments {
    std::string what;
    std::string data;
    LogChoice log;
    std::string as_of;
    std::string format = "ndjson";
    std::string out;
};

int report(const Fault& fault) {
    const int code = report_fault(fault);
    return fault.code == FaultCode::invalid_argument ? exit_usage : code;
}

ExportFormat format_of(const std::string& name) { return name == "csv" ? ExportFormat::csv : name == "sqlite" ? ExportFormat::sqlite : ExportFormat::ndjson; }

// A folder for the view while it is being made, beside the file that is written, for that is where there is room.
class WorkFolder {
  public:
    explicit WorkFolder(const std::string& out) : path_((out.empty() ? fs::temp_directory_path() / "granary-export" : fs::path(out)).string() + ".view-" + std::to_string(::getpid())) {}
    ~WorkFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
    const std::string& path() const { return path_; }

  private:
    const std::string path_;
};

Result<std::unique_ptr<RowSink>> open_sink(const ExportArguments& arguments, ports::Log& log, const LogEnds& ends, ExportColumns columns) {
    const ExportAbout about{arguments.what, hex_of(log.identity().id), text_of(positions_of(ends))};
    return open_row_sink(format_of(arguments.format), arguments.out, about, columns);
}

// -- views ----------------------------------------------------------------------------------------------------------

Result<std::uint64_t> write_rows(const ports::Store& store, const std::string& table, const ExportedView& view, RowSink& sink) {
    std::uint64_t rows = 0;
    Status outcome;
    const EmitRow emit = [&](const std::string& json) {
        ++rows;
        return sink.add(json);
    };
    auto scanned = store.scan(table, "", "", [&](std::string_view key, std::string_view value) {
        outcome = view.rows_of(key, value, emit);
        return outcome.has_value();
    });
    if (!scanned) return std::unexpected(std::move(scanned.error()));
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    if (auto finished = sink.finish(); !finished) return std::unexpected(std::move(finished.error()));
    return rows;
}

Result<std::uint64_t> export_view(const ExportArguments& arguments, ports::Log& log, const LogEnds& ends) {
    const ExportedView& view = *exported_view(arguments.what);
    const WorkFolder folder(arguments.out);
    const auto store = rocks::open_store({.path = folder.path()});
    if (!store) return std::unexpected(store.error());
    Progress progress("fold " + arguments.what, "records", 0);
    const auto table = build_view(log, **store, view.view, ends, [&](std::uint64_t done, std::uint64_t total) {
        progress.set_total(total);
        progress.update(done);
    });
    progress.finish();
    if (!table) return std::unexpected(table.error());
    const auto sink = open_sink(arguments, log, ends, view.columns);
    if (!sink) return std::unexpected(sink.error());
    return write_rows(**store, *table, view, **sink);
}

// -- events ---------------------------------------------------------------------------------------------------------

std::string event_json(Position position, const Commit& commit, std::size_t index) {
    const auto& item = commit.events[index];
    const auto stream = commit.stream();
    JsonWriter json;
    json.begin_object().member("position", text_of(position)).member("partition", static_cast<std::int64_t>(position.partition.number)).member("offset", position.offset.number);
    json.member("index", static_cast<std::int64_t>(index)).member("aggregate", name_of(stream.kind)).member("key", stream.key);
    json.member("version", static_cast<std::int64_t>(commit.meta.first_version + index)).member("name", name_of(item.event)).member("type", static_cast<std::int64_t>(key_of(item.event).type));
    json.member("id", text_of(event_id(commit.meta.command_id, index))).member("occurred_at", rfc3339_of(item.occurred_at)).member("recorded_at", rfc3339_of(commit.meta.time));
    json.member("actor", commit.meta.actor).member("correlation", text_of(commit.meta.correlation));
    if (!commit.meta.causation.is_nil()) json.member("causation", text_of(commit.meta.causation));
    write_json(json.key("fields"), item.event);
    json.end_object();
    return json.take();
}

class EventExport {
  public:
    EventExport(ports::Log& log, RowSink& sink, Progress& progress) : log_(log), sink_(sink), progress_(progress) {}

    Status run(Partition partition, Offset end) {
        auto reader = ChainReader::open(log_, partition, std::nullopt);
        if (!reader) return std::unexpected(std::move(reader.error()));
        while (reader->next() < end) {
            const auto records = reader->read(limits::log_read_bytes_max);
            if (!records) return std::unexpected(records.error());
            if (records->empty()) break;
            for (const auto& record : *records) {
                if (record.position.offset >= end) return {};
                if (auto written = write(record); !written) return written;
            }
            progress_.update(records_);
        }
        return {};
    }
    std::uint64_t events() const { return events_; }

  private:
    Status write(const AcceptedRecord& record) {
        ++records_;
        const auto* commit = std::get_if<Commit>(&record.entry);
        for (std::size_t i = 0; commit != nullptr && i < commit->events.size(); ++i) {
            ++events_;
            if (auto added = sink_.add(event_json(record.position, *commit, i)); !added) return added;
        }
        return {};
    }

    ports::Log& log_;
    RowSink& sink_;
    Progress& progress_;
    std::uint64_t records_ = 0;
    std::uint64_t events_ = 0;
};

Result<std::uint64_t> export_events(const ExportArguments& arguments, ports::Log& log, const LogEnds& ends) {
    const auto sink = open_sink(arguments, log, ends, event_columns());
    if (!sink) return std::unexpected(sink.error());
    std::uint64_t total = 0;
    for (const auto& end : ends) total += static_cast<std::uint64_t>(end.number);
    Progress progress("export events", "records", total);
    EventExport events(log, **sink, progress);
    for (std::uint32_t number = 0; number < ends.size(); ++number) {
        if (auto written = events.run({number}, ends[number]); !written) return std::unexpected(std::move(written.error()));
    }
    progress.finish();
    if (auto finished = (*sink)->finish(); !finished) return std::unexpected(std::move(finished.error()));
    return events.events();
}

int run_export(const ExportArguments& arguments) {
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return report(log.error());
    const auto ends = parse_ends(**log, arguments.as_of);
    if (!ends) return report(ends.error());
    const auto rows = arguments.what == "events" ? export_events(arguments, **log, *ends) : export_view(arguments, **log, *ends);
    if (!rows) return report(rows.error());
    std::fprintf(stderr, "granary: %llu rows of %s, as of %s\n", static_cast<unsigned long long>(*rows), arguments.what.c_str(), text_of(positions_of(*ends)).c_str());
    return exit_fine;
}

std::string check_what(const std::string& name) {
    if (name == "events" || exported_view(name) != nullptr) return {};
    if (views::find(name) != nullptr) return name + " only leads to rows of other views; there are events, " + exported_view_names();
    return "there is no " + name + " to export; there are events, " + exported_view_names();
}

}  // namespace

void add_export_verbs(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ExportArguments>();
    auto* verb = app.add_subcommand("export", "Events, or the rows of a view, for other tools, from the log itself and as of any moment");
    verb->add_option("what", arguments->what, "events, " + exported_view_names())->required()->check(CLI::Validator(check_what, "NAME"));
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka");
    add_log_options(*verb, arguments->log);
    verb->add_option("--as-of", arguments->as_of, "what the log knew then: an RFC 3339 time, or the last position of each partition, such as 0:17,3:9");
    verb->add_option("--format", arguments->format, "ndjson, csv or sqlite")->check(CLI::IsMember({"ndjson", "csv", "sqlite"}));
    verb->add_option("--out", arguments->out, "file to write, whole or not at all; stdout if left out");
    verb->callback([arguments, &exit_code] { exit_code = run_export(*arguments); });
}

}  // namespace granary::cli
