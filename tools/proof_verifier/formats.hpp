// What the files look like: keys, checkpoints, proofs (docs/proofs.md). Reads strictly; throws Refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/proof_verifier/hashing.hpp"

namespace verifier {

constexpr std::size_t file_bytes_max = 32 * 1024 * 1024;
constexpr std::size_t hashes_max = 64;         // of one proof
constexpr std::size_t items_max = 4096;        // checkpoints, or proofs, of one file
constexpr std::size_t signatures_max = 100;    // of one checkpoint

// `NAME+KEYID+BASE64`
struct Key {
    std::string name;
    std::string id;  // four bytes
    Hash public_key{};
};
Key parse_key(std::string_view text);

struct Checkpoint {
    std::string log;  // `granary/LOG`, the name of the log's key
    std::uint64_t partition = 0;
    std::uint64_t partitions = 0;
    std::uint64_t size = 0;
    Hash root{};

    std::string origin() const { return log + "/" + std::to_string(partition) + "-of-" + std::to_string(partitions); }
};
// Only when it is signed with the key, and of the key's log.
Checkpoint parse_checkpoint(std::string_view note, const Key& key);

struct Inclusion {
    Checkpoint checkpoint;
    std::uint64_t index = 0;
    std::uint64_t offset = 0;
    Hash record_hash{};
    std::string record;  // empty: withheld
    std::vector<Hash> path;
};

struct Consistency {
    Checkpoint older;
    Checkpoint newer;
    std::vector<Hash> hashes;
};

// Exactly one of the three holds something.
struct File {
    std::vector<Checkpoint> checkpoints;
    std::vector<Inclusion> inclusions;
    std::vector<Consistency> consistencies;
};
// Form, signatures and identity are checked, hashes are not.
File parse_file(std::string_view text, const Key& key);

}  // namespace verifier
