// Walks each partition along its chain and writes what lies there, whether it counts or not.
#include "tools/granary/log_export.hpp"

#include <utility>
#include <vector>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "platform/host/chain_reader.hpp"
#include "schemas/json_values.hpp"

namespace granary::cli {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// RFC 4648, padded.
std::string base64_of(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char byte : bytes) {
        buffer = (buffer << 8 | static_cast<unsigned char>(byte)) & 0xFFFF;
        for (bits += 8; bits >= 6; bits -= 6) text += base64_digits[buffer >> (bits - 6) & 63];
    }
    if (bits > 0) text += base64_digits[buffer << (6 - bits) & 63];
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

void write_events(JsonWriter& json, const Commit& commit) {
    json.key("events").begin_array();
    for (std::size_t i = 0; i < commit.events.size(); ++i) {
        const auto& item = commit.events[i];
        json.begin_object().member("type", static_cast<std::int64_t>(key_of(item.event).type)).member("name", name_of(item.event));
        json.member("id", text_of(event_id(commit.meta.command_id, i)));
        json.member("version", static_cast<std::int64_t>(commit.meta.first_version + i)).member("occurred_at", rfc3339_of(item.occurred_at));
        write_json(json.key("fields"), item.event);
        json.end_object();
    }
    json.end_array();
}

void write_entry(JsonWriter& json, const Commit& commit) {
    const auto stream = commit.stream();
    json.key("commit").begin_object().member("aggregate", name_of(stream.kind)).member("key", stream.key);
    json.member("routing_key", commit.meta.routing_key).member("first_version", static_cast<std::int64_t>(commit.meta.first_version));
    json.member("time", rfc3339_of(commit.meta.time)).member("command_id", text_of(commit.meta.command_id));
    json.member("fingerprint", text_of(commit.meta.fingerprint)).member("correlation", text_of(commit.meta.correlation));
    if (!commit.meta.causation.is_nil()) json.member("causation", text_of(commit.meta.causation));
    json.member("actor", commit.meta.actor);
    if (!commit.meta.traceparent.empty()) json.member("traceparent", commit.meta.traceparent);
    write_events(json, commit);
    json.end_object();
}

void write_entry(JsonWriter& json, const envelope::ClaimT& claim) { write_json(json.key("claim"), claim); }
void write_entry(JsonWriter& json, const envelope::FormatT& format) { write_json(json.key("format"), format); }
void write_entry(JsonWriter& json, const envelope::AnnulT& annul) { write_json(json.key("annul"), annul); }
void write_entry(JsonWriter& json, const envelope::SealT& seal) { write_json(json.key("seal"), seal); }

void write_body(JsonWriter& json, std::string_view record) {
    if (!chain::parse_header(record)) {
        json.member("unreadable", "these bytes are no record");
        return;
    }
    const auto entry = decode_body(chain::body_of(record));
    if (!entry) {
        json.member("unreadable", entry.error().message);
        return;
    }
    std::visit([&](const auto& value) { write_entry(json, value); }, *entry);
}

// One partition's way into the sink.
class PartitionExport {
  public:
    PartitionExport(ports::Log& log, Partition partition, bool raw, const LineSink& sink, ExportSummary& summary)
        : log_(&log), partition_(partition), raw_(raw), sink_(&sink), summary_(&summary) {}

    Status run(const std::function<void(std::uint64_t done)>& progress);

  private:
    struct Seen {
        ports::LogRecord record;
        chain::Verdict verdict;
        Digest hash;
    };
    enum class Standing { counts, annulled, is_void, unknown };

    Status write_seen(const std::vector<AcceptedRecord>& accepted);
    Status write_record(const ports::LogRecord& record, Standing standing, const Digest& hash);
    Status write_rest(Offset from, Offset end);
    Status write_end(const ChainReader& reader, const std::optional<Fault>& halted);

    ports::Log* log_;
    Partition partition_;
    bool raw_;
    const LineSink* sink_;
    ExportSummary* summary_;
    std::vector<Seen> seen_;  // since the reader's last answer
    std::uint64_t records_ = 0;
    std::uint64_t counted_ = 0;
    std::uint64_t voids_ = 0;
};

bool is_damage(const Fault& fault) { return fault.code == FaultCode::halted || fault.code == FaultCode::corrupt; }

Status PartitionExport::run(const std::function<void(std::uint64_t done)>& progress) {
    const auto end = log_->end(partition_);
    if (!end) return std::unexpected(end.error());
    auto reader = ChainReader::open(*log_, partition_, std::nullopt);
    if (!reader) return std::unexpected(reader.error());
    reader->visit_records([this](const ports::LogRecord& record, chain::Verdict verdict, const Digest& hash) { seen_.push_back({record, verdict, hash}); });
    std::optional<Fault> halted;
    while (reader->next() < *end && !halted) {
        const auto before = reader->next();
        const auto accepted = reader->read(limits::log_read_bytes_max);
        if (!accepted && !is_damage(accepted.error())) return std::unexpected(accepted.error());
        if (!accepted) halted = accepted.error();
        if (auto written = write_seen(accepted.value_or(std::vector<AcceptedRecord>())); !written) return written;
        if (progress) progress(summary_->records);
        if (!halted && reader->next() == before) break;  // shorter than it said: the last line tells
    }
    if (halted) {
        if (auto written = write_rest(reader->next(), *end); !written) return written;
        if (!summary_->damage) summary_->damage = halted;
    }
    return write_end(*reader, halted);
}

Status PartitionExport::write_seen(const std::vector<AcceptedRecord>& accepted) {
    std::size_t next = 0;
    for (const auto& seen : std::exchange(seen_, {})) {
        Standing standing = Standing::is_void;
        if (seen.verdict == chain::Verdict::accepted) {
            const bool read = next < accepted.size() && accepted[next].position.offset == seen.record.offset;
            standing = read ? Standing::counts : Standing::annulled;
            if (read) ++next;
        }
        if (auto written = write_record(seen.record, standing, seen.hash); !written) return written;
    }
    return {};
}

Status PartitionExport::write_record(const ports::LogRecord& record, Standing standing, const Digest& hash) {
    const auto view = record.bytes.view();
    const auto header = chain::parse_header(view);
    JsonWriter json;
    json.begin_object().member("line", "record").member("partition", static_cast<std::int64_t>(partition_.number)).member("offset", record.offset.number);
    json.key("counts");
    standing == Standing::unknown ? json.null() : json.boolean(standing == Standing::counts || standing == Standing::annulled);
    if (standing == Standing::annulled) json.member("annulled", true);
    json.member("bytes", static_cast<std::int64_t>(view.size())).member("sha256", hex_of(hash));
    if (header) json.member("prev", hex_of(header->prev));
    if (raw_) json.member("raw", base64_of(view));
    write_body(json, view);
    json.end_object();
    ++records_;
    ++summary_->records;
    const bool counts = standing == Standing::counts || standing == Standing::annulled;
    counted_ += counts ? 1 : 0;
    summary_->counted += counts ? 1 : 0;
    voids_ += standing == Standing::is_void ? 1 : 0;
    summary_->void_records += standing == Standing::is_void ? 1 : 0;
    return (*sink_)(json.take() + "\n");
}

// Behind a halt nobody can say what counts, but whoever looks for the damage wants to see it.
Status PartitionExport::write_rest(Offset from, Offset end) {
    while (from < end) {
        const auto page = log_->read(partition_, from, limits::log_read_bytes_max);
        if (!page && is_damage(page.error())) return {};
        if (!page) return std::unexpected(page.error());
        if (page->records.empty() || page->next <= from) return {};
        for (const auto& record : page->records) {
            if (auto written = write_record(record, Standing::unknown, sha256(record.bytes.view())); !written) return written;
        }
        from = page->next;
    }
    return {};
}

Status PartitionExport::write_end(const ChainReader& reader, const std::optional<Fault>& halted) {
    JsonWriter json;
    json.begin_object().member("line", "partition").member("partition", static_cast<std::int64_t>(partition_.number));
    json.member("records", static_cast<std::int64_t>(records_)).member("counted", static_cast<std::int64_t>(counted_)).member("void", static_cast<std::int64_t>(voids_));
    const auto anchor = reader.anchor();
    json.key("head").begin_object().member("offset", anchor.offset.number).member("sha256", hex_of(anchor.hash)).end_object();
    if (halted) {
        if (const auto at = reader.halted_at()) json.member("halted_at", at->number);
        json.member("reason", halted->message);
    }
    json.end_object();
    return (*sink_)(json.take() + "\n");
}

std::string first_line(const ports::Log& source, const ExportSelection& selection) {
    const auto log = source.identity();
    JsonWriter json;
    json.begin_object().member("line", "log").member("format", std::int64_t{1}).member("id", hex_of(log.id)).member("partitions", static_cast<std::int64_t>(log.partitions));
    json.member("place", hex_of(log.place)).member("live", log.live).member("stores_prefixes", source.stores_prefixes());
    json.member("raw", selection.raw);
    if (selection.partition) json.member("only", static_cast<std::int64_t>(selection.partition->number));
    json.end_object();
    return json.take() + "\n";
}

std::string last_line(const ExportSummary& summary) {
    JsonWriter json;
    json.begin_object().member("line", "end").member("records", static_cast<std::int64_t>(summary.records)).member("counted", static_cast<std::int64_t>(summary.counted));
    json.member("void", static_cast<std::int64_t>(summary.void_records)).member("sound", !summary.damage.has_value()).end_object();
    return json.take() + "\n";
}

}  // namespace

Result<ExportSummary> export_log(ports::Log& log, const ExportSelection& selection, const LineSink& sink, const std::function<void(std::uint64_t done)>& progress) {
    ExportSummary summary;
    if (auto written = sink(first_line(log, selection)); !written) return std::unexpected(written.error());
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        if (selection.partition && selection.partition->number != number) continue;
        PartitionExport partition(log, {number}, selection.raw, sink, summary);
        if (auto done = partition.run(progress); !done) return std::unexpected(done.error());
    }
    if (auto written = sink(last_line(summary)); !written) return std::unexpected(written.error());
    return summary;
}

}  // namespace granary::cli
