// Each claim is recomputed from the bytes at hand; what two files say of the same thing must be the same.
#include "tools/proof_verifier/verifier.hpp"

#include <algorithm>
#include <set>

namespace verifier {
namespace {

constexpr std::size_t header_bytes = 44;  // magic 4, format 1, zeros 3, hash of the record in front 32, length of the rest 4
constexpr std::string_view magic{"GRNY\1\0\0\0", 8};

std::string name_of_sizes(std::uint64_t older, std::uint64_t newer) { return "that of " + std::to_string(newer) + " records goes on where that of " + std::to_string(older) + " ended"; }

void check_header(std::string_view record) {
    if (record.size() < header_bytes || !record.starts_with(magic)) throw Refused("the record has no header of a record");
    std::uint32_t length = 0;
    for (int i = 3; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(record[40 + static_cast<std::size_t>(i)]);
    if (length != record.size() - header_bytes) throw Refused("the length in the record's header is not the record's");
}

Hash hash_in_front(std::string_view record) {
    Hash hash{};
    std::copy_n(record.begin() + 8, hash.size(), hash.begin());
    return hash;
}

// What the first record of a partition extends: it is bound to the log's id.
Hash genesis_of(const Checkpoint& checkpoint) {
    const auto id = checkpoint.log.substr(checkpoint.log.rfind('/') + 1);
    return sha256("granary chain genesis 1 " + id + " " + std::to_string(checkpoint.partition));
}

}  // namespace

void Evidence::add(const std::string& name, std::string_view file) {
    try {
        const File parsed = parse_file(file, key_);
        take(parsed.checkpoints, name);
        for (const auto& consistency : parsed.consistencies) take(consistency, name);
        for (const auto& inclusion : parsed.inclusions) take(inclusion, name);
    } catch (const Refused& refused) {
        throw Refused(name + ": " + refused.what());
    }
}

void Evidence::note(const Checkpoint& checkpoint, const std::string& from) {
    if (partitions_ == 0) partitions_ = checkpoint.partitions;
    if (checkpoint.partitions != partitions_) throw Refused("the number of partitions of a log never changes, but " + checkpoint.origin() + " contradicts what was said before");
    if (checkpoint.size == 0 && checkpoint.root != sha256("")) throw Refused(checkpoint.origin() + " claims no records, with a root that is not that of nothing");
    const auto [at, fresh] = histories_[checkpoint.partition].try_emplace(checkpoint.size, Known{checkpoint.root, from, {}});
    if (!fresh && at->second.root != checkpoint.root) {
        throw Refused("TWO HISTORIES: of " + checkpoint.origin() + " at " + std::to_string(checkpoint.size) + " records this and " + at->second.from + " hold different signed roots. Keep both files: they are the evidence");
    }
}

void Evidence::take(const std::vector<Checkpoint>& checkpoints, const std::string& from) {
    for (std::size_t i = 0; i < checkpoints.size(); ++i) {
        if (checkpoints[i].partition != i) throw Refused("in place of partition " + std::to_string(i) + " stands " + checkpoints[i].origin());
        note(checkpoints[i], from);
    }
    if (!checkpoints.empty() && checkpoints.size() != partitions_) throw Refused("of " + std::to_string(partitions_) + " partitions there are only " + std::to_string(checkpoints.size()));
}

void Evidence::take(const Consistency& consistency, const std::string& from) {
    const auto& [older, newer, hashes] = consistency;
    if (older.origin() != newer.origin()) throw Refused("one proof speaks of " + older.origin() + " and of " + newer.origin());
    note(older, from);
    note(newer, from);
    if (older.size > newer.size) throw Refused(newer.origin() + " was cut: it had " + std::to_string(older.size) + " records and has " + std::to_string(newer.size));
    if (older.size == newer.size || older.size == 0) {
        if (!hashes.empty()) throw Refused(newer.origin() + ": there is nothing to prove, and yet a proof");
        return;
    }
    const Roots roots = roots_of(hashes, older.size, older.root, newer.size);
    if (roots.older != older.root || roots.newer != newer.root) throw Refused(newer.origin() + ": it is not so that " + name_of_sizes(older.size, newer.size));
    histories_[newer.partition].at(older.size).extended_by.push_back(newer.size);
}

void Evidence::take(const Inclusion& inclusion, const std::string& from) {
    const auto& checkpoint = inclusion.checkpoint;
    note(checkpoint, from);
    std::string data;
    for (int shift = 56; shift >= 0; shift -= 8) data += static_cast<char>(inclusion.offset >> shift & 0xFF);
    data.append(inclusion.record_hash.begin(), inclusion.record_hash.end());
    if (root_above(leaf_of(data), inclusion.index, checkpoint.size, inclusion.path) != checkpoint.root) throw Refused("the record is not in " + checkpoint.origin() + ", or not there");
    if (!inclusion.record.empty()) check_record(inclusion);
    const auto [at, fresh] = records_.try_emplace({checkpoint.partition, inclusion.index}, Proven{inclusion.record_hash, inclusion.record});
    if (!fresh && at->second.hash != inclusion.record_hash) throw Refused("TWO HISTORIES: another record was proven at the same place");
    if (at->second.record.empty()) at->second.record = inclusion.record;
    lines_.push_back("record " + std::to_string(checkpoint.partition) + ":" + std::to_string(inclusion.offset) + " is number " + std::to_string(inclusion.index) + " of " + checkpoint.origin() + ", SHA-256 " +
                     hex_of(inclusion.record_hash) + (inclusion.record.empty() ? ", withheld" : ", " + std::to_string(inclusion.record.size()) + " bytes"));
}

void Evidence::check_record(const Inclusion& inclusion) const {
    if (sha256(inclusion.record) != inclusion.record_hash) throw Refused("the record that is shown is not the one that was proven");
    check_header(inclusion.record);
    if (inclusion.index == 0 && hash_in_front(inclusion.record) != genesis_of(inclusion.checkpoint)) throw Refused("the first record of " + inclusion.checkpoint.origin() + " belongs to another log");
}

// Two checkpoints of one history are both beginnings of its newest one. That both extend a third shows nothing: histories fork.
void Evidence::check_growth(std::uint64_t partition, const BySize& history) const {
    const auto& [newest_size, newest] = *history.rbegin();
    std::set<std::uint64_t> begins_it{newest_size};
    for (auto at = history.rbegin(); at != history.rend(); ++at) {
        const auto& [size, known] = *at;
        if (std::ranges::any_of(known.extended_by, [&](std::uint64_t next) { return begins_it.contains(next); })) begins_it.insert(size);
        if (size == 0 || begins_it.contains(size)) continue;
        throw Refused("partition " + std::to_string(partition) + ": nothing here shows that " + name_of_sizes(size, newest_size) + " (" + known.from + ", " + newest.from + "): ask for `granary proof consistency`");
    }
}

// Records side by side are links of one chain.
void Evidence::check_links() const {
    for (const auto& [partition, history] : histories_) check_growth(partition, history);
    for (const auto& [place, proven] : records_) {
        const auto next = records_.find({place.first, place.second + 1});
        if (next == records_.end() || next->second.record.empty()) continue;
        if (hash_in_front(next->second.record) != proven.hash) throw Refused("record number " + std::to_string(next->first.second) + " of partition " + std::to_string(place.first) + " does not extend the one in front of it");
    }
}

std::vector<std::string> Evidence::conclusion() const {
    check_links();
    std::uint64_t records = 0;
    std::uint64_t grown = 0;
    for (const auto& [partition, history] : histories_) {
        records += history.rbegin()->first;
        grown += history.rbegin()->first - history.begin()->first;
    }
    std::vector<std::string> lines = lines_;
    lines.push_back("log " + key_.name + ": " + std::to_string(histories_.size()) + " of " + std::to_string(partitions_) + " partitions, " + std::to_string(records) + " records, " + std::to_string(grown) +
                    " of them since the oldest checkpoint, one history");
    return lines;
}

}  // namespace verifier
