// The log is read by itself, through both of its doors; anything else by a machine that lives on it.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "core/limits.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "tests/faults/flips/flip.hpp"
#include "tests/faults/machine/child.hpp"
#include "tests/faults/machine/mutants.hpp"
#include "tests/faults/machine/tapped_log.hpp"

namespace granary::faults {
namespace {

namespace fs = std::filesystem;

constexpr int lives_max = 4;  // one may die of each of the three stores
constexpr Duration settle_deadline = seconds(60);
constexpr std::string_view appended = "one more";

constexpr int ended_by_assertion = 86;
bool reads_log_only = false;  // this process

struct Reading {
    std::string noticed;  // what was told
    std::string wrong;    // an answer that is another one
};

// Also what lies behind damage.
void read_partition(ports::Log& log, Partition partition, const std::vector<std::string>& expected, Reading& reading) {
    const auto end = log.end(partition);
    if (!end) reading.noticed = end.error().message;
    else if (end->number != static_cast<std::int64_t>(expected.size())) reading.wrong = "partition " + std::to_string(partition.number) + " ends at " + std::to_string(end->number) + ", not " + std::to_string(expected.size());
    for (Offset at{0}; at.number < static_cast<std::int64_t>(expected.size());) {
        const auto page = log.read(partition, at, limits::log_read_bytes_max);
        if (!page) {
            reading.noticed = page.error().message;
            at = at.next();
            continue;
        }
        if (page->records.empty()) {
            if (end) reading.wrong = "nothing is read at " + text_of(Position{partition, at});
            break;
        }
        for (const auto& record : page->records) {
            if (record.offset.number >= static_cast<std::int64_t>(expected.size())) break;
            if (hex_of(sha256(record.bytes.view())) != expected[static_cast<std::size_t>(record.offset.number)]) reading.wrong = "another record at " + text_of(Position{partition, record.offset});
        }
        at = page->next;
    }
}

Reading read_all(Result<std::unique_ptr<ports::Log>> log, const Hashes& expected) {
    Reading reading;
    if (!log) {
        reading.noticed = log.error().message;
        return reading;
    }
    if ((*log)->identity().partitions != expected.size()) reading.wrong = "another number of partitions";
    for (std::uint32_t number = 0; number < expected.size() && reading.wrong.empty(); ++number) read_partition(**log, {number}, expected[number], reading);
    return reading;
}

void append_one(const rocks::LogOptions& options, Reading& reading) {
    auto log = rocks::open_log(options);
    if (!log) {
        reading.noticed = log.error().message;
        return;
    }
    KnownRecords known;
    known.stored.resize((*log)->identity().partitions);
    const simulation::Schedule schedule(1);
    TappedLog tapped(std::move(*log), known, schedule);
    std::vector<ports::LogAppend> appends(1);
    appends.front().record = SharedBytes(std::string(appended));
    if (!tapped.append(std::move(appends)) || !tapped.settle(settle_deadline) || known.stored.front().empty()) reading.noticed = "it can't be appended to";
}

std::string text_of(const Outcome& outcome) { return std::to_string(static_cast<int>(outcome.verdict)) + outcome.why; }

Outcome outcome_of(const Reading& reading) {
    if (!reading.wrong.empty()) return {Verdict::silent, reading.wrong};
    if (!reading.noticed.empty()) return {Verdict::noticed, reading.noticed};
    return {};
}

}  // namespace

void Trial::copy_and_flip() const {
    fs::remove_all(scratch_);
    const std::string from = image_.folder + "/" + flip_.part;
    if (flip_.in_log()) {
        fs::create_directories(scratch_);
        fs::copy(from + "/log", scratch_ + "/log", fs::copy_options::recursive);
    } else {
        fs::copy(from, scratch_, fs::copy_options::recursive);
    }
    std::fstream bytes(scratch_ + "/" + flip_.file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(flip_.offset));
    const int old = bytes.get();
    bytes.seekp(static_cast<std::streamoff>(flip_.offset));
    bytes.put(static_cast<char>(static_cast<unsigned>(old) ^ flip_.mask));
    bytes.close();
    GRANARY_CHECK(old >= 0 && bytes.good());
}

// As `log verify` and exports do, then as the server does, twice: it may go on only from what is sound.
std::string Trial::read_log() const {
    rocks::LogOptions options;
    options.path = scratch_ + "/log";
    const Hashes& expected = image_.records.at(flip_.part);
    Reading beside = read_all(rocks::open_log_read_only(options.path), expected);
    if (!beside.wrong.empty()) return text_of(outcome_of(beside));
    Reading reading = read_all(rocks::open_log(options), expected);
    if (reading.noticed.empty() && reading.wrong.empty()) {
        append_one(options, reading);
        auto more = expected;
        more.front().push_back(hex_of(sha256(appended)));
        if (reading.noticed.empty()) reading = read_all(rocks::open_log(options), more);
    }
    if (reading.noticed.empty()) reading.noticed = beside.noticed;
    return text_of(outcome_of(reading));
}

std::string Trial::run() {
    plant(planted_ == nullptr ? nullptr : find_mutant(planted_));
    reads_log_only = flip_.in_log();
    if (lives_ == 0) copy_and_flip();
    return flip_.in_log() ? read_log() : text_of(live(scratch_, image_));
}

Outcome Trial::judge(const Answers& answers) const {
    const bool is_derived = !flip_.file.starts_with("keys/");
    switch (answers.kind) {
        case Answers::Kind::refused:
        case Answers::Kind::damaged: return {is_derived ? Verdict::stuck : Verdict::noticed, answers.text};
        case Answers::Kind::restless: return {Verdict::silent, "it does not come to rest: " + answers.text};
        case Answers::Kind::all: break;
    }
    if (answers.text != image_.answers) return {Verdict::silent, "other answers:\n" + answers.text + "not\n" + image_.answers};
    return {died_ || answers.begun_afresh > 0 ? Verdict::repaired : Verdict::harmless, {}};
}

std::optional<Outcome> Trial::take(const ChildEnd& end) {
    ++lives_;
    std::error_code ignored;
    if (end.signal == SIGABRT && !flip_.in_log() && lives_ < lives_max) {
        died_ = true;
        return std::nullopt;
    }
    fs::remove_all(scratch_, ignored);
    if (end.signal != 0) return Outcome{Verdict::stuck, name_of_end(end.signal)};
    if (end.code == ended_by_assertion) return Outcome{Verdict::noticed, "the database ends the process by an assertion of its own"};
    if (!flip_.in_log()) return judge(answers_in(end.text));
    GRANARY_CHECK(!end.text.empty());
    return Outcome{static_cast<Verdict>(end.text.front() - '0'), end.text.substr(1)};
}

}  // namespace granary::faults

// Debian builds RocksDB with its assertions, and damage in a part of a table that has no checksum of its own can meet one before
// anything else. Of the log that is a refusal, if not a polite one; of what is derived the next start throws it away, as after any abort.
extern "C" [[noreturn]] void __assert_fail(const char* assertion, const char* file, unsigned line, const char* function) noexcept {  // NOLINT: the C library's name
    std::fprintf(stderr, "%s:%u: %s: assertion failed: %s\n", file, line, function, assertion);
    if (granary::faults::reads_log_only) _exit(granary::faults::ended_by_assertion);
    std::abort();
}
