// Slot layout, little-endian: magic "GRHW" · version (4) · log id (16) · sequence (8) · partitions (4) · zero (4) ·
// per partition end (8) and head (32) · SHA-256 of everything before (32). Slots start at multiples of 4096 bytes.
#include "platform/adapters/rocksdb/high_water_mark.hpp"

#include <fcntl.h>

#include <cstring>
#include <optional>

#include "core/mutants.hpp"

namespace granary::rocks {
namespace {

constexpr std::string_view magic("GRHW\1\0\0\0", 8);
constexpr std::size_t header_bytes = 40;
constexpr std::size_t entry_bytes = 40;
constexpr std::size_t digest_bytes = 32;
constexpr std::size_t block_bytes = 4096;

std::size_t slot_bytes(std::uint32_t partitions) {
    const std::size_t used = header_bytes + entry_bytes * partitions + digest_bytes;
    return (used + block_bytes - 1) / block_bytes * block_bytes;
}

void append_le(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

std::uint64_t read_le(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

std::string encode(const ports::LogIdentity& identity, std::uint64_t sequence, const Marks& marks) {
    std::string slot(magic);
    const auto id = bytes_of(identity.id);
    slot.append(reinterpret_cast<const char*>(id.data()), id.size());
    append_le(slot, sequence, 8);
    append_le(slot, identity.partitions, 4);
    append_le(slot, 0, 4);
    for (const auto& mark : marks) {
        append_le(slot, static_cast<std::uint64_t>(mark.end.number), 8);
        slot += mark.head.view();
    }
    slot += sha256(slot).view();
    return slot;
}

struct Slot {
    std::uint64_t sequence = 0;
    Marks marks;
};

std::optional<Slot> decode(std::string_view bytes, const ports::LogIdentity& identity) {
    const std::size_t body = header_bytes + entry_bytes * identity.partitions;
    if (bytes.size() < body + digest_bytes) return std::nullopt;
    if (sha256(bytes.substr(0, body)).view() != bytes.substr(body, digest_bytes)) return std::nullopt;
    Slot slot{read_le(bytes.substr(24, 8)), Marks(identity.partitions)};
    for (std::size_t i = 0; i < slot.marks.size(); ++i) {
        const auto entry = bytes.substr(header_bytes + i * entry_bytes, entry_bytes);
        slot.marks[i].end = {static_cast<std::int64_t>(read_le(entry.substr(0, 8)))};
        std::memcpy(slot.marks[i].head.bytes.data(), entry.data() + 8, digest_bytes);
    }
    // Another log's slot, or another layout, would not come out the same.
    if (encode(identity, slot.sequence, slot.marks) != bytes.substr(0, body + digest_bytes)) return std::nullopt;
    return slot;
}

Result<Slot> newest_slot(const PosixFile& file, const ports::LogIdentity& identity) {
    const auto bytes = file.read_all();
    if (!bytes) return std::unexpected(bytes.error());
    const std::size_t size = slot_bytes(identity.partitions);
    const std::string_view view = *bytes;
    std::optional<Slot> newest;
    for (std::size_t i = 0; i < 2; ++i) {
        if (view.size() < (i + 1) * size) continue;
        auto slot = decode(view.substr(i * size, size), identity);
        if (slot && (!newest || slot->sequence > newest->sequence)) newest = std::move(slot);
    }
    if (!newest) {
        return fault(FaultCode::corrupt, "the high-water mark " + file.path() + " is damaged or belongs to another log, so nobody can say whether the log is complete; restore it and the log from a copy");
    }
    return std::move(*newest);
}

}  // namespace

std::string HighWaterMark::path_in(const std::string& log_path) { return log_path + "/high-water-mark"; }

Status HighWaterMark::create(const std::string& log_path, const ports::LogIdentity& identity) {
    const std::size_t size = slot_bytes(identity.partitions);
    // Its full size from the start: later syncs then touch data only, never the file's metadata.
    std::string bytes = encode(identity, 0, Marks(identity.partitions));
    bytes.resize(size, '\0');
    bytes += encode(identity, 1, Marks(identity.partitions));
    bytes.resize(2 * size, '\0');
    return write_file_atomically(path_in(log_path), bytes);
}

Result<Marks> HighWaterMark::read(const std::string& log_path, const ports::LogIdentity& identity) {
    const auto file = PosixFile::open(path_in(log_path), O_RDONLY);
    if (!file) return std::unexpected(file.error());
    auto slot = newest_slot(*file, identity);
    if (!slot) return std::unexpected(std::move(slot.error()));
    return std::move(slot->marks);
}

Result<HighWaterMark> HighWaterMark::open(const std::string& log_path, const ports::LogIdentity& identity, std::shared_ptr<LogProbe> probe) {
    auto file = PosixFile::open(path_in(log_path), O_RDWR);
    if (!file && file.error().code == FaultCode::not_found) {
        return fault(FaultCode::corrupt, "the high-water mark " + path_in(log_path) + " is missing, so nobody can say whether the log is complete; restore it and the log from a copy");
    }
    if (!file) return std::unexpected(std::move(file.error()));
    auto slot = newest_slot(*file, identity);
    if (!slot) return std::unexpected(std::move(slot.error()));
    return HighWaterMark(std::move(*file), identity, std::move(slot->marks), slot->sequence, std::move(probe));
}

Status HighWaterMark::write(const Marks& marks) {
    ++sequence_;
    const std::string slot = encode(identity_, sequence_, marks);
    if (probe_ && probe_->mark_write.fails()) return fault(FaultCode::io_error, "can't write " + file_.path() + ": made to fail");
    if (auto written = file_.write_at(sequence_ % 2 * slot_bytes(identity_.partitions), slot); !written) return written;
    if (probe_ && probe_->mark_sync.fails()) return fault(FaultCode::io_error, "can't sync " + file_.path() + ": made to fail");
    if (auto synced = GRANARY_MUTANT(mark_sync_skipped) ? Status() : file_.sync_data(); !synced) return synced;
    marks_ = marks;
    return {};
}

}  // namespace granary::rocks
