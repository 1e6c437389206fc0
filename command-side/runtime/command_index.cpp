// Look-up of command ids, many at once.
#include "command-side/runtime/command_index.hpp"

namespace granary::command_side {

Result<std::vector<std::optional<RememberedCommand>>> CommandIndex::look_up(std::span<const CommandId> ids) const {
    std::vector<std::optional<RememberedCommand>> out(ids.size());
    std::vector<std::string> keys;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (const auto found = unwritten_.find(ids[i]); found != unwritten_.end()) {
            out[i] = found->second;
        } else {
            keys.push_back(command_key(partition_, ids[i]));
            places.push_back(i);
        }
    }
    if (keys.empty()) return out;
    const auto stored = store_->get_many(tables::command_ids, keys);
    if (!stored) return std::unexpected(stored.error());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto& bytes = (*stored)[i];
        if (!bytes) continue;
        const auto command = decode_remembered(*bytes);
        if (!command) return std::unexpected(command.error());
        out[places[i]] = *command;
    }
    return out;
}

void CommandIndex::remember(CommandId id, const RememberedCommand& command, ports::StoreBatch& batch) {
    // The first one stands: a log written by other means might hold an id twice.
    if (!unwritten_.try_emplace(id, command).second) return;
    batch.put(tables::command_ids, command_key(partition_, id), encode_remembered(command));
}

}  // namespace granary::command_side
