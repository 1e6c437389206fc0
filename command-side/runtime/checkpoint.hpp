// How the command side lies in its store: tables, keys and values. All of it can be rebuilt from the log.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/digest.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "core/stream.hpp"
#include "core/time.hpp"
#include "platform/host/chain_reader.hpp"

namespace granary::command_side::tables {

inline constexpr std::string_view shards = "shards";            // partition -> Checkpoint
inline constexpr std::string_view aggregates = "aggregates";    // kind, stream key -> version, state
inline constexpr std::string_view stock_parts = "stock_parts";  // stream key, 0, reservation id -> reservation
inline constexpr std::string_view command_ids = "command_ids";  // partition, command id -> RememberedCommand
inline constexpr std::string_view streams = "streams";          // kind, stream key, 0, first version -> position of the commit
inline constexpr std::array all = {shards, aggregates, stock_parts, command_ids, streams};

}  // namespace granary::command_side::tables

namespace granary::command_side {

// Numbers in keys and values are big-endian, so that keys sort as numbers do.

struct Checkpoint {
    ChainAnchor anchor;  // everything up to this accepted record is in the tables
    Time last_time;      // of the last commit
    std::uint32_t level = 0;  // of the last Format record; 0: there is none
};
std::string shard_key(Partition partition);
std::string encode_checkpoint(const Checkpoint& checkpoint);
Result<Checkpoint> decode_checkpoint(std::string_view bytes);

// Where a command's commit stands, and enough of its record's hash to notice that another stands there now.
struct RememberedCommand {
    Offset offset;
    std::uint64_t hash_start = 0;

    bool operator==(const RememberedCommand&) const = default;
};
std::uint64_t hash_start_of(const Digest& record_hash);
std::string command_key(Partition partition, CommandId id);
std::string encode_remembered(const RememberedCommand& command);
Result<RememberedCommand> decode_remembered(std::string_view bytes);

std::string aggregate_key(const StreamId& stream);
std::string encode_aggregate(std::uint64_t version, std::string_view state);
struct StoredAggregate {
    std::uint64_t version = 0;
    std::string_view state;  // into the bytes given
};
Result<StoredAggregate> decode_aggregate(std::string_view bytes);

std::string part_key(std::string_view stream_key, Uuid part);

// The history of one stream is the range from stream_index_key(stream, 0) to stream_index_end(stream), one entry per
// commit in order; it lags behind the log by what the checkpoint does.
std::string stream_index_key(const StreamId& stream, std::uint64_t first_version);
std::string stream_index_end(const StreamId& stream);
std::string encode_stream_position(Position position);
Result<Position> decode_stream_position(std::string_view bytes);

}  // namespace granary::command_side
