// RocksDB's log format (its wiki: "Write Ahead Log File Format"): blocks of 32 KiB; a record is checksum (4) · length (2) · type (1) ·
// payload, never split between blocks, and what is left of a block is filled with zeros where no header fits.
#include "platform/adapters/rocksdb/manifest_extent.hpp"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "platform/adapters/rocksdb/posix_file.hpp"

namespace granary::rocks {
namespace {

constexpr std::uint64_t block_bytes = 32768;
constexpr std::uint64_t header_bytes = 7;
constexpr unsigned char type_max = 4;  // whole, first, middle, last; 0 is room that was set aside
constexpr std::string_view name_start = "MANIFEST-";

// "MANIFEST-000005\n"; nullopt for anything else.
std::optional<std::uint64_t> number_in(std::string_view current) {
    if (!current.starts_with(name_start) || !current.ends_with('\n')) return std::nullopt;
    const std::string_view digits = current.substr(name_start.size(), current.size() - name_start.size() - 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || number == 0) return std::nullopt;
    return number;
}

// From `end` on, where a record ends.
Result<std::uint64_t> whole_bytes(const PosixFile& file, std::uint64_t end) {
    for (std::uint64_t block_at = end / block_bytes * block_bytes;; block_at += block_bytes) {
        const auto block = file.read_at(block_at, block_bytes);
        if (!block) return std::unexpected(block.error());
        const auto byte = [&](std::uint64_t at) { return static_cast<unsigned char>((*block)[at]); };
        for (std::uint64_t at = std::max(end, block_at) - block_at; at + header_bytes <= block_bytes;) {
            if (at + header_bytes > block->size()) return end;
            const std::uint64_t next = at + header_bytes + byte(at + 4) + (std::uint64_t{byte(at + 5)} << 8);
            if (byte(at + 6) == 0 || byte(at + 6) > type_max || next > block->size()) return end;
            at = next;
            end = block_at + next;
        }
    }
}

// Of the file that CURRENT names, which is opened; nothing while there is none.
struct Manifest {
    std::uint64_t number = 0;
    PosixFile file;
};

Result<std::optional<Manifest>> open_manifest(const std::string& store_path) {
    const auto current = PosixFile::open(store_path + "/CURRENT", O_RDONLY);
    if (!current && current.error().code == FaultCode::not_found) return std::nullopt;
    if (!current) return std::unexpected(current.error());
    const auto name = current->read_all();
    if (!name) return std::unexpected(name.error());
    const auto number = number_in(*name);
    if (!number) return fault(FaultCode::corrupt, "the file " + current->path() + " does not name a MANIFEST");
    auto file = PosixFile::open(store_path + "/" + name->substr(0, name->size() - 1), O_RDONLY);
    if (!file) return std::unexpected(std::move(file.error()));
    return Manifest{*number, std::move(*file)};
}

}  // namespace

Result<ManifestExtent> read_manifest_extent(const std::string& store_path) {
    const auto manifest = open_manifest(store_path);
    if (!manifest) return std::unexpected(manifest.error());
    if (!*manifest) return ManifestExtent();
    const auto bytes = whole_bytes((*manifest)->file, 0);
    if (!bytes) return std::unexpected(bytes.error());
    return ManifestExtent{(*manifest)->number, *bytes};
}

Result<ManifestExtent> sync_manifest_extent(const std::string& store_path, const ManifestExtent& known) {
    auto manifest = open_manifest(store_path);
    if (!manifest) return std::unexpected(std::move(manifest.error()));
    if (!*manifest) return ManifestExtent();
    auto& [number, file] = **manifest;
    const auto bytes = whole_bytes(file, number == known.number ? known.bytes : 0);
    if (!bytes) return std::unexpected(bytes.error());
    if (auto synced = file.sync_data(); !synced) return std::unexpected(std::move(synced.error()));
    if (number != known.number) {
        // CURRENT was renamed, perhaps a moment ago.
        auto folder = PosixFile::open(store_path, O_RDONLY | O_DIRECTORY);
        if (!folder) return std::unexpected(std::move(folder.error()));
        if (auto synced = folder->sync_data(); !synced) return std::unexpected(std::move(synced.error()));
    }
    return ManifestExtent{number, *bytes};
}

}  // namespace granary::rocks
