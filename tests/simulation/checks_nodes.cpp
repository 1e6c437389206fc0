// Nodes at rest: views equal to ones that are folded afresh, one owner for each partition, nothing left in hand.
#include <map>

#include "tests/simulation/checks.hpp"
#include "tests/simulation/fresh_views.hpp"

namespace granary::simulation {
void check_views(const Broker& log, std::vector<std::unique_ptr<Node>>& nodes, Findings& findings) {
    Fuse fuse;
    NodeLog reading(const_cast<Broker&>(log), fuse, [] {});
    FreshViews fresh(reading, findings);
    for (const auto& node : nodes) fresh.compare(node->views_disk(), node->views().views(), node->url(), findings);
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
