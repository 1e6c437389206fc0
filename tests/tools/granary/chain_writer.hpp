// Appends commits to a log in memory, as an owner would: each extends the chain of its partition.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/chain.hpp"
#include "core/routing.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "schemas/commit.hpp"

namespace granary::tests {

class ChainWriter {
  public:
    explicit ChainWriter(memory::MemoryLog& log) : log_(log) {}

    // All events as one commit of the stream, which goes on with the next version; one second after the last commit.
    Position commit(const StreamTarget& target, std::vector<Event> events) {
        auto& version = versions_[target.stream];
        Commit commit = commit_of(target, version + 1, std::move(events));
        version = commit.last_version();
        return append(partition_of(target.routing_key, log_.identity().partitions), encode_commit(commit));
    }
    // The same, with a version of the caller's choice.
    Position commit_at(const StreamTarget& target, std::uint64_t first_version, std::vector<Event> events) {
        return append(partition_of(target.routing_key, log_.identity().partitions), encode_commit(commit_of(target, first_version, std::move(events))));
    }
    // A record that extends something else: it does not count.
    Position void_commit(const StreamTarget& target, std::vector<Event> events) {
        const Partition partition = partition_of(target.routing_key, log_.identity().partitions);
        const auto body = encode_commit(commit_of(target, 1, std::move(events)));
        return {partition, log_.inject(partition, chain::make_record(sha256("lost race"), body))};
    }

    Time time() const { return time_; }
    static CommandId command(std::uint64_t number) { return {{7, number}}; }

  private:
    Commit commit_of(const StreamTarget& target, std::uint64_t first_version, std::vector<Event> events) {
        time_ = time_ + seconds(1);
        Commit commit;
        commit.meta.stream_kind = static_cast<std::uint8_t>(target.stream.kind);
        commit.meta.stream_key = target.stream.key;
        commit.meta.routing_key = target.routing_key;
        commit.meta.first_version = first_version;
        commit.meta.time = time_;
        commit.meta.command_id = command(++commands_);
        commit.meta.correlation = {{8, 1}};
        commit.meta.actor = "key_clerk";
        if (commands_ > 1) commit.meta.causation = event_id(command(commands_ - 1), 0);
        for (auto& event : events) commit.events.push_back({std::move(event), time_});
        return commit;
    }

    Position append(Partition partition, const std::string& body) {
        auto [head, added] = heads_.try_emplace(partition.number, chain::genesis(log_.identity().id, partition));
        std::string record = chain::make_record(head->second, body);
        head->second = sha256(record);
        return {partition, log_.inject(partition, std::move(record))};
    }

    memory::MemoryLog& log_;
    std::map<std::uint32_t, Digest> heads_;
    std::map<StreamId, std::uint64_t> versions_;
    std::uint64_t commands_ = 0;
    Time time_{1'700'000'000'000'000};
};

}  // namespace granary::tests
