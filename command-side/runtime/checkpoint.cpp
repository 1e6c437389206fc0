// Layout of the command side's tables.
#include "command-side/runtime/checkpoint.hpp"

#include <cstring>

namespace granary::command_side {
namespace {

constexpr char checkpoint_format = 1;
constexpr std::size_t checkpoint_bytes = 1 + 8 + 32 + 8 + 4;
constexpr std::size_t checkpoint_bytes_without_level = checkpoint_bytes - 4;  // as releases before the level wrote it

template <class Number>
void append_number(std::string& out, Number value) {
    for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

template <class Number>
Number read_number(std::string_view bytes) {
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) value = static_cast<Number>(value << 8 | static_cast<unsigned char>(bytes[i]));
    return value;
}

void append_signed(std::string& out, std::int64_t value) { append_number(out, static_cast<std::uint64_t>(value)); }
std::int64_t read_signed(std::string_view bytes) { return static_cast<std::int64_t>(read_number<std::uint64_t>(bytes)); }

void append_uuid(std::string& out, Uuid id) {
    append_number(out, id.hi);
    append_number(out, id.lo);
}

std::unexpected<Fault> damaged(std::string_view table) {
    return fault(FaultCode::corrupt, "an entry of the checkpoint table " + std::string(table) + " has an impossible form; delete the checkpoint, it is rebuilt from the log");
}

}  // namespace

std::string shard_key(Partition partition) {
    std::string key;
    append_number(key, partition.number);
    return key;
}

std::string encode_checkpoint(const Checkpoint& checkpoint) {
    std::string bytes(1, checkpoint_format);
    bytes.reserve(checkpoint_bytes);
    append_signed(bytes, checkpoint.anchor.offset.number);
    bytes += checkpoint.anchor.hash.view();
    append_signed(bytes, checkpoint.last_time.unix_us);
    append_number(bytes, checkpoint.level);
    return bytes;
}

Result<Checkpoint> decode_checkpoint(std::string_view bytes) {
    const bool has_level = bytes.size() == checkpoint_bytes;
    if ((!has_level && bytes.size() != checkpoint_bytes_without_level) || bytes.front() != checkpoint_format) return damaged(tables::shards);
    Checkpoint checkpoint;
    checkpoint.anchor.offset = {read_signed(bytes.substr(1))};
    std::memcpy(checkpoint.anchor.hash.bytes.data(), bytes.data() + 9, checkpoint.anchor.hash.bytes.size());
    checkpoint.last_time = {read_signed(bytes.substr(41))};
    if (has_level) checkpoint.level = read_number<std::uint32_t>(bytes.substr(49));
    return checkpoint;
}

std::uint64_t hash_start_of(const Digest& record_hash) { return read_number<std::uint64_t>(record_hash.view()); }

std::string command_key(Partition partition, CommandId id) {
    std::string key;
    key.reserve(20);
    append_number(key, partition.number);
    append_uuid(key, id.value);
    return key;
}

std::string encode_remembered(const RememberedCommand& command) {
    std::string bytes;
    bytes.reserve(16);
    append_signed(bytes, command.offset.number);
    append_number(bytes, command.hash_start);
    return bytes;
}

Result<RememberedCommand> decode_remembered(std::string_view bytes) {
    if (bytes.size() != 16) return damaged(tables::command_ids);
    return RememberedCommand{{read_signed(bytes)}, read_number<std::uint64_t>(bytes.substr(8))};
}

std::string aggregate_key(const StreamId& stream) {
    std::string key;
    key.reserve(1 + stream.key.size());
    key += static_cast<char>(stream.kind);
    key += stream.key;
    return key;
}

std::string encode_aggregate(std::uint64_t version, std::string_view state) {
    std::string bytes;
    bytes.reserve(8 + state.size());
    append_number(bytes, version);
    bytes += state;
    return bytes;
}

Result<StoredAggregate> decode_aggregate(std::string_view bytes) {
    if (bytes.size() < 8) return damaged(tables::aggregates);
    return StoredAggregate{read_number<std::uint64_t>(bytes), bytes.substr(8)};
}

std::string part_key(std::string_view stream_key, Uuid part) {
    std::string key;
    key.reserve(stream_key.size() + 17);
    key += stream_key;
    key += '\0';
    append_uuid(key, part);
    return key;
}

std::string stream_index_key(const StreamId& stream, std::uint64_t first_version) {
    std::string key;
    key.reserve(stream.key.size() + 10);
    key += static_cast<char>(stream.kind);
    key += stream.key;
    key += '\0';
    append_number(key, first_version);
    return key;
}

std::string stream_index_end(const StreamId& stream) {
    std::string key = aggregate_key(stream);
    key += '\1';
    return key;
}

std::string encode_stream_position(Position position) {
    std::string bytes;
    bytes.reserve(12);
    append_number(bytes, position.partition.number);
    append_signed(bytes, position.offset.number);
    return bytes;
}

Result<Position> decode_stream_position(std::string_view bytes) {
    if (bytes.size() != 12) return damaged(tables::streams);
    return Position{{read_number<std::uint32_t>(bytes)}, {read_signed(bytes.substr(4))}};
}

}  // namespace granary::command_side
