// The walk along a partition's chain.
#include "platform/host/chain_reader.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/limits.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"
#include "core/routing.hpp"

namespace granary {
namespace {

std::string hash_text(const Digest& digest) { return hex_of(digest).substr(0, 16); }

}  // namespace

ChainReader::Objection ChainReader::unreadable(const Fault& why) { return {"an accepted record can't be read: " + why.message, why.code == FaultCode::unsupported}; }

ChainReader::ChainReader(ports::Log& log, Partition partition, ChainAnchor anchor, std::uint32_t level)
    : log_(&log), partition_(partition), partitions_(log.identity().partitions), level_(level), anchor_(anchor), next_(anchor.offset.next()) {}

Result<ChainReader> ChainReader::open(ports::Log& log, Partition partition, std::optional<ChainAnchor> anchor, std::uint32_t level) {
    const ChainAnchor start = anchor.value_or(ChainAnchor{{}, chain::genesis(log.identity().id, partition)});
    ChainReader reader(log, partition, start, level);
    if (start.offset.number >= 0) {
        if (auto checked = reader.check_anchor(); !checked) return std::unexpected(checked.error());
    }
    return reader;
}

Fault ChainReader::halt(FaultCode code, Offset offset, const std::string& why) {
    halted_at_ = offset;
    halted_ = Fault{code, "partition " + std::to_string(partition_.number) + " is halted at position " + text_of(Position{partition_, offset}) + ": " + why};
    return *halted_;
}

Status ChainReader::check_anchor() {
    auto page = log_->read(partition_, anchor_.offset, 1);
    if (page && page->records.empty()) {
        // On Kafka a broker that does not lead any more may have said where the log ends; who reads behind that end makes sure of it.
        const auto behind = log_->read(partition_, anchor_.offset.next(), 1);
        if (!behind && behind.error().code != FaultCode::corrupt) return std::unexpected(behind.error());
        if (behind) page = log_->read(partition_, anchor_.offset, 1);
    }
    if (!page) return std::unexpected(page.error());
    if (page->records.empty()) {
        return std::unexpected(halt(FaultCode::corrupt, anchor_.offset, "the log ends before this record, which was there before; restore the log"));
    }
    const Digest found = sha256(page->records.front().bytes.view());
    if (page->records.front().offset != anchor_.offset || found != anchor_.hash) {
        return std::unexpected(halt(FaultCode::corrupt, anchor_.offset,
                                    "the record is not the one that was accepted here before (hash " + hash_text(found) + ", expected " + hash_text(anchor_.hash) + ")"));
    }
    if (const auto entry = decode_body(chain::body_of(page->records.front().bytes.view()))) note_seal(&*entry);
    return {};
}

void ChainReader::note_seal(const LogEntry* entry) {
    const auto* seal = std::get_if<envelope::SealT>(entry);
    seal_ = seal != nullptr ? std::optional(*seal) : std::nullopt;
}

Result<std::vector<AcceptedRecord>> ChainReader::read(std::size_t bytes_max) {
    std::vector<AcceptedRecord> out;
    if (halted_) return std::unexpected(*halted_);
    while (out.empty()) {
        auto page = log_->read(partition_, next_, bytes_max);
        if (!page) return std::unexpected(std::move(page.error()));
        if (page->records.empty()) break;
        out.reserve(page->records.size());
        for (const auto& record : page->records) {
            const auto taken = take(record, out);
            if (taken) continue;
            // What is sound is folded first; the next call reports the halt again.
            if (out.empty()) return std::unexpected(taken.error());
            return out;
        }
    }
    return out;
}

Result<std::size_t> ChainReader::scan(Offset upto, std::size_t bytes_max, StreamKinds wanted, const TakeScanned& take) {
    if (halted_) return std::unexpected(*halted_);
    std::size_t shown = 0;
    Status judged;
    Result<bool> taken = true;
    const auto visited = log_->visit(partition_, next_, bytes_max, [&](Offset offset, std::string_view bytes) {
        if (offset >= upto) return false;
        ScannedRecord record{{partition_, offset}, bytes, {}, chain::Verdict::void_record, nullptr};
        judged = look_at(record, wanted);
        if (!judged) return false;
        ++shown;
        taken = take(record);
        return taken.value_or(false);
    });
    if (!taken) return std::unexpected(std::move(taken.error()));
    // What is sound is shown first; the next call reports the fault again.
    if (shown > 0) return shown;
    if (!visited) return std::unexpected(visited.error());
    if (!judged) return std::unexpected(std::move(judged.error()));
    return shown;
}

Status ChainReader::take(const ports::LogRecord& record, std::vector<AcceptedRecord>& out) {
    const auto extends = extends_head(record.offset, record.bytes.view());
    if (!extends) return std::unexpected(extends.error());
    if (*extends) {
        const auto hash = take_accepted(record, out);
        if (!hash) return std::unexpected(hash.error());
        if (visit_) visit_(record, chain::Verdict::accepted, *hash);
        return {};
    }
    if (auto noted = note_void(record.offset, record.bytes.view()); !noted) return noted;
    if (visit_) visit_(record, chain::Verdict::void_record, void_head_);
    return {};
}

Status ChainReader::look_at(ScannedRecord& record, StreamKinds wanted) {
    const auto extends = extends_head(record.position.offset, record.bytes);
    if (!extends) return std::unexpected(extends.error());
    if (*extends) return look_at_accepted(record, wanted);
    auto noted = note_void(record.position.offset, record.bytes);
    record.hash = void_head_;
    return noted;
}

Result<bool> ChainReader::extends_head(Offset offset, std::string_view bytes) {
    if (offset < next_) return std::unexpected(halt(FaultCode::corrupt, offset, "the log gave an offset twice"));
    const auto header = chain::parse_header(bytes);
    if (!header) return std::unexpected(halt(FaultCode::halted, offset, "these bytes are no record"));
    return header->prev == anchor_.hash;
}

// Void records that extend one another longer than any owner's pipeline can be: not a lost race but a changed record
// in front of them. Claiming on the old head would bury them.
Status ChainReader::note_void(Offset offset, std::string_view bytes) {
    const auto header = chain::parse_header(bytes);
    const bool extends_run = void_run_ > 0 && header->prev == void_head_;
    if (!extends_run) void_run_first_ = offset;
    void_run_ = extends_run ? void_run_ + 1 : 1;
    void_head_ = sha256(bytes);
    if (void_run_ > limits::in_flight_max) {
        return std::unexpected(halt(FaultCode::halted, void_run_first_,
                                    "more than " + std::to_string(limits::in_flight_max) +
                                        " records from here on chain to each other but not to what stands before: a record in front of them was changed"));
    }
    ++void_count_;
    next_ = offset.next();
    return {};
}

Result<Digest> ChainReader::take_accepted(const ports::LogRecord& record, std::vector<AcceptedRecord>& out) {
    auto entry = decode_body(chain::body_of(record.bytes.view()));
    Objection why;
    if (!entry) {
        why = unreadable(entry.error());
    } else if (const auto* commit = std::get_if<Commit>(&*entry)) {
        why = objection_to(commit->meta.routing_key);
    }
    if (auto readable = check_level(record.offset, entry ? &*entry : nullptr); !readable) return std::unexpected(std::move(readable.error()));
    const Digest hash = sha256(record.bytes.view());
    if (!why.text.empty()) {
        if (auto passed = pass_over(record.offset, why); !passed) return std::unexpected(std::move(passed.error()));
    } else {
        note_seal(&*entry);
        out.push_back({{partition_, record.offset}, std::move(*entry), record.bytes, hash});
    }
    advance(record.offset, hash);
    return hash;
}

Status ChainReader::look_at_accepted(ScannedRecord& record, StreamKinds wanted) {
    const auto body = scanner_.scan(chain::body_of(record.bytes), wanted);
    Objection why;
    if (!body) {
        why = unreadable(body.error());
    } else if (body->control == nullptr) {
        why = objection_to(body->routing_key);
    }
    if (auto readable = check_level(record.position.offset, body ? body->control : nullptr); !readable) return readable;
    record.hash = sha256(record.bytes);
    record.verdict = chain::Verdict::accepted;
    if (!why.text.empty()) {
        if (auto passed = pass_over(record.position.offset, why); !passed) return passed;
    } else {
        scanned_ = *body;
        record.body = &scanned_;
        note_seal(scanned_.control);
    }
    advance(record.position.offset, record.hash);
    return {};
}

// Behind it may stand what this build does not know.
Status ChainReader::check_level(Offset offset, const LogEntry* entry) {
    const auto* format = entry != nullptr ? std::get_if<envelope::FormatT>(entry) : nullptr;
    if (format == nullptr || format->level <= level_ || GRANARY_MUTANT(level_passed_over)) return {};
    GRANARY_MARK(format_above_release);
    return std::unexpected(halt(FaultCode::halted, offset,
                                "from here on it may hold what is of level " + std::to_string(format->level) + ", and this build reads up to level " + std::to_string(level_) + ": upgrade this node"));
}

ChainReader::Objection ChainReader::objection_to(std::string_view routing_key) const {
    return {partition_of(routing_key, partitions_) == partition_ ? "" : "an accepted record belongs to another partition", false};
}

// An accepted record that says nothing sound stops everybody, unless it was annulled.
Status ChainReader::pass_over(Offset offset, const Objection& why) {
    const auto passed = annulled(offset);
    if (!passed) return std::unexpected(passed.error());
    const std::string remedy = why.of_later_build ? "" : "; `granary log annul " + text_of(Position{partition_, offset}) + "` passes over it";
    if (!*passed) return std::unexpected(halt(FaultCode::halted, offset, why.text + remedy));
    seal_.reset();
    return {};
}

void ChainReader::advance(Offset offset, const Digest& hash) {
    anchor_ = {offset, hash};
    next_ = offset.next();
    void_run_ = 0;
}

// Looks ahead for an Annul of this offset that itself counts.
Result<bool> ChainReader::annulled(Offset offset) {
    auto at = offset;
    auto page = log_->read(partition_, at, 1);
    if (!page) return std::unexpected(page.error());
    if (page->records.empty()) return false;
    chain::Head head{sha256(page->records.front().bytes.view())};
    for (at = offset.next();;) {
        page = log_->read(partition_, at, limits::log_read_bytes_max);
        if (!page) return std::unexpected(page.error());
        if (page->records.empty()) return false;
        for (const auto& record : page->records) {
            if (head.accept(record.bytes.view()) != chain::Verdict::accepted) continue;
            const auto entry = decode_body(chain::body_of(record.bytes.view()));
            if (!entry) continue;
            const auto* annul = std::get_if<envelope::AnnulT>(&*entry);
            if (annul != nullptr && annul->offset == offset.number) return true;
        }
        at = page->next;
    }
}

Result<std::optional<Offset>> ChainReader::first_stray() {
    std::map<Digest, Offset> strays;  // by what they extend
    std::set<Digest> known{anchor_.hash, chain::genesis(log_->identity().id, partition_)};
    for (Offset at = anchor_.offset.next(); at < next_;) {
        const auto page = log_->read(partition_, at, limits::log_read_bytes_max);
        if (!page) return std::unexpected(page.error());
        for (const auto& record : page->records) {
            if (record.offset >= next_) break;
            const auto header = chain::parse_header(record.bytes.view());
            if (!header) return std::unexpected(halt(FaultCode::halted, record.offset, "these bytes are no record"));
            if (!known.contains(header->prev)) strays.try_emplace(header->prev, record.offset);
            known.insert(sha256(record.bytes.view()));
            if (known.size() > limits::void_tail_max) return std::unexpected(halt(FaultCode::halted, anchor_.offset.next(), "too many void records stand behind this one"));
        }
        at = page->records.empty() ? next_ : page->next;
    }
    if (const auto searched = find_in_front(strays); !searched) return std::unexpected(searched.error());
    std::optional<Offset> first;
    for (const auto& [prev, offset] : strays) first = std::min(first.value_or(offset), offset);
    return first;
}

Status ChainReader::check_end() {
    if (!log_->stores_prefixes() || sound_end_ == next_) return {};
    const auto stray = first_stray();
    if (!stray) return std::unexpected(stray.error());
    if (!*stray) {
        sound_end_ = next_;
        return {};
    }
    const Position at{partition_, **stray};
    return fault(FaultCode::halted, "the record at position " + text_of(at) + " extends one that is not in the log: a record in front of it was changed; restore the log");
}

// Whom a void record extends mostly stands right in front of the last accepted one, so backwards, in windows that double. Only an owner
// that stalled for long extends a head of long ago.
Status ChainReader::find_in_front(std::map<Digest, Offset>& wanted) {
    auto window = static_cast<std::int64_t>(limits::in_flight_max);
    for (Offset end = anchor_.offset; end.number > 0 && !wanted.empty(); window *= 2) {
        const Offset begin{std::max<std::int64_t>(0, end.number - window)};
        if (auto searched = find_between(begin, end, wanted); !searched) return searched;
        end = begin;
    }
    return {};
}

Status ChainReader::find_between(Offset at, Offset end, std::map<Digest, Offset>& wanted) {
    while (at < end && !wanted.empty()) {
        const auto page = log_->read(partition_, at, limits::log_read_bytes_max);
        if (!page) return std::unexpected(page.error());
        if (page->records.empty()) return {};
        for (const auto& record : page->records) wanted.erase(sha256(record.bytes.view()));
        at = page->next;
    }
    return {};
}

chain::Verdict ChainReader::accept_next(std::string_view record) {
    chain::Head head{anchor_.hash};
    const auto verdict = head.accept(record);
    if (verdict == chain::Verdict::accepted) {
        anchor_ = {next_, head.hash};
        seal_.reset();
        void_run_ = 0;
    } else {
        ++void_count_;
    }
    next_ = next_.next();
    return verdict;
}

}  // namespace granary
