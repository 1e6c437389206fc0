// Walks over the log that make the tables of `granary log`.
#include "tools/granary/log_listing.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <utility>

#include "command-side/runtime/checkpoint.hpp"
#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

struct Described {
    std::string kind;
    Time time;
    std::string about;  // stream, node, ...
    std::string version;
    std::string events;
    std::string actor;
};

std::string names_of(const Commit& commit) {
    std::string names;
    for (const auto& item : commit.events) {
        if (!names.empty()) names += ' ';
        names += name_of(item.event);
    }
    return names;
}

Described describe(const LogEntry& entry) {
    return std::visit(Overloaded{
                          [](const Commit& commit) {
                              const auto stream = commit.stream();
                              return Described{"commit", commit.meta.time, std::string(name_of(stream.kind)) + " " + stream.key, std::to_string(commit.last_version()), names_of(commit), commit.meta.actor};
                          },
                          [](const envelope::ClaimT& claim) { return Described{"claim", claim.time, claim.node, "", "", ""}; },
                          [](const envelope::FormatT& format) { return Described{"format", format.time, "level " + std::to_string(format.level), "", "", format.actor}; },
                          [](const envelope::AnnulT& annul) { return Described{"annul", annul.time, "offset " + std::to_string(annul.offset) + ": " + annul.reason, "", "", annul.actor}; },
                          [](const envelope::SealT& seal) { return Described{"seal", seal.time, seal.reason, "", "", seal.actor}; },
                      },
                      entry);
}

std::vector<Column> record_columns() {
    return {{"position"}, {"time"}, {"kind"}, {"about"}, {"version", true}, {"events"}, {"actor"}, {"bytes", true}, {"sha256"}};
}

std::vector<std::string> row_of(Position position, const Described& described, std::size_t bytes, const Digest& hash) {
    return {text_of(position), rfc3339_of(described.time), described.kind,          described.about, described.version,
            described.events,  described.actor,            std::to_string(bytes), hex_of(hash)};
}

void add_event_rows(Table& table, const AcceptedRecord& record, std::size_t limit) {
    const auto* commit = std::get_if<Commit>(&record.entry);
    if (commit == nullptr) return;
    for (std::size_t i = 0; i < commit->events.size() && table.rows.size() < limit; ++i) {
        const auto& item = commit->events[i];
        JsonWriter fields;
        write_json(fields, item.event);
        const auto stream = commit->stream();
        table.rows.push_back({text_of(record.position), rfc3339_of(item.occurred_at), std::string(name_of(stream.kind)), stream.key,
                              std::to_string(commit->meta.first_version + i), std::string(name_of(item.event)), fields.take()});
    }
}

std::vector<Partition> selected(ports::Log& log, std::optional<Partition> only) {
    if (only) return {*only};
    std::vector<Partition> partitions;
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) partitions.push_back({number});
    return partitions;
}

// Walks the chosen partitions up to their present ends; `take` returns false to stop.
template <class Prepare, class Take>
std::optional<Fault> walk(ports::Log& log, std::optional<Partition> only, const RecordProgress& progress, Prepare prepare, Take take) {
    std::uint64_t done = 0;
    for (const auto partition : selected(log, only)) {
        const auto end = log.end(partition);
        if (!end) return end.error();
        auto reader = ChainReader::open(log, partition, std::nullopt);
        if (!reader) return reader.error();
        prepare(*reader);
        const auto before = done;
        while (reader->next() < *end) {
            const auto records = reader->read(limits::log_read_bytes_max);
            if (!records) return records.error();
            for (const auto& record : *records) {
                if (!take(record)) return std::nullopt;
            }
            done = before + static_cast<std::uint64_t>(reader->next().number);
            if (progress) progress(done);
            if (records->empty()) break;
        }
    }
    return std::nullopt;
}

std::string decoded_about(std::string_view record) {
    const auto entry = decode_body(chain::body_of(record));
    if (!entry) return "unreadable: " + entry.error().message;
    const auto described = describe(*entry);
    return described.kind + " " + described.about + (described.events.empty() ? "" : ": " + described.events);
}

}  // namespace

Listing list_records(ports::Log& log, const LogSelection& selection, const RecordProgress& progress) {
    Listing listing;
    listing.table.columns = selection.events ? std::vector<Column>{{"position"}, {"occurred_at"}, {"kind"}, {"key"}, {"version", true}, {"event"}, {"fields"}} : record_columns();
    auto& rows = listing.table.rows;
    listing.fault = walk(log, selection.partition, progress, [](ChainReader&) {}, [&](const AcceptedRecord& record) {
        if (record.position.offset < selection.from) return true;
        if (selection.events) {
            add_event_rows(listing.table, record, selection.limit);
        } else {
            rows.push_back(row_of(record.position, describe(record.entry), record.bytes.size(), record.hash));
        }
        return rows.size() < selection.limit;
    });
    return listing;
}

Listing list_voids(ports::Log& log, const LogSelection& selection, VerifyOptions audit) {
    std::vector<std::vector<std::vector<std::string>>> found(log.identity().partitions);
    // Rows behind so many others are not shown.
    const auto is_shown = [&](Partition partition) {
        std::size_t before = 0;
        for (std::uint32_t number = 0; number <= partition.number; ++number) before += found[number].size();
        return before < selection.limit;
    };
    audit.only = selection.partition;
    audit.on_void = [&](const ScannedRecord& record) {
        const auto partition = record.position.partition;
        if (record.position.offset < selection.from || !is_shown(partition)) return;
        const auto header = chain::parse_header(record.bytes);
        found[partition.number].push_back({text_of(record.position), decoded_about(record.bytes), std::to_string(record.bytes.size()),
                                           header ? hex_of(header->prev) : "", hex_of(record.hash)});
    };
    const auto verdict = verify_log(log, audit);
    Listing listing{{{{"position"}, {"about"}, {"bytes", true}, {"extends"}, {"sha256"}}, {}}, {}};
    for (auto& rows : found) std::ranges::move(rows, std::back_inserter(listing.table.rows));
    if (listing.table.rows.size() > selection.limit) listing.table.rows.resize(selection.limit);
    if (verdict.interrupted) listing.fault = Fault{FaultCode::unavailable, "interrupted: there may be more"};
    for (const auto& one : verdict.partitions) {
        if (one.bad) listing.fault = Fault{FaultCode::corrupt, "bad position " + text_of(Position{one.partition, *one.bad}) + ": " + one.reason};
    }
    return listing;
}

int print_listing(const Listing& listing, std::size_t limit, Format format) {
    if (listing.table.rows.size() >= limit) std::fprintf(stderr, "granary: there may be more; --limit shows up to %zu\n", listed_records_max);
    print(listing.table, format);
    if (!listing.fault) return exit_fine;
    (void)report_fault(*listing.fault);
    return listing.fault->code == FaultCode::corrupt || listing.fault->code == FaultCode::halted ? exit_found_wrong : exit_fault;
}

Listing count_records(ports::Log& log, const RecordProgress& progress) {
    std::map<std::string, std::uint64_t> counts;  // labels sort as they are shown
    std::uint64_t bytes = 0;
    std::uint64_t voids = 0;
    std::uint64_t events = 0;
    const auto prepare = [&](ChainReader& reader) {
        reader.visit_records([&](const ports::LogRecord& record, chain::Verdict verdict, const Digest&) {
            bytes += record.bytes.size();
            if (verdict == chain::Verdict::void_record) ++voids;
        });
    };
    Listing listing{{{{"what"}, {"count", true}}, {}}, {}};
    listing.fault = walk(log, std::nullopt, progress, prepare, [&](const AcceptedRecord& record) {
        ++counts["record " + describe(record.entry).kind];
        if (const auto* commit = std::get_if<Commit>(&record.entry)) {
            events += commit->events.size();
            for (const auto& item : commit->events) ++counts["event " + std::string(name_of(item.event))];
        }
        return true;
    });
    const auto add = [&](std::string what, std::uint64_t count) { listing.table.rows.push_back({std::move(what), std::to_string(count)}); };
    add("partitions", log.identity().partitions);
    add("bytes", bytes);
    add("events", events);
    add("void records", voids);
    for (const auto& [what, count] : counts) add(what, count);
    return listing;
}

Result<LogTail> LogTail::open(ports::Log& log, std::optional<Partition> partition, std::size_t last) {
    LogTail tail(log);
    for (const auto one : selected(log, partition)) {
        const auto end = log.end(one);
        if (!end) return std::unexpected(end.error());
        tail.places_.push_back({one, {std::max<std::int64_t>(end->number - static_cast<std::int64_t>(last), 0)}});
    }
    return tail;
}

Result<Table> LogTail::newest(std::size_t last) {
    auto table = more();
    if (!table) return table;
    // Times have one width, so their texts sort as they do.
    std::ranges::stable_sort(table->rows, {}, [](const auto& row) { return row[1]; });
    if (table->rows.size() > last) table->rows.erase(table->rows.begin(), table->rows.end() - static_cast<std::ptrdiff_t>(last));
    return table;
}

Result<Table> LogTail::more() {
    Table table{record_columns(), {}};
    for (auto& place : places_) {
        const auto page = log_->read(place.partition, place.next, limits::log_read_bytes_max);
        if (!page) return std::unexpected(page.error());
        for (const auto& record : page->records) {
            const auto view = record.bytes.view();
            const auto entry = chain::parse_header(view) ? decode_body(chain::body_of(view)) : Result<LogEntry>(fault(FaultCode::corrupt, "not a record"));
            const auto described = entry ? describe(*entry) : Described{"unreadable", {}, entry.error().message, "", "", ""};
            table.rows.push_back(row_of({place.partition, record.offset}, described, view.size(), sha256(view)));
        }
        place.next = page->next;
    }
    return table;
}

Table table_of(const LogVerdict& verdict) {
    Table table{{{"partition", true}, {"records", true}, {"accepted", true}, {"void", true}, {"head"}, {"vouched_up_to"}, {"sealed"}, {"bad_position"}, {"reason"}}, {}};
    for (const auto& partition : verdict.partitions) {
        if (partition.records == 0 && !partition.bad) continue;
        table.rows.push_back({std::to_string(partition.partition.number), std::to_string(partition.records), std::to_string(partition.accepted), std::to_string(partition.void_records),
                              hex_of(partition.head.hash), partition.vouched ? text_of(Position{partition.partition, *partition.vouched}) : "-",
                              partition.seal ? "yes" : "-", partition.bad ? text_of(Position{partition.partition, *partition.bad}) : "-", partition.reason});
    }
    return table;
}

Result<std::vector<std::optional<ChainAnchor>>> checkpoint_anchors(const std::string& state_path, std::uint32_t partitions) {
    std::vector<std::optional<ChainAnchor>> anchors(partitions);
    const auto store = rocks::open_store_read_only({.path = state_path, .derived = true});
    if (!store && store.error().code == FaultCode::not_found) return anchors;
    if (!store) return std::unexpected(store.error());
    for (std::uint32_t number = 0; number < partitions; ++number) {
        const auto bytes = (*store)->get(command_side::tables::shards, command_side::shard_key({number}));
        if (!bytes && bytes.error().code == FaultCode::not_found) return anchors;
        if (!bytes) return std::unexpected(bytes.error());
        if (!*bytes) continue;
        const auto checkpoint = command_side::decode_checkpoint(**bytes);
        if (!checkpoint) return std::unexpected(checkpoint.error());
        if (checkpoint->anchor.offset.number >= 0) anchors[number] = checkpoint->anchor;
    }
    return anchors;
}

}  // namespace granary::cli
