// The log against what was heard of it, derived data against what the log says.
#include "tests/faults/machine/checks.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "command-side/runtime/checkpoint.hpp"
#include "core/digest.hpp"
#include "core/limits.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "sagas/runtime/saga_tables.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/fresh_views.hpp"

namespace granary::faults {
namespace {

std::string place_of(std::size_t partition, std::size_t offset) { return std::to_string(partition) + ":" + std::to_string(offset); }

// They say how far a folder is, and a restart alone moves them: each claims anew.
constexpr std::array<std::string_view, 2> positions{command_side::tables::shards, sagas::tables::positions};

}  // namespace

Records read_records(ports::Log& log, Findings& findings) {
    Records records(log.identity().partitions);
    for (std::uint32_t number = 0; number < records.size(); ++number) {
        for (Offset from{0};;) {
            auto page = log.read({number}, from, limits::log_read_bytes_max);
            if (!page) {
                findings.push_back("the log can't be read: " + page.error().message);
                break;
            }
            if (page->records.empty()) break;
            for (auto& record : page->records) records[number].push_back(std::move(record.bytes));
            from = page->next;
        }
    }
    return records;
}

simulation::History read_history(const Records& records, ports::Log& log, KnownRecords& known, Findings& findings) {
    const std::scoped_lock lock(known.mutex);
    const auto stored_at = [&](Position position) {
        const auto& record = records[position.partition.number][static_cast<std::size_t>(position.offset.number)];
        const auto found = known.handed.find(std::string(sha256(record.view()).view()));
        return found == known.handed.end() ? Duration{} : found->second;
    };
    return simulation::read_history(
        log.identity(), [&](Partition partition) -> const std::vector<SharedBytes>& { return records[partition.number]; }, stored_at, findings);
}

std::uint64_t check_known(const Records& records, KnownRecords& known, Findings& findings) {
    const std::scoped_lock lock(known.mutex);
    std::uint64_t lost = 0;
    for (std::size_t partition = 0; partition < records.size(); ++partition) {
        const auto& there = records[partition];
        const auto& stored = known.stored[partition];
        for (std::size_t i = 0; i < stored.size(); ++i) {
            if (!stored[i]) continue;
            if (i < there.size() && there[i].view() == stored[i]->view()) continue;
            ++lost;
            findings.push_back("LOST: the record at " + place_of(partition, i) + " was reported as stored; " + (i < there.size() ? "another one stands there" : "the log ends before it"));
        }
        for (std::size_t i = 0; i < there.size(); ++i) {
            if (!known.handed.contains(std::string(sha256(there[i].view()).view()))) findings.push_back("the record at " + place_of(partition, i) + " was never handed to the log");
        }
    }
    return lost;
}

std::uint64_t check_told(const simulation::History& history, const Buyers& buyers, Findings& findings) {
    std::set<CommandId> applied;
    std::uint64_t twice = 0;
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) twice += applied.insert(entry.commit.meta.command_id).second ? 0U : 1U;
    }
    simulation::check_streams(history, findings);
    simulation::check_answers(history, buyers.journal(), findings);
    return twice;
}

void check_addresses(const simulation::History& history, const Buyers& buyers, ports::Sealer& sealer, Findings& findings) {
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) {
            for (const auto& item : entry.commit.events) {
                const auto* event = std::get_if<orders::Event>(&item.event);
                const auto* placed = event == nullptr ? nullptr : std::get_if<orders::OrderPlacedT>(event);
                if (placed == nullptr) continue;
                const auto given = buyers.addresses().find(placed->order_id);
                const auto opened = placed->ship_to ? sealer.open(*placed->ship_to) : Result<std::optional<std::string>>(std::nullopt);
                const bool right = given != buyers.addresses().end() && opened && *opened && **opened == given->second;
                if (!right) findings.push_back("LOST: the address of order " + text_of(placed->order_id) + " can't be opened" + (opened ? "" : ": " + opened.error().message));
            }
        }
    }
}

void check_views(Machine& machine, Findings& findings) {
    while (machine.views().turn(true)) {}
    for (const auto& part : machine.views().status().halted) findings.push_back("a view is halted: " + part.why.message);
    const simulation::FreshViews fresh(machine.log(), findings);
    fresh.compare(machine.views_store(), machine.views().views(), "the machine", findings);
}

Tables read_tables(const std::string& folder, Findings& findings) {
    rocks::StoreOptions options;
    options.path = folder;
    const auto store = rocks::open_store(options);
    Tables tables;
    if (!store) {
        findings.push_back("a store can't be opened: " + store.error().message);
        return tables;
    }
    for (const auto& name : (*store)->tables()) {
        if (std::ranges::find(positions, name) != positions.end()) continue;
        auto& rows = tables[name];
        const auto scanned = (*store)->scan(name, "", "", [&](std::string_view key, std::string_view value) {
            rows.emplace(key, value);
            return true;
        });
        if (!scanned) findings.push_back("table " + name + " can't be read: " + scanned.error().message);
    }
    return tables;
}

void compare_tables(const std::string& whose, const Tables& kept, const Tables& fresh, Findings& findings) {
    for (const auto& [name, rows] : kept) {
        const auto again = fresh.find(name);
        if (again == fresh.end() || again->second.size() != rows.size()) {
            findings.push_back(whose + ", table " + name + ": " + std::to_string(rows.size()) + " rows, and " + std::to_string(again == fresh.end() ? 0 : again->second.size()) + " when it is made afresh");
            continue;
        }
        for (const auto& [key, value] : rows) {
            const auto same = again->second.find(key);
            if (same != again->second.end() && same->second == value) continue;
            findings.push_back(whose + ", table " + name + " has a row that is another one when it is made afresh");
            break;
        }
    }
}

}  // namespace granary::faults
