// The MANIFEST is found as RocksDB finds it, and walked from record to record.
#include "platform/adapters/rocksdb/manifest_extent.hpp"

#include <fcntl.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "platform/adapters/rocksdb/posix_file.hpp"
#include "platform/adapters/rocksdb/record_headers.hpp"

namespace granary::rocks {
namespace {

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
    const auto walked = walk_records((*manifest)->file, 0);
    if (!walked) return std::unexpected(walked.error());
    return ManifestExtent{(*manifest)->number, walked->end};
}

Result<ManifestExtent> sync_manifest_extent(const std::string& store_path, const ManifestExtent& known) {
    auto manifest = open_manifest(store_path);
    if (!manifest) return std::unexpected(std::move(manifest.error()));
    if (!*manifest) return ManifestExtent();
    auto& [number, file] = **manifest;
    const auto walked = walk_records(file, number == known.number ? known.bytes : 0);
    if (!walked) return std::unexpected(walked.error());
    if (auto synced = file.sync_data(); !synced) return std::unexpected(std::move(synced.error()));
    if (number != known.number) {
        // CURRENT was renamed, perhaps a moment ago.
        auto folder = PosixFile::open(store_path, O_RDONLY | O_DIRECTORY);
        if (!folder) return std::unexpected(std::move(folder.error()));
        if (auto synced = folder->sync_data(); !synced) return std::unexpected(std::move(synced.error()));
    }
    return ManifestExtent{number, walked->end};
}

}  // namespace granary::rocks
