// Streams and answers: what was committed, once and in order, and that it is what clients were told.
#include <algorithm>
#include <unordered_map>

#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

struct Found {
    Position position;
    std::uint64_t version = 0;  // after it
    std::uint64_t first = 0;    // of its own
    Fingerprint fingerprint;
};

std::unordered_map<CommandId, Found> commands_of(const History& history) {
    std::unordered_map<CommandId, Found> found;
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) found.emplace(entry.commit.meta.command_id, Found{entry.position, entry.commit.last_version(), entry.commit.meta.first_version, entry.commit.meta.fingerprint});
    }
    return found;
}

void check_told(const Asked& asked, const std::unordered_map<CommandId, Found>& commands, Findings& findings) {
    const auto found = commands.find(asked.id);
    const std::string what = std::string(name_of(asked.command)) + " " + text_of(asked.id) + ", said to be accepted at " + text_of(asked.position) + ", ";
    if (found == commands.end()) findings.push_back(what + "is not in the log");
    else if (found->second.position != asked.position) findings.push_back(what + "stands at " + text_of(found->second.position));
    else if (found->second.version != asked.version) findings.push_back(what + "made another version than was said");
    else if (asked.expected_version && found->second.first != *asked.expected_version + 1) findings.push_back(what + "was meant for another version");
    else if (!asked.fingerprint.is_nil() && found->second.fingerprint != asked.fingerprint) findings.push_back(what + "is another request's");
}

// In real time: whoever asks after another was answered is decided behind what that answer told of.
void check_order(const Journal& journal, std::uint32_t partitions, Findings& findings) {
    struct Moment {
        Duration at;
        const Asked* asked = nullptr;
        bool is_answer = false;
    };
    std::vector<Moment> moments;
    for (const auto& asked : journal) {
        if (!asked.answered) continue;
        moments.push_back({asked.first_sent, &asked, false});
        moments.push_back({asked.answered_at, &asked, true});
    }
    std::ranges::stable_sort(moments, [](const Moment& a, const Moment& b) { return a.at != b.at ? a.at < b.at : !a.is_answer && b.is_answer; });
    std::vector<Offset> known(partitions);
    std::unordered_map<const Asked*, Offset> before;
    for (const auto& [at, asked, is_answer] : moments) {
        auto& newest = known[asked->partition.number];
        if (!is_answer) {
            before[asked] = newest;
            continue;
        }
        const bool accepted = asked->outcome == ports::CommandOutcome::accepted;
        const bool looked = asked->outcome == ports::CommandOutcome::unchanged || (asked->outcome == ports::CommandOutcome::refused && asked->refusal != RefusalCode::key_reused);
        if ((accepted && asked->position.offset <= before[asked]) || (looked && asked->position.offset < before[asked])) {
            findings.push_back(std::string(name_of(asked->command)) + " " + text_of(asked->id) + " was answered from the past: at " + text_of(asked->position) + ", after " +
                               std::to_string(before[asked].number) + " was known");
        }
        newest = std::max(newest, asked->position.offset);
    }
}

}  // namespace

void check_streams(const History& history, Findings& findings) {
    std::unordered_map<CommandId, Position> commands;
    std::unordered_map<EventId, Time> events;
    std::unordered_map<StreamId, std::uint64_t> versions;
    for (const auto& partition : history.partitions) {
        Time last;
        for (const auto& [position, commit, stored_at] : partition) {
            const auto& meta = commit.meta;
            if (const auto [at, fresh] = commands.emplace(meta.command_id, position); !fresh) {
                findings.push_back("command " + text_of(meta.command_id) + " was applied twice, at " + text_of(at->second) + " and at " + text_of(position));
            }
            auto& version = versions[commit.stream()];
            if (commit.events.empty() || meta.first_version != version + 1) findings.push_back("stream " + meta.stream_key + " has a gap or a fork at " + text_of(position));
            version = commit.last_version();
            if (meta.time < last) findings.push_back("time goes back at " + text_of(position));
            last = meta.time;
            for (std::size_t i = 0; i < commit.events.size(); ++i) events.emplace(event_id(meta.command_id, i), meta.time);
        }
    }
    for (const auto& partition : history.partitions) {
        for (const auto& [position, commit, stored_at] : partition) {
            if (commit.meta.causation.is_nil()) continue;
            const auto cause = events.find(commit.meta.causation);
            if (cause == events.end()) findings.push_back("the commit at " + text_of(position) + " names a cause that is not in the log");
            else if (commit.meta.time < cause->second) findings.push_back("the commit at " + text_of(position) + " is older than its cause");
        }
    }
}

void check_answers(const History& history, const Journal& journal, Findings& findings) {
    const auto commands = commands_of(history);
    for (const auto& asked : journal) {
        const bool done = asked.outcome == ports::CommandOutcome::accepted || asked.outcome == ports::CommandOutcome::replayed;
        if (asked.answered && done) check_told(asked, commands, findings);
    }
    check_order(journal, static_cast<std::uint32_t>(history.partitions.size()), findings);
}

}  // namespace granary::simulation
