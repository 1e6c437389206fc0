// Reads one partition in order and lets through what counts: the chain rule, decoding and the search for damage in one place,
// so that shards, sagas, views and auditors agree record by record.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/chain.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "platform/ports/log.hpp"
#include "schemas/body_scanner.hpp"
#include "schemas/commit.hpp"

namespace granary {

// The last accepted record that a folder has folded: it is read again, and compared, before anything is built on it.
struct ChainAnchor {
    Offset offset;
    Digest hash;

    bool operator==(const ChainAnchor&) const = default;
};

// A record that counts.
struct AcceptedRecord {
    Position position;
    LogEntry entry;
    SharedBytes bytes;
    Digest hash;
};

// A record that was looked at where it lies. Everything in it lasts until whoever is shown it returns.
struct ScannedRecord {
    Position position;
    std::string_view bytes;
    Digest hash;
    chain::Verdict verdict = chain::Verdict::void_record;
    const ScannedBody* body = nullptr;  // null for a void record, and for one that was annulled
};
// False: no more are wanted. A fault ends the scan with it.
using TakeScanned = std::function<Result<bool>(const ScannedRecord& record)>;

// Told of every record in order, void ones too, with its hash: for auditors. Not of the one that halts the partition.
using RecordVisitor = std::function<void(const ports::LogRecord& record, chain::Verdict verdict, const Digest& hash)>;

// Not thread-safe; one per folder and partition. After a fault of code `halted` or `corrupt` it stays at that fault.
class ChainReader {
  public:
    // Starts behind the anchor, or at the partition's beginning. corrupt: the log is shorter than the anchor, or holds
    // something else at its offset. The log must outlive the reader. `level`: of the format that can be read here, which only the
    // simulator's old nodes say.
    static Result<ChainReader> open(ports::Log& log, Partition partition, std::optional<ChainAnchor> anchor, std::uint32_t level = newest_format_level);

    // The next accepted records, of about `bytes_max` bytes of log; void ones are passed over and counted. An empty answer
    // means the end of the log as it is now. halted: damage, named with its position: a run of void records that chain to
    // each other and is longer than limits::in_flight_max, an accepted record that can't be decoded or stands in the
    // wrong partition and is not annulled, a Format record of a level that this build can't read, or bytes that are no record. The records in front of the damage are given first.
    Result<std::vector<AcceptedRecord>> read(std::size_t bytes_max);

    // The same walk without keeping anything: shows every record in front of `upto`, void ones too, of about `bytes_max` bytes of
    // log. Commits of streams that are not wanted are judged as strictly, and not unpacked. Answers how many were shown; 0 at
    // `upto`, and at the end of the log as it is now. Faults as `read`, and those of `take`.
    Result<std::size_t> scan(Offset upto, std::size_t bytes_max, StreamKinds wanted, const TakeScanned& take);

    // Looks at one record of the next offset without reading the log: for an owner whose own record was delivered there.
    // Moves the head exactly as `read` would; the verdict says whether the record counts.
    chain::Verdict accept_next(std::string_view record);

    // The first void record behind the last accepted one that extends no record of this partition, accepted or void: what
    // it extended was there and was changed, if the log stores_prefixes. To be asked at the end of the log; costs nothing
    // when nothing void stands there. Never among the records of a fenced or stalled owner: those extend what is there.
    Result<std::optional<Offset>> first_stray();
    // halted: there is one, in a log that stores prefixes. To be asked, at the end, by whoever is about to write behind the head or to
    // say that it has read all: what is void there was accepted once, and would be buried for good. Looks once at each end.
    Status check_end();

    // Of what is read from now on, not of what is scanned.
    void visit_records(RecordVisitor visit) { visit_ = std::move(visit); }

    // The Seal that the last accepted record is; null when that is another record. Behind a Seal a log goes on in one place only.
    const envelope::SealT* seal() const { return seal_ ? &*seal_ : nullptr; }
    ChainAnchor anchor() const { return anchor_; }  // offset -1 and the genesis hash before the first accepted record
    Offset next() const { return next_; }
    std::uint64_t void_count() const { return void_count_; }
    Partition partition() const { return partition_; }
    // Where it halted, once it has.
    std::optional<Offset> halted_at() const { return halted_at_; }

  private:
    ChainReader(ports::Log& log, Partition partition, ChainAnchor anchor, std::uint32_t level);

    Status check_anchor();
    Status take(const ports::LogRecord& record, std::vector<AcceptedRecord>& out);
    Result<Digest> take_accepted(const ports::LogRecord& record, std::vector<AcceptedRecord>& out);
    Status look_at(ScannedRecord& record, StreamKinds wanted);
    Status look_at_accepted(ScannedRecord& record, StreamKinds wanted);
    Result<bool> extends_head(Offset offset, std::string_view bytes);
    Status note_void(Offset offset, std::string_view bytes);
    // Why an accepted record says nothing sound here; one that a later build can read is no matter for an annulment.
    struct Objection {
        std::string text;  // empty: it is sound
        bool of_later_build = false;
    };
    static Objection unreadable(const Fault& why);
    Objection objection_to(std::string_view routing_key) const;
    Status pass_over(Offset offset, const Objection& why);
    void advance(Offset offset, const Digest& hash);
    Result<bool> annulled(Offset offset);
    Status find_in_front(std::map<Digest, Offset>& wanted);
    Status find_between(Offset at, Offset end, std::map<Digest, Offset>& wanted);
    Status check_level(Offset offset, const LogEntry* entry);
    void note_seal(const LogEntry* entry);
    Fault halt(FaultCode code, Offset offset, const std::string& why);

    ports::Log* log_;
    Partition partition_;
    std::uint32_t partitions_;
    std::uint32_t level_;
    ChainAnchor anchor_;
    std::optional<envelope::SealT> seal_;
    Offset next_;
    std::optional<Offset> sound_end_;  // where check_end has looked
    std::uint64_t void_count_ = 0;
    std::size_t void_run_ = 0;     // length of the current run of void records that chain to each other
    Digest void_head_;             // hash of the last one of that run
    Offset void_run_first_;
    std::optional<Fault> halted_;
    std::optional<Offset> halted_at_;
    RecordVisitor visit_;
    BodyScanner scanner_;
    ScannedBody scanned_;  // the last one
};

}  // namespace granary
