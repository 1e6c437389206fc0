// Fuzzes the walk along a partition: however records come to lie there, the reader counts what the chain rule counts, up to the
// first that it must halt at, and never reads past damage in silence.
// Input: what is appended, one step after the other: a byte for the kind, and for some kinds two for a length and as many bytes.
#include <vector>

#include "core/chain.hpp"
#include "core/check.hpp"
#include "core/limits.hpp"
#include "core/routing.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/host/log_verification.hpp"
#include "schemas/commit.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace granary;

constexpr Partition the_partition{0};
constexpr std::size_t steps_max = 200;
const ports::LogIdentity identity{Uuid{4, 4}, 1};

std::string claim_body() {
    envelope::ClaimT claim;
    claim.node = "n";
    claim.time = Time{1};
    return encode_body(LogEntry(claim));
}

std::string annul_body(std::int64_t offset) {
    envelope::AnnulT annul;
    annul.offset = offset;
    annul.reason = "r";
    annul.actor = "a";
    annul.time = Time{1};
    return encode_body(LogEntry(annul));
}

struct Scene {
    memory::MemoryLog log{identity};
    Digest head = chain::genesis(identity.id, the_partition);
    Digest old_head = head;   // what a fenced owner extends
    Digest void_head = head;  // the last void record's
    std::vector<std::size_t> sizes;  // of the records

    void extend(std::string_view body) {
        const auto record = chain::make_record(head, body);
        old_head = head;
        head = sha256(record);
        put(record);
    }
    void add_void(const Digest& prev, std::string_view body) {
        const auto record = chain::make_record(prev, body);
        void_head = sha256(record);
        put(record);
    }
    void put(std::string record) {
        sizes.push_back(record.size());
        log.inject(the_partition, std::move(record));
    }
    void flip(std::size_t record, std::size_t byte, unsigned bit) {
        if (sizes.empty() || sizes[record % sizes.size()] == 0) return;
        record %= sizes.size();
        log.flip_bit(the_partition, {static_cast<std::int64_t>(record)}, byte % sizes[record], bit);
    }
};

void step(Scene& scene, fuzz::Input& input) {
    switch (input.byte() % 8) {
        case 0: return scene.extend(claim_body());
        case 1: return scene.extend(input.take(input.number()));
        case 2: return scene.add_void(scene.old_head, claim_body());
        case 3: return scene.add_void(scene.void_head, input.take(input.number()));
        case 4: return scene.put(std::string(input.take(input.number())));
        case 5: return scene.extend(annul_body(input.byte()));
        case 6: return scene.add_void(sha256("nowhere"), claim_body());
        default: {
            const auto record = input.byte();
            const auto byte = input.number();
            return scene.flip(record, byte, input.byte() % 8);
        }
    }
}

// What the bare rule says of the records in front of `end`.
std::vector<Offset> counted_by_the_rule(Scene& scene, Offset end) {
    const auto page = scene.log.read(the_partition, {0}, SIZE_MAX);
    chain::Head head{chain::genesis(identity.id, the_partition)};
    std::vector<Offset> counted;
    for (const auto& record : page->records) {
        if (record.offset >= end) break;
        if (head.accept(record.bytes.view()) == chain::Verdict::accepted) counted.push_back(record.offset);
    }
    return counted;
}

// A scan shows what a read has gone through, judges it alike and ends where it ended.
void check_scan(Scene& scene, std::size_t bytes_max, const ChainReader& reader, std::size_t visited, const std::vector<Offset>& read) {
    auto scanner = ChainReader::open(scene.log, the_partition, std::nullopt);
    GRANARY_CHECK(scanner.has_value());
    std::vector<Offset> said;
    std::size_t seen = 0;
    const auto take = [&](const ScannedRecord& record) -> Result<bool> {
        GRANARY_CHECK(record.position.offset.number == static_cast<std::int64_t>(seen++) && record.hash == sha256(record.bytes));
        if (record.body != nullptr) said.push_back(record.position.offset);
        return true;
    };
    for (;;) {
        const auto shown = scanner->scan({INT64_MAX}, bytes_max, {}, take);
        if (!shown || *shown == 0) break;
    }
    GRANARY_CHECK(seen == visited && said == read);
    GRANARY_CHECK(scanner->anchor() == reader.anchor() && scanner->next() == reader.next() && scanner->void_count() == reader.void_count());
    GRANARY_CHECK(scanner->halted_at() == reader.halted_at());
}

void read_all(Scene& scene, std::size_t bytes_max) {
    auto reader = ChainReader::open(scene.log, the_partition, std::nullopt);
    GRANARY_CHECK(reader.has_value());
    std::vector<Offset> visited, read;
    std::size_t seen = 0;
    reader->visit_records([&](const ports::LogRecord& record, chain::Verdict verdict, const Digest& hash) {
        GRANARY_CHECK(record.offset.number == static_cast<std::int64_t>(seen++) && hash == sha256(record.bytes.view()));
        if (verdict == chain::Verdict::accepted) visited.push_back(record.offset);
    });
    for (;;) {
        const auto records = reader->read(bytes_max);
        if (!records || records->empty()) break;
        for (const auto& record : *records) read.push_back(record.position.offset);
    }
    GRANARY_CHECK(visited == counted_by_the_rule(scene, reader->next()));
    GRANARY_CHECK(std::ranges::includes(visited, read));
    check_scan(scene, bytes_max, *reader, seen, read);
    GRANARY_CHECK(reader->halted_at().has_value() || reader->next().number == static_cast<std::int64_t>(scene.sizes.size()));
    if (!reader->halted_at()) (void)reader->first_stray();
    // Whoever goes on from here finds the same; whoever was somewhere else does not.
    const auto anchor = reader->anchor();
    if (anchor.offset.number < 0) return;
    GRANARY_CHECK(ChainReader::open(scene.log, the_partition, anchor).has_value());
    GRANARY_CHECK(!ChainReader::open(scene.log, the_partition, ChainAnchor{anchor.offset, sha256("elsewhere")}).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t bytes_max = 1 + input.number();
    Scene scene;
    for (std::size_t i = 0; i < steps_max && !input.empty(); ++i) step(scene, input);
    read_all(scene, bytes_max);
    const auto verdict = verify_log(scene.log, {});
    GRANARY_CHECK(verdict.partitions.size() == 1);
    return 0;
}
