// The chain rule a second time, written from docs/architecture.md and not from core/chain.cpp.
#include "tests/simulation/history.hpp"

#include <cstring>
#include <utility>

#include "core/digest.hpp"
#include "core/json_writer.hpp"
#include "core/routing.hpp"

namespace granary::simulation {
namespace {

constexpr std::size_t header_size = 44;

std::string place_of(Partition partition, std::size_t offset) { return std::to_string(partition.number) + ":" + std::to_string(offset); }

}  // namespace

History read_history(const ports::LogIdentity& identity, const RecordsOf& records_of, const StoredAt& stored_at, Findings& findings) {
    History history;
    history.partitions.resize(identity.partitions);
    for (std::uint32_t number = 0; number < identity.partitions; ++number) {
        const Partition partition{number};
        Digest head = chain::genesis(identity.id, partition);
        const auto& records = records_of(partition);
        for (std::size_t i = 0; i < records.size(); ++i) {
            ++history.records;
            const std::string_view bytes = records[i].view();
            if (bytes.size() < header_size || bytes.substr(0, 4) != "GRNY") {
                findings.push_back("the record at " + place_of(partition, i) + " is none");
                continue;
            }
            if (std::memcmp(bytes.data() + 8, head.bytes.data(), head.bytes.size()) != 0) {
                ++history.voids;
                continue;
            }
            head = sha256(bytes);
            auto entry = decode_body(bytes.substr(header_size));
            if (!entry) {
                findings.push_back("the accepted record at " + place_of(partition, i) + " can't be decoded");
                continue;
            }
            if (std::holds_alternative<envelope::ClaimT>(*entry)) ++history.claims;
            auto* commit = std::get_if<Commit>(&*entry);
            if (commit == nullptr) continue;
            ++history.commits;
            if (partition_of(commit->meta.routing_key, identity.partitions) != partition) findings.push_back("the commit at " + place_of(partition, i) + " is in a wrong partition");
            const Position position{partition, {static_cast<std::int64_t>(i)}};
            history.partitions[number].push_back({position, std::move(*commit), stored_at(position)});
        }
    }
    return history;
}

History read_history(const Broker& log, Findings& findings) {
    return read_history(
        log.identity(), [&](Partition partition) -> const std::vector<SharedBytes>& { return log.records(partition); }, [&](Position position) { return log.stored_at(position); },
        findings);
}

std::string text_of(const History& history) {
    std::string text;
    for (const auto& partition : history.partitions) {
        for (const auto& [position, commit, stored_at] : partition) {
            text += granary::text_of(position) + " " + rfc3339_of(commit.meta.time) + " " + std::string(name_of(commit.stream().kind)) + " " + commit.meta.stream_key + " by " + commit.meta.actor + "\n";
            for (const auto& item : commit.events) {
                JsonWriter json;
                write_json(json, item.event);
                text += "    " + std::string(name_of(item.event)) + " " + json.take() + "\n";
            }
        }
    }
    return text;
}

}  // namespace granary::simulation
