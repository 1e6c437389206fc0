// Nodes at rest: views equal to ones that are folded afresh, one owner for each partition, nothing left in hand.
#include <map>
#include <set>

#include "core/check.hpp"
#include "projections/runtime/projector.hpp"
#include "projections/runtime/view_registry.hpp"
#include "projections/views/table.hpp"
#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

using Rows = std::map<std::string, std::string>;

Rows rows_of(const ports::Store& store, const ports::ViewDirectory& views, std::string_view view) {
    Rows rows;
    const auto table = views.live_table(view);
    if (!table) return rows;
    const auto take = [&](std::string_view key, std::string_view value) {
        rows.emplace(key, value);
        return true;
    };
    (void)store.scan(*table, "", "", take);
    return rows;
}

void compare(const std::string& what, const Rows& live, const Rows& fresh, Findings& findings) {
    for (const auto& [key, value] : fresh) {
        const auto found = live.find(key);
        if (found == live.end()) findings.push_back(what + " lacks the row " + key);
        else if (found->second != value) findings.push_back(what + " has another row " + key);
    }
    for (const auto& [key, value] : live) {
        if (!fresh.contains(key)) findings.push_back(what + " has a row too many, " + key);
    }
}

}  // namespace

void check_views(const Broker& log, std::vector<std::unique_ptr<Node>>& nodes, Findings& findings) {
    Fuse fuse;
    NodeLog reading(const_cast<Broker&>(log), fuse, [] {});
    memory::MemoryStore store;
    auto registry = projections::ViewRegistry::open(store);
    GRANARY_CHECK(registry.has_value());
    auto projector = projections::Projector::open(reading, store, (*registry)->generations());
    GRANARY_CHECK(projector.has_value());
    if (const auto folded = (*projector)->catch_up(); !folded) {
        findings.push_back("the log can't be folded: " + folded.error().message);
        return;
    }
    for (const auto& part : (*projector)->halted()) findings.push_back("a fresh fold halts: " + part.why.message);
    for (const auto& view : views::all) {
        const Rows fresh = rows_of(store, **registry, view.name);
        for (const auto& node : nodes) compare("view " + std::string(view.name) + " of " + node->url(), rows_of(node->views_disk(), node->views().views(), view.name), fresh, findings);
    }
}

void check_rest(std::vector<std::unique_ptr<Node>>& nodes, Findings& findings) {
    std::map<std::uint32_t, std::uint32_t> owners;
    for (const auto& node : nodes) {
        if (!node->runs()) {
            findings.push_back(node->url() + " does not run");
            continue;
        }
        (void)node->commands().turn();  // what it tells of itself is a tick old otherwise
        for (const auto& status : node->commands().status()) {
            const std::string name = node->url() + ", partition " + std::to_string(status.partition.number) + ": ";
            if (status.state == command_side::PartitionState::halted) findings.push_back(name + "halted: " + status.reason);
            if (status.in_flight != 0 || status.queued != 0) findings.push_back(name + "commands are left in hand");
            if (status.state == command_side::PartitionState::owned) ++owners[status.partition.number];
        }
        for (const auto& status : node->sagas().status()) {
            if (status.halted) findings.push_back(node->url() + ": sagas are halted: " + status.reason);
            if (status.held && (status.runner.live != 0 || status.runner.open != 0)) {
                findings.push_back(node->url() + ": " + std::to_string(status.runner.live) + " sagas of partition " + std::to_string(status.partition.number) + " have not ended, " +
                                   std::to_string(status.runner.open) + " actions are open, " + std::to_string(status.runner.asked) + " of them asked");
            }
        }
        for (const auto& part : node->views().status().halted) findings.push_back(node->url() + ": a view is halted: " + part.why.message);
    }
    for (const auto& [partition, count] : owners) {
        if (count != 1) findings.push_back("partition " + std::to_string(partition) + " has " + std::to_string(count) + " owners");
    }
}

}  // namespace granary::simulation
