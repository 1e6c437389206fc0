// Upgrades go node by node, killed in between as ever; the level is raised by an operator, now and then too early.
#include "tests/simulation/upheavals.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/chain.hpp"
#include "core/digest.hpp"

namespace granary::simulation {
namespace {

constexpr std::uint32_t old_level = 1, new_level = newest_format_level;

// Of the records of one partition: the hash after each accepted one, by the rule of the chain.
struct Accepted {
    std::size_t place = 0;
    Digest before, after;
};

std::vector<Accepted> accepted_of(const Broker& log, Partition partition) {
    std::vector<Accepted> all;
    Digest head = chain::genesis(log.identity().id, partition);
    const auto& records = log.records(partition);
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto header = chain::parse_header(records[i].view());
        if (!header || header->prev != head) continue;
        const Digest before = std::exchange(head, sha256(records[i].view()));
        all.push_back({i, before, head});
    }
    return all;
}

// One that extends the same record lost its race, or may still arrive, and would count instead: from the log alone nobody can
// tell (decision 0032).
bool has_rival(const Broker& log, const Accepted& one) { return log.sent_behind(one.before) > 1; }

}  // namespace

void Upheavals::plan(Duration span) {
    Dice& dice = around_.schedule.dice();
    if (dice.chance(250)) plan_upgrade(span);
    if (around_.log.keeps_prefixes && dice.chance(120)) plan_damage(span);
}

// -- upgrades --------------------------------------------------------------------------------------------------------------

void Upheavals::plan_upgrade(Duration span) {
    Dice& dice = around_.schedule.dice();
    upgrades_ = true;
    unmarked_ = old_level;
    Duration last;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        nodes_[i]->unmarked = unmarked_;
        nodes_[i]->release = dice.chance(800) ? old_level : new_level;
        if (nodes_[i]->release == new_level) continue;
        old_.push_back({nodes_[i]->url()});
        const Duration when = dice.between(milliseconds(1), span);
        last = std::max(last, when);
        around_.schedule.after(when, [this, i] { upgrade(i); });
    }
    // An operator who does not wait for the last node.
    const Duration when = dice.chance(250) ? dice.between(milliseconds(1), span) : last + dice.between(milliseconds(1), seconds(10));
    around_.schedule.after(when, [this] { raise_level(); });
}

void Upheavals::upgrade(std::size_t number) {
    Node& node = *nodes_[number];
    if (node.release == new_level) return;
    around_.schedule.trace("upgraded", {number});
    node.resume();
    if (around_.schedule.dice().chance(700)) node.shut_down();
    else node.crash(false);
    node.release = new_level;
    for (auto& old : old_) {
        if (old.node == node.url()) old.until = around_.schedule.now();
    }
    around_.schedule.after(around_.schedule.dice().between(milliseconds(5), seconds(5)), [&node] { node.start(); });
}

// As `granary log format --raise`, which writes behind whatever stands there.
void Upheavals::raise_level() {
    around_.schedule.trace("level raised");
    for (std::uint32_t number = 0; number < around_.log.identity().partitions; ++number) {
        // The tool looks, as owners do, whether it would bury anything.
        if (damage_ && damage_->position.partition.number == number) continue;
        const auto accepted = accepted_of(around_.log, {number});
        envelope::FormatT format;
        format.level = new_level;
        format.time = world_begin + around_.schedule.now();
        format.actor = "operator";
        const Digest head = accepted.empty() ? chain::genesis(around_.log.identity().id, {number}) : accepted.back().after;
        around_.log.put({number}, SharedBytes(chain::make_record(head, encode_body(LogEntry(std::move(format))))));
    }
}

// -- damage ----------------------------------------------------------------------------------------------------------------

void Upheavals::plan_damage(Duration span) {
    around_.schedule.after(around_.schedule.dice().between(seconds(1), span), [this] { change_a_record(); });
}

// All nodes lose their disks with it, so that whatever they do next they do after reading the changed record.
void Upheavals::change_a_record() {
    Dice& dice = around_.schedule.dice();
    const Partition partition{static_cast<std::uint32_t>(dice.below(around_.log.identity().partitions))};
    const auto accepted = accepted_of(around_.log, partition);
    if (accepted.size() < 3) return;
    // One with a successor: of the last one nobody can tell.
    const Accepted& one = accepted[dice.below(accepted.size() - 1)];
    const Position position{partition, {static_cast<std::int64_t>(one.place)}};
    const auto& records = around_.log.records(partition);
    if (has_rival(around_.log, one)) return;
    std::string bytes(records[one.place].view());
    const std::size_t byte = dice.below(bytes.size());
    bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << dice.below(8)));
    around_.schedule.trace("changed", {partition.number, one.place, byte});
    for (const auto& node : nodes_) {
        node->crash(true);
        node->lose_disk();
    }
    changed_ = Changed{around_.schedule.now(), Duration{INT64_MAX}};
    damage_ = Damage{position, records[one.place], one.before, records.size()};
    around_.log.replace(position, SharedBytes(std::move(bytes)));
    for (const auto& node : nodes_) around_.schedule.after(dice.between(milliseconds(5), seconds(3)), [&one_node = *node] { one_node.start(); });
}

// Whatever extends the record in front of the changed one takes its place, and that of everything behind it.
void Upheavals::look_for_burials() {
    const auto& records = around_.log.records(damage_->position.partition);
    for (std::size_t i = damage_->records; i < records.size(); ++i) {
        const auto header = chain::parse_header(records[i].view());
        if (!header || header->prev != damage_->head_before) continue;
        findings_.push_back("the record at " + text_of(Position{damage_->position.partition, {static_cast<std::int64_t>(i)}}) + " would bury what stands behind " + text_of(damage_->position) +
                            ", which was changed");
    }
}

void Upheavals::make_peace() {
    if (damage_) {
        look_for_burials();
        around_.log.replace(damage_->position, damage_->sound);
        damage_.reset();
        changed_->until = around_.schedule.now();
        // Whoever folded the changed record has nothing that is worth keeping.
        for (const auto& node : nodes_) {
            node->crash(false);
            node->lose_disk();
        }
    }
    if (!upgrades_) return;
    for (std::size_t i = 0; i < nodes_.size(); ++i) upgrade(i);
    raise_level();
}

}  // namespace granary::simulation
