// `granary proof` and the trees behind it: on a log that grows, with void records in it, and on logs that were changed.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/chain.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "proofs/verified.hpp"
#include "schemas/commit.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "tools/granary/proofs/log_trees.hpp"
#include "tools/granary/proofs/proof_key.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

using memory::MemoryLog;

constexpr ports::LogIdentity identity{{7, 8}, 3};

// Chained records of one partition, with a void one now and then.
class Writer {
  public:
    Writer(MemoryLog& log, Partition partition) : log_(log), partition_(partition), head_(chain::genesis(log.identity().id, partition)) {}

    void write(int count, const std::string& what = "record") {
        for (int i = 0; i < count; ++i) {
            envelope::ClaimT claim;
            claim.node = what + std::to_string(written_++);
            claim.time = Time{1'000'000};
            const std::string record = chain::make_record(head_, encode_body(LogEntry(claim)));
            head_ = sha256(record);
            counted_.push_back(log_.inject(partition_, record));
            if (written_ % 4 == 0) log_.inject(partition_, chain::make_record(sha256("lost race"), encode_body(LogEntry(claim))));
        }
    }
    const std::vector<Offset>& counted() const { return counted_; }

  private:
    MemoryLog& log_;
    const Partition partition_;
    Digest head_;
    int written_ = 0;
    std::vector<Offset> counted_;
};

std::vector<proofs::Checkpoint> checkpoints_of(ports::Log& log) {
    LogTrees trees(log);
    REQUIRE(trees.grow(2, {}));
    return trees.checkpoints();
}

}  // namespace

TEST_CASE("log trees: what counts is in the tree, void records are not, and growing on is the same as beginning anew") {
    MemoryLog log(identity);
    Writer writer(log, {1});
    writer.write(10);
    LogTrees trees(log);
    REQUIRE(trees.grow(1, {}));
    CHECK(trees.checkpoints()[1].size == 10);
    CHECK(trees.checkpoints()[0].size == 0);
    CHECK(trees.checkpoints()[0].root == sha256(""));
    writer.write(7);
    Writer(log, {2}).write(3);
    REQUIRE(trees.grow(3, {}));
    CHECK(trees.checkpoints() == checkpoints_of(log));
    CHECK(trees.checkpoints()[1].size == 17);
}

TEST_CASE("log trees: each record that counts is proven under each later checkpoint, others are not there") {
    MemoryLog log(identity);
    Writer writer(log, {1});
    writer.write(6);
    const auto early = checkpoints_of(log)[1];
    writer.write(7);
    const auto late = checkpoints_of(log)[1];
    for (std::size_t i = 0; i < writer.counted().size(); ++i) {
        const Offset offset = writer.counted()[i];
        const auto proven = prove_record(log, offset, late);
        REQUIRE_MESSAGE(proven, proven.error().message);
        CHECK(proven->index == i);
        CHECK(proofs::includes(late.root, late.size, i, proofs::leaf_hash(offset, proven->hash), proven->path));
        const auto under_early = prove_record(log, offset, early);
        CHECK(under_early.has_value() == (i < early.size));
        if (!under_early) CHECK(under_early.error().code == FaultCode::invalid_argument);
    }
    const auto voided = prove_record(log, {4}, late);
    REQUIRE_FALSE(voided);
    CHECK(voided.error().code == FaultCode::not_found);
    const auto hashes = prove_consistency(log, early, late);
    REQUIRE_MESSAGE(hashes, hashes.error().message);
    CHECK(proofs::extends(early.root, early.size, late.root, late.size, *hashes));
}

TEST_CASE("log trees: a log that no longer holds what was signed is not signed again, and proves nothing") {
    MemoryLog log(identity);
    Writer(log, {1}).write(6);
    const auto signed_before = checkpoints_of(log);
    MemoryLog other(identity);
    Writer(other, {1}).write(9, "another");
    // Of several witnesses each is asked, also one that was away for a while and is behind.
    MemoryLog longer(identity);
    Writer(longer, {1}).write(6);
    MemoryLog early(identity);
    Writer(early, {1}).write(2);
    const auto behind = checkpoints_of(early);
    LogTrees sound(longer);
    REQUIRE(sound.expect(signed_before));
    REQUIRE(sound.expect(behind));
    CHECK(sound.grow(2, {}));
    MemoryLog forked(identity);
    Writer fork(forked, {1});
    fork.write(2);
    fork.write(7, "another");
    LogTrees both(forked);
    REQUIRE(both.expect(signed_before));
    REQUIRE(both.expect(behind));
    CHECK_FALSE(both.grow(2, {}));
    LogTrees changed(other);
    REQUIRE(changed.expect(signed_before));
    const auto grown = changed.grow(2, {});
    REQUIRE_FALSE(grown);
    CHECK(grown.error().code == FaultCode::corrupt);
    CHECK(grown.error().message.find("partition 1") != std::string::npos);
    CHECK_FALSE(prove_record(other, {0}, signed_before[1]));
    CHECK_FALSE(prove_consistency(other, signed_before[1], checkpoints_of(other)[1]));

    MemoryLog shorter(identity);
    Writer(shorter, {1}).write(5);
    LogTrees cut(shorter);
    REQUIRE(cut.expect(signed_before));
    CHECK_FALSE(cut.grow(2, {}));

    MemoryLog stranger({{7, 9}, 3});
    CHECK_FALSE(LogTrees(stranger).expect(signed_before));
}

namespace {

// A data directory with a log of so many records in partition 0, and what its verbs write beside it.
struct Place {
    explicit Place(int count) {
        REQUIRE(run("log create --partitions 2 --data " + data) == exit_fine);
        if (count > 0) grow(count);
    }
    void grow(int count, const std::string& what = "node ") {
        rocks::LogOptions options;
        options.path = data + "/log";
        const auto log = rocks::open_log(options);
        REQUIRE_MESSAGE(log, log.error().message);
        append(**log, count, what);
    }
    void append(ports::Log& log, int count, const std::string& what) {
        id = log.identity().id;
        if (head == Digest{}) head = chain::genesis(id, {0});
        std::vector<ports::LogAppend> appends;
        for (int i = 0; i < count; ++i) {
            envelope::ClaimT claim;
            claim.node = what + std::to_string(i);
            claim.time = Time{1'000'000};
            const std::string record = chain::make_record(head, encode_body(LogEntry(claim)));
            head = sha256(record);
            appends.push_back({{0}, "", SharedBytes(record), 0});
        }
        REQUIRE(log.append(std::move(appends)));
    }
    std::string file(const std::string& name) const { return folder.path() + "/" + name; }
    std::string key() const {
        SystemRandom random;
        const auto signing = open_signing_key(data + "/proof.key", id, random);
        REQUIRE_MESSAGE(signing, signing.error().message);
        return text_of(signing->verifier());
    }

    const tests::TemporaryFolder folder;
    const std::string data = folder.path() + "/data";
    Uuid id;
    Digest head;
};

}  // namespace

TEST_CASE("granary proof: checkpoints, a record and growth are proven with the key alone") {
    Place place(5);
    const std::string data = " --data " + place.data;
    CHECK(run("proof checkpoint" + data + " --out " + place.file("old")) == exit_fine);
    place.grow(4);
    CHECK(run("proof checkpoint" + data + " --out " + place.file("new")) == exit_fine);
    CHECK(run("proof event 0:3" + data + " --checkpoint " + place.file("new") + " --out " + place.file("record")) == exit_fine);
    CHECK(run("proof event 0:8" + data + " --without-record --out " + place.file("hash")) == exit_fine);
    CHECK(run("proof consistency " + place.file("old") + " " + place.file("new") + data + " --out " + place.file("growth")) == exit_fine);
    for (const char* file : {"old", "new", "record", "hash", "growth"}) {
        CHECK_MESSAGE(run("proof verify " + place.file(file) + " --key " + place.key()) == exit_fine, file);
    }
    CHECK(run("proof event 0:9" + data) == exit_found_wrong);
    CHECK(run("proof event 0:8" + data + " --checkpoint " + place.file("old")) == exit_usage);
    CHECK(run("proof event 99:1" + data) == exit_usage);
    CHECK(run("proof consistency " + place.file("new") + " " + place.file("old") + data) == exit_found_wrong);
    const auto other = proofs::SigningKey{proofs::key_name_of(place.id), {}}.verifier();
    CHECK(run("proof verify " + place.file("old") + " --key " + text_of(other)) == exit_found_wrong);
    CHECK(run("proof verify " + place.file("old") + " --key nonsense") == exit_usage);
    CHECK(run("proof verify " + place.file("missing") + " --key " + place.key()) == exit_found_wrong);
}

TEST_CASE("granary proof: a witness is asked first, and a log that contradicts it is not signed") {
    Place place(0);
    const std::string other_past = place.file("other");
    std::filesystem::copy(place.data, other_past, std::filesystem::copy_options::recursive);
    const std::string witnessed = " --key " + place.file("key") + " --witness " + place.file("witness");
    place.grow(5);
    CHECK(run("proof checkpoint --data " + place.data + witnessed) == exit_fine);
    place.grow(2);
    CHECK(run("proof checkpoint --data " + place.data + witnessed) == exit_fine);
    const auto kept = *read_whole_file(place.file("witness"), 1 << 20);
    // The same log with another past: what an attacker makes who has the disk and the key, but not the witness.
    std::filesystem::remove_all(place.data);
    std::filesystem::rename(other_past, place.data);
    place.head = {};
    place.grow(9, "another ");
    CHECK(run("proof checkpoint --data " + place.data + witnessed) == exit_found_wrong);
    CHECK(*read_whole_file(place.file("witness"), 1 << 20) == kept);
}

TEST_CASE("granary proof: the signing key is made once, for its owner only, and for one log") {
    Place place(1);
    SystemRandom random;
    const auto path = place.file("key");
    const auto made = open_signing_key(path, place.id, random);
    REQUIRE(made);
    CHECK((std::filesystem::status(path).permissions() & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) == std::filesystem::perms::none);
    CHECK(text_of(*open_signing_key(path, place.id, random)) == text_of(*made));
    CHECK(open_signing_key(path, {7, 9}, random).error().code == FaultCode::conflict);
    std::filesystem::permissions(path, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
    CHECK(open_signing_key(path, place.id, random).error().code == FaultCode::conflict);
    std::ofstream(place.file("rubbish")) << "PRIVATE+KEY+nothing";
    std::filesystem::permissions(place.file("rubbish"), std::filesystem::perms::owner_read);
    CHECK(open_signing_key(place.file("rubbish"), place.id, random).error().code == FaultCode::corrupt);
    CHECK(run("proof key --data " + place.data + " --key " + path) != exit_fine);
}

TEST_CASE("files are replaced whole, and a new one never replaces another") {
    const tests::TemporaryFolder folder;
    const std::string path = folder.path() + "/file";
    CHECK(read_whole_file(path, 10).error().code == FaultCode::not_found);
    REQUIRE(write_new_file(path, "first", 0600));
    CHECK(write_new_file(path, "second", 0600).error().code == FaultCode::conflict);
    CHECK(*read_whole_file(path, 10) == "first");
    REQUIRE(write_whole_file(path, "third, longer", 0600));
    CHECK(*read_whole_file(path, 100) == "third, longer");
    CHECK(read_whole_file(path, 10).error().code == FaultCode::corrupt);
    CHECK_FALSE(write_whole_file(folder.path() + "/missing/file", "x", 0600));
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()) == 1);
}

}  // namespace granary::cli
