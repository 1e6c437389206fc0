// Writing of checkpoints.
#include "command-side/runtime/checkpoint_writer.hpp"

#include "core/marks.hpp"
#include "core/mutants.hpp"

namespace granary::command_side {

Result<std::optional<Checkpoint>> CheckpointWriter::load() const {
    const auto bytes = store_->get(tables::shards, shard_key(partition_));
    if (!bytes) return std::unexpected(bytes.error());
    if (!*bytes) return std::nullopt;
    auto checkpoint = decode_checkpoint(**bytes);
    if (!checkpoint) return std::unexpected(std::move(checkpoint.error()));
    return *checkpoint;
}

void CheckpointWriter::note_commit(const Commit& commit, Offset offset, const Digest& hash, CommandIndex& index) {
    if (!GRANARY_MUTANT(command_id_forgotten)) {
        index.remember(commit.meta.command_id, {offset, hash_start_of(hash)}, batch_);
    }
    batch_.put(tables::streams, stream_index_key(commit.stream(), commit.meta.first_version), encode_stream_position({partition_, offset}));
    ++commits_;
}

void CheckpointWriter::note_record(Duration steady) {
    if (records_++ == 0) first_record_ = steady;
}

bool CheckpointWriter::due(Duration steady) const {
    if (records_ == 0 || steady < not_before_) return false;
    return commits_ >= bounds_.checkpoint_commits_max || steady - first_record_ >= bounds_.checkpoint_interval;
}

Status CheckpointWriter::write(const Checkpoint& checkpoint, Aggregates& aggregates, CommandIndex& index, Duration steady) {
    if (GRANARY_MUTANT(checkpoint_position_first)) {
        ports::StoreBatch position;
        position.put(tables::shards, shard_key(partition_), encode_checkpoint(checkpoint));
        if (auto written = store_->write(position, ports::Durability::process); !written) return written;
    }
    const std::size_t journal = batch_.changes.size();
    if (!GRANARY_MUTANT(checkpoint_without_state)) aggregates.collect(batch_);
    batch_.put(tables::shards, shard_key(partition_), encode_checkpoint(checkpoint));
    if (auto written = store_->write(batch_, ports::Durability::process); !written) {
        GRANARY_MARK(checkpoint_failed);
        batch_.changes.resize(journal);
        not_before_ = steady + limits::shard_retry;
        return written;
    }
    batch_.changes.clear();
    commits_ = records_ = 0;
    aggregates.all_written();
    index.all_written();
    ++written_;
    return {};
}

}  // namespace granary::command_side
