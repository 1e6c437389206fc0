// RocksDB's log format (its wiki: "Write Ahead Log File Format"): blocks of 32 KiB; a record is checksum (4) · length (2) · type (1) ·
// payload, never split between blocks, and what is left of a block is filled with zeros where no header fits.
#include "platform/adapters/rocksdb/record_headers.hpp"

#include <algorithm>

namespace granary::rocks {
namespace {

constexpr std::uint64_t block_bytes = 32768;
constexpr std::uint64_t header_bytes = 7;
constexpr unsigned char type_max = 4;  // whole, first, middle, last; 0 is room that was set aside
constexpr unsigned char recycled_type_max = 8;  // the same four in a file that was used before

}  // namespace

Result<WalkedRecords> walk_records(const PosixFile& file, std::uint64_t from) {
    std::uint64_t end = from;
    for (std::uint64_t block_at = end / block_bytes * block_bytes;; block_at += block_bytes) {
        const auto block = file.read_at(block_at, block_bytes);
        if (!block) return std::unexpected(block.error());
        const auto byte = [&](std::uint64_t at) { return static_cast<unsigned char>((*block)[at]); };
        for (std::uint64_t at = std::max(end, block_at) - block_at; at + header_bytes <= block_bytes;) {
            if (at + header_bytes > block->size()) return WalkedRecords{end};
            const unsigned char type = byte(at + 6);
            if (type > type_max) return WalkedRecords{end, type <= recycled_type_max};
            const std::uint64_t next = at + header_bytes + byte(at + 4) + (std::uint64_t{byte(at + 5)} << 8);
            if (type == 0 || next > block->size()) return WalkedRecords{end};
            at = next;
            end = block_at + next;
        }
    }
}

}  // namespace granary::rocks
