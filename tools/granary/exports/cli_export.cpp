// `granary export`: events and views for other tools, as of now or of any earlier moment.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <limits>
#include <memory>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/host/chain_reader.hpp"
#include "projections/views/table.hpp"
#include "schemas/json_values.hpp"
#include "tools/granary/argument_fault.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/exports/exported_views.hpp"
#include "tools/granary/exports/personal_keys.hpp"
#include "tools/granary/exports/row_sink.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/past/view_folder.hpp"
#include "tools/granary/past/views_at.hpp"
#include "tools/granary/past/work_folder.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/server_calls.hpp"
#include "tools/granary/stop_signals.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct ExportArguments {
    std::string what;
    std::string data;
    LogChoice log;
    std::string view_dir;
    std::string as_of;
    std::string format = "ndjson";
    std::string out;
    bool personal = false;
    std::string url;  // with personal data, from a running server
};

ExportFormat format_of(const std::string& name) { return name == "csv" ? ExportFormat::csv : name == "sqlite" ? ExportFormat::sqlite : ExportFormat::ndjson; }

struct Exported {
    std::uint64_t rows = 0;
    PositionVector positions;  // what the rows answer for
};

Result<std::unique_ptr<RowSink>> open_sink(const ExportArguments& arguments, const std::string& log, ExportColumns columns) {
    return open_row_sink(format_of(arguments.format), arguments.out, {arguments.what, log}, columns);
}

// -- views ----------------------------------------------------------------------------------------------------------

Result<std::uint64_t> write_rows(const ports::Store& store, const std::string& table, const ExportedView& view, const PositionVector& positions, ports::Sealer* personal,
                                 RowSink& sink) {
    Progress progress("write " + std::string(view.view), "rows", 0);
    std::uint64_t rows = 0;
    Status outcome;
    const EmitRow emit = [&](const std::string& json) {
        progress.update(++rows);
        return sink.add(json);
    };
    auto scanned = store.scan(table, "", "", [&](std::string_view key, std::string_view value) {
        outcome = view.rows_of(key, value, personal, emit);
        return outcome.has_value();
    });
    if (!scanned) return std::unexpected(std::move(scanned.error()));
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    progress.finish();
    if (auto finished = sink.finish(text_of(positions)); !finished) return std::unexpected(std::move(finished.error()));
    return rows;
}

// The rows of a view that lies in a store as of these positions.
Result<Exported> write_view(const ExportArguments& arguments, const ports::Store& store, const std::string& log, std::uint32_t partitions, PositionVector positions) {
    const ExportedView& view = *exported_view(arguments.what);
    std::unique_ptr<PersonalKeys> personal;
    if (arguments.personal) {
        auto opened = PersonalKeys::of_data(arguments.data);
        if (!opened) return std::unexpected(std::move(opened.error()));
        personal = std::move(*opened);
    }
    const auto found = projections::find_live(store, view.view, partitions);
    if (!found) return std::unexpected(found.error());
    const auto sink = open_sink(arguments, log, personal ? view.personal_columns : view.columns);
    if (!sink) return std::unexpected(sink.error());
    const auto rows = write_rows(store, found->generation.table(), view, positions, personal ? &personal->sealer() : nullptr, **sink);
    if (!rows) return std::unexpected(rows.error());
    return Exported{*rows, std::move(positions)};
}

Result<Exported> export_view(const ExportArguments& arguments, ports::Log& log, const AsOf& as_of) {
    const auto folder = WorkFolder::make(arguments.out);
    if (!folder) return std::unexpected(folder.error());
    const auto store = rocks::open_store({.path = (*folder)->path()});
    if (!store) return std::unexpected(store.error());
    Progress progress("fold " + arguments.what, "records", 0);
    const StopOnSignal stop;  // or the folder would stay
    ViewsAtOptions options;
    options.stop = stop.token();
    if (!arguments.data.empty()) options.snapshots = DataDirectory{arguments.data}.snapshots();
    options.progress = [&](const std::string&, std::uint64_t done, std::uint64_t total) {
        progress.set_total(total);
        progress.update(done);
    };
    const auto built = build_views_at(log, **store, {arguments.what}, as_of, options);
    progress.finish();
    if (!built) return std::unexpected(built.error());
    return write_view(arguments, **store, hex_of(log.identity().id), log.identity().partitions, built->front().positions);
}

Result<Exported> export_from_folder(const ExportArguments& arguments) {
    const auto folder = ViewFolder::open(arguments.view_dir);
    if (!folder) return std::unexpected(folder.error());
    return write_view(arguments, folder->store(), folder->about().log, folder->about().partitions, folder->about().positions);
}

// As it is now, page by page, each of which the server records.
int export_from_server(const ExportArguments& arguments) {
    const ServerArguments from{arguments.url, {}, key_from_environment()};
    return with_server(from, [&](ServerCalls& server) {
        const auto sink = open_row_sink(format_of(arguments.format), arguments.out, {arguments.what, arguments.url}, exported_view(arguments.what)->personal_columns);
        if (!sink) return report_argument_fault(sink.error());
        std::uint64_t rows = 0;
        Progress progress("export " + arguments.what, "rows", 0);
        const auto taken = server.each_page("/v1/exports/" + arguments.what, std::numeric_limits<std::size_t>::max(), [&](const JsonValue& items) -> Status {
            for (const auto& item : items.items) {
                if (auto added = (*sink)->add(item.json()); !added) return added;
            }
            progress.update(rows += items.items.size());
            return {};
        });
        if (!taken) return report_failure(taken.error());
        progress.finish();
        if (const auto finished = (*sink)->finish("now"); !finished) return report_argument_fault(finished.error());
        std::fprintf(stderr, "granary: %llu rows of %s, as of now\n", static_cast<unsigned long long>(rows), arguments.what.c_str());
        return exit_fine;
    });
}

// What does not go together; empty: all does.
std::string objection_to(const ExportArguments& arguments) {
    if (!arguments.personal) return arguments.url.empty() ? "" : "--url goes with --personal: without personal data an export needs no server";
    const auto* view = exported_view(arguments.what);
    if (view == nullptr || view->personal_columns.empty()) return "there is no personal data in " + arguments.what + "; there is in orders and customers";
    if (!arguments.url.empty() && !(arguments.data.empty() && arguments.as_of.empty())) return "--url shows what is now: --data and --as-of don't go with it";
    if (arguments.url.empty() && arguments.data.empty()) return "--personal needs the keys: of a data directory (--data), or of a server (--url)";
    return "";
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

    // Answers the last record that was taken.
    Result<Offset> run(Partition partition, Offset end, std::optional<Time> until) {
        auto reader = ChainReader::open(log_, partition, std::nullopt);
        if (!reader) return std::unexpected(std::move(reader.error()));
        Offset last;
        while (reader->next() < end) {
            const auto records = reader->read(limits::log_read_bytes_max);
            if (!records) return std::unexpected(records.error());
            if (records->empty()) break;
            for (const auto& record : *records) {
                const auto* commit = std::get_if<Commit>(&record.entry);
                // Times of one partition never fall.
                const bool is_later = until && commit != nullptr && commit->meta.time > *until;
                if (record.position.offset >= end || is_later) return last;
                if (auto written = write(record); !written) return std::unexpected(std::move(written.error()));
                last = record.position.offset;
            }
            progress_.update(records_);
        }
        if (auto sound = reader->check_end(); !sound) return std::unexpected(std::move(sound.error()));
        return last;
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

Result<Exported> export_events(const ExportArguments& arguments, ports::Log& log, const AsOf& as_of) {
    const auto sink = open_sink(arguments, hex_of(log.identity().id), event_columns());
    if (!sink) return std::unexpected(sink.error());
    std::uint64_t total = 0;
    for (const auto& end : as_of.ends) total += static_cast<std::uint64_t>(end.number);
    Progress progress("export events", "records", total);
    EventExport events(log, **sink, progress);
    PositionVector positions = positions_of(as_of.ends);
    for (std::uint32_t number = 0; number < as_of.ends.size(); ++number) {
        const auto last = events.run({number}, as_of.ends[number], as_of.until);
        if (!last) return std::unexpected(last.error());
        if (as_of.until) positions[number] = *last;
    }
    progress.finish();
    if (auto finished = (*sink)->finish(text_of(positions)); !finished) return std::unexpected(std::move(finished.error()));
    return Exported{events.events(), std::move(positions)};
}

Result<Exported> export_from_log(const ExportArguments& arguments) {
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return std::unexpected(log.error());
    const auto as_of = parse_as_of(**log, arguments.as_of);
    if (!as_of) return std::unexpected(as_of.error());
    return arguments.what == "events" ? export_events(arguments, **log, *as_of) : export_view(arguments, **log, *as_of);
}

int run_export(const ExportArguments& arguments) {
    if (const auto objection = objection_to(arguments); !objection.empty()) return report_argument_fault({FaultCode::invalid_argument, objection});
    if (!arguments.view_dir.empty() && (arguments.what == "events" || !arguments.as_of.empty())) {
        return report_argument_fault({FaultCode::invalid_argument, "a folder of views holds no events, and answers for one moment only"});
    }
    if (!arguments.url.empty()) return export_from_server(arguments);
    const auto exported = arguments.view_dir.empty() ? export_from_log(arguments) : export_from_folder(arguments);
    if (!exported) return report_argument_fault(exported.error());
    std::fprintf(stderr, "granary: %llu rows of %s, as of %s\n", static_cast<unsigned long long>(exported->rows), arguments.what.c_str(), text_of(exported->positions).c_str());
    return exit_fine;
}

std::string check_what(const std::string& name) {
    if (name == "events" || exported_view(name) != nullptr) return {};
    return "there is no " + name + " to export; there are events, " + exported_view_names();
}

}  // namespace

void add_export_verbs(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ExportArguments>();
    auto* verb = app.add_subcommand("export", "Events, or the rows of a view, for other tools, from the log itself and as of any moment");
    verb->add_option("what", arguments->what, "events, " + exported_view_names())->required()->check(CLI::Validator(check_what, "NAME"));
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka");
    add_log_options(*verb, arguments->log);
    verb->add_option("--view-dir", arguments->view_dir, "a folder that `projection build` made, instead of a log")->excludes("--data");
    verb->add_option("--as-of", arguments->as_of, "what the log knew then: an RFC 3339 time, a date (its whole day), or the last position of each partition, such as 0:17,3:9");
    verb->add_option("--format", arguments->format, "ndjson, csv or sqlite")->check(CLI::IsMember({"ndjson", "csv", "sqlite"}));
    verb->add_option("--out", arguments->out, "file to write, whole or not at all; stdout if left out");
    verb->add_flag("--personal", arguments->personal, "with personal data: by the keys in --data, which nobody records, or from a server that does");
    verb->add_option("--url", arguments->url, "with --personal: the server's URL; the key in GRANARY_KEY needs the permission exports:personal");
    verb->callback([arguments, &exit_code] { exit_code = run_export(*arguments); });
}

}  // namespace granary::cli
