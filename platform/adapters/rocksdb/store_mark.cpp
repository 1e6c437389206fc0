// Slot layout, little-endian: magic "GRSM" · version (4) · turn (8) · sequence (8) · number of the MANIFEST (8) · its bytes (8) · SHA-256
// of everything before (32). Slots start at multiples of 4096 bytes.
#include "platform/adapters/rocksdb/store_mark.hpp"

#include <fcntl.h>

#include <optional>
#include <string_view>
#include <utility>

#include "core/digest.hpp"

namespace granary::rocks {
namespace {

constexpr std::string_view magic("GRSM\1\0\0\0", 8);
constexpr std::size_t body_bytes = 40;
constexpr std::size_t slot_bytes = 4096;

struct Slot {
    std::uint64_t turn = 0;
    StoreClaim claim;
};

std::string path_in(const std::string& store_path) { return store_path + "/high-water-mark"; }

std::string encode(const Slot& slot) {
    std::string bytes(magic);
    for (const std::uint64_t number : {slot.turn, slot.claim.sequence, slot.claim.manifest.number, slot.claim.manifest.bytes}) {
        for (int i = 0; i < 8; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
    }
    bytes += sha256(bytes).view();
    return bytes;
}

std::uint64_t number_at(std::string_view bytes, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

std::optional<Slot> decode(std::string_view bytes) {
    if (bytes.size() < body_bytes) return std::nullopt;
    const auto number = [&](std::size_t i) { return number_at(bytes, magic.size() + 8 * i); };
    const Slot slot{number(0), {number(1), {number(2), number(3)}}};
    return bytes.starts_with(encode(slot)) ? std::optional(slot) : std::nullopt;
}

// nullopt: there is no file.
Result<std::optional<Slot>> newest_slot(const std::string& store_path) {
    const auto file = PosixFile::open(path_in(store_path), O_RDONLY);
    if (!file && file.error().code == FaultCode::not_found) return std::optional<Slot>();
    if (!file) return std::unexpected(file.error());
    const auto bytes = file->read_all();
    if (!bytes) return std::unexpected(bytes.error());
    std::optional<Slot> newest;
    for (std::size_t at = 0; at < bytes->size(); at += slot_bytes) {
        const auto slot = decode(std::string_view(*bytes).substr(at));
        if (slot && (!newest || slot->turn > newest->turn)) newest = slot;
    }
    if (!newest) return fault(FaultCode::corrupt, "the high-water mark " + file->path() + " is damaged, so nobody can say whether the store is complete");
    return newest;
}

}  // namespace

Result<StoreClaim> StoreMark::read(const std::string& store_path) {
    const auto slot = newest_slot(store_path);
    if (!slot) return std::unexpected(slot.error());
    return *slot ? (*slot)->claim : StoreClaim();
}

Result<std::unique_ptr<StoreMark>> StoreMark::open(const std::string& store_path) {
    auto slot = newest_slot(store_path);
    if (!slot) return std::unexpected(std::move(slot.error()));
    if (!*slot) {
        // Its full size from the start: later writes touch data only.
        std::string bytes = encode({0, {}});
        bytes.resize(slot_bytes, '\0');
        bytes += encode({1, {}});
        bytes.resize(2 * slot_bytes, '\0');
        if (auto made = write_file_atomically(path_in(store_path), bytes); !made) return std::unexpected(std::move(made.error()));
        *slot = Slot{1, {}};
    }
    auto file = PosixFile::open(path_in(store_path), O_RDWR);
    if (!file) return std::unexpected(std::move(file.error()));
    return std::unique_ptr<StoreMark>(new StoreMark(store_path, std::move(*file), (*slot)->turn, (*slot)->claim));
}

void StoreMark::write_locked() {
    if (failed_) return;
    ++turn_;
    failed_ = !file_.write_at(turn_ % 2 * slot_bytes, encode({turn_, claim_})).has_value();
}

void StoreMark::raise(std::uint64_t sequence) {
    const std::scoped_lock lock(mutex_);
    if (sequence <= claim_.sequence) return;
    claim_.sequence = sequence;
    write_locked();
}

void StoreMark::note_manifest() {
    const std::scoped_lock noting(manifest_mutex_);
    if (manifest_failed_) return;
    // Synced here: another change of it may be on its way, and this must not claim more than a loss of power leaves.
    const auto extent = sync_manifest_extent(store_path_, manifest_);
    manifest_failed_ = !extent.has_value();
    if (!extent || !manifest_.behind(*extent)) return;
    manifest_ = *extent;
    const std::scoped_lock lock(mutex_);
    claim_.manifest = *extent;
    write_locked();
}

}  // namespace granary::rocks
