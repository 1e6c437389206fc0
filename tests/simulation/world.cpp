// The plan of a seed: how many nodes and partitions, which faults and how many, when they stop, and how long rest may take.
#include "tests/simulation/world.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/limits.hpp"
#include "tests/simulation/log_lines.hpp"
#include "tests/simulation/visitors.hpp"

namespace granary::simulation {
namespace {

// After the faults have stopped. The longest way to an end: a callback three days late, or parcels that are asked after.
constexpr Duration rest_max = hours(24 * 5);
constexpr Duration look_busy = milliseconds(500);
constexpr Duration look_calm = seconds(30);
constexpr std::uint64_t steps_max = 1'000'000;

class World {
  public:
    explicit World(const RunOptions& options)
        : around_(options.seed, static_cast<std::uint32_t>(Dice(options.seed ^ 0xA5).between(1, 4))), clients_(around_, nodes_), browser_(around_, nodes_), upheavals_(around_, nodes_),
          mix_(options.mix != nullptr ? *options.mix : all_mixes()[Dice(options.seed ^ 0x5A).below(all_mixes().size())]), visitors_(around_, browser_, mix_), workload_(around_, clients_, visitors_, mix_), seed_(options.seed) {
        around_.schedule.tell(options.tell);
        around_.call_back = [this](const Callback& callback) {
            if (!at_peace_) workload_.hear_of(callback);
            // All copies of one take the same way: the gateway makes ids of its own.
            if (callback.id.value.lo % 2 == 0) visitors_.call_back(callback);
            else clients_.tell(callback);
        };
        const auto count = around_.schedule.dice().between(1, 3);
        for (std::int64_t i = 0; i < count; ++i) nodes_.push_back(std::make_unique<Node>(around_, static_cast<std::uint32_t>(i)));
        for (const auto& node : nodes_) node->front = {.rate = {.per_second = 0}, .default_warehouse = "WH1"};
    }

    RunResult run();

  private:
    void draw_limits();
    void draw_faults();
    void plan_upsets();
    void upset(Node& node);
    void make_peace();
    bool come_to_rest();
    bool is_at_rest();
    void operate();
    void check(RunResult& result);
    Node& any_node() { return *nodes_[around_.schedule.dice().below(nodes_.size())]; }

    Surroundings around_;
    std::vector<std::unique_ptr<Node>> nodes_;
    Clients clients_;
    Browser browser_;
    Upheavals upheavals_;
    const Mix& mix_;
    Visitors visitors_;
    Workload workload_;
    const std::uint64_t seed_;
    Duration peace_;
    bool at_peace_ = false;
    Duration next_operation_;
    bool has_insisted_ = false;  // on erasures that wait
};

// In half of the worlds some of the limits are so small that they are met all the time.
void World::draw_limits() {
    Dice& dice = around_.schedule.dice();
    if (dice.chance(500)) return;
    const auto shrink = [&](std::size_t& limit, std::int64_t most) {
        if (dice.chance(500)) limit = static_cast<std::size_t>(dice.between(1, most));
    };
    shrink(around_.log.page_records_max, 12);
    for (const auto& node : nodes_) {
        auto& bounds = node->bounds;
        shrink(bounds.shard_aggregates_max, 12);
        shrink(bounds.shard.in_flight_max, 8);
        shrink(bounds.shard.deciding_batch_max, 4);
        shrink(bounds.shard.read_bytes, 4000);
        shrink(bounds.shard.checkpoint_commits_max, 10);
        bounds.shard.uncheckpointed_commits_max = std::min(bounds.shard.uncheckpointed_commits_max, 4 * bounds.shard.checkpoint_commits_max);
        if (dice.chance(300)) bounds.shard.checkpoint_interval = dice.between(milliseconds(1), seconds(60));
        shrink(bounds.partition_instances_max, 4);
        shrink(bounds.runner.read_bytes, 4000);
        shrink(bounds.runner.busy_min, 4);
        shrink(bounds.runner.waiting_max, 3);
        shrink(bounds.runner.open_actions_max, 6);
        shrink(bounds.runner.unwritten_instances_max, 3);
        if (dice.chance(300)) bounds.runner.persist_interval = dice.between(milliseconds(1), seconds(20));
        shrink(bounds.views.partition_bytes, 4000);
        shrink(bounds.views.batch_bytes, 8000);
        shrink(bounds.views.cache_bytes, 6000);
    }
}

// Each seed has a few kinds of trouble, each little or much; some have none.
void World::draw_faults() {
    Dice& dice = around_.schedule.dice();
    const auto some = [&](std::uint32_t most) { return dice.chance(350) ? static_cast<std::uint32_t>(dice.between(1, most)) : 0U; };
    around_.log.keeps_prefixes = dice.chance(500);
    auto& log = around_.log.faults;
    log.slow = some(200);
    log.offset_unknown = some(100);
    log.unknown_stored = some(60);
    log.unknown_late = some(40);
    log.unknown_lost = some(60);
    log.refused = some(60);
    log.twice = some(100);
    log.call_refused = some(60);
    log.read = some(60);
    auto& network = around_.network.faults;
    network.refused = some(150);
    network.lost = some(100);
    network.repeated = some(200);
    network.unanswered = some(100);
    network.slow = some(200);
    auto& houses = around_.houses.faults;
    houses.refused = some(200);
    houses.lost = some(100);
    houses.unanswered = some(200);
    houses.slow = some(400);
    if (dice.chance(300)) houses.latency_max = dice.between(milliseconds(100), seconds(3));
    houses.refuses_booking = some(200);
    houses.booking_told_late = some(600);
    houses.talkative = some(500);
    houses.callback_lost = some(300);
    houses.callback_twice = some(400);
    houses.callback_late = mix_.late_callbacks ? some(300) : 0;
    clients_.faults = {some(150), some(300), some(60)};
    browser_.faults = {some(100), some(150), some(200), some(40), some(200)};
    for (const auto& node : nodes_) {
        node->set_write_faults(some(60));
        node->views_idle = some(950);
        if (dice.chance(300)) node->clock.offset = dice.between(seconds(-20), seconds(20));
        if (dice.chance(300)) node->clock.drift_ppm = dice.between(-500, 500);
    }
}

void World::plan_upsets() {
    Dice& dice = around_.schedule.dice();
    const auto count = dice.below(mix_.upsets + 1);
    for (std::uint64_t i = 0; i < count; ++i) {
        around_.schedule.after(dice.between(milliseconds(1), mix_.span), [this] {
            if (!at_peace_) upset(any_node());
        });
    }
}

void World::upset(Node& node) {
    Dice& dice = around_.schedule.dice();
    const auto start_soon = [&] { around_.schedule.after(dice.between(milliseconds(5), seconds(9)), [&node] { node.start(); }); };
    switch (dice.below(9)) {
        case 0:
            node.crash(dice.chance(500));
            return start_soon();
        case 1:
            node.light_fuse(1 + dice.below(60));
            return;
        case 2:
            node.pause();
            around_.schedule.after(dice.between(milliseconds(10), seconds(15)), [&node] { node.resume(); });
            return;
        case 3:
            node.shut_down();
            return start_soon();
        case 4:
            node.lose_session(dice.chance(500));
            around_.schedule.after(dice.between(milliseconds(10), seconds(10)), [&node] { node.regain_session(); });
            return;
        case 5:
            node.clock.offset = dice.chance(400) ? dice.between(minutes(-3), minutes(3)) : dice.between(seconds(-5), seconds(5));
            return;
        case 6:
            node.crash(true);
            if (dice.chance(300)) node.lose_disk();
            return start_soon();
        case 7:
            node.fill_disk();
            around_.schedule.after(dice.between(milliseconds(500), seconds(20)), [&node] { node.free_disk(); });
            return;
        default: {
            node.pause();
            node.lose_session(false);
            around_.schedule.after(dice.between(seconds(1), seconds(20)), [&node] {
                node.resume();
                node.regain_session();
            });
            return;
        }
    }
}

void World::make_peace() {
    at_peace_ = true;
    around_.schedule.trace("peace");
    around_.log.faults = {};
    around_.network.faults = {};
    const auto late = std::exchange(around_.houses.faults, {});
    around_.houses.faults.callback_lost = late.callback_lost;  // some houses never get better
    clients_.faults = {};
    upheavals_.make_peace();
    browser_.faults = {};
    for (const auto& node : nodes_) {
        node->set_write_faults(0);
        node->free_disk();
        node->views_idle = 0;
        node->clock.offset = {};
        node->light_fuse(0);
        node->resume();
        node->regain_session();
        node->start();
    }
}

bool World::is_at_rest() {
    if (around_.schedule.now() < workload_.goes_on_until()) return false;
    if (clients_.open() != 0 || browser_.open() != 0 || around_.houses.callbacks_open() != 0) return false;
    for (const auto& node : nodes_) {
        if (!node->at_rest()) return false;
    }
    for (const auto& [id, shipment] : around_.houses.shipments()) {
        if (shipment.status < house::ParcelStatus::delivered) return false;
    }
    return std::ranges::all_of(nodes_, [](const auto& node) { return node->sagas().pending().instances == 0; });
}

// Whatever stands still until somebody looks at it is looked at.
void World::operate() {
    if (around_.schedule.now() < next_operation_) return;
    next_operation_ = around_.schedule.now() + minutes(5);
    std::uint64_t parked = 0;
    for (const auto& node : nodes_) {
        if (node->runs()) parked += node->sagas().pending().parked;
    }
    // An order that is stuck in a status without an end would be waited for longer than anybody watches.
    const bool is_late = around_.schedule.now() > peace_ + hours(24);
    const bool insists = is_late && !std::exchange(has_insisted_, true);
    if (parked == 0 && !insists) return;
    Findings told_later;
    const History history = read_history(around_.log, told_later);
    for (const auto& person : parked_erasures(history)) visitors_.let_erasure_go_on(person);
    if (insists) std::ranges::for_each(waiting_erasures(history), [&](const auto& person) { visitors_.insist_on_erasure(person); });
    for (const OrderId order : parked_instances(history)) {
        order_fulfilment::CompensateT compensate;
        compensate.order_id = order;
        compensate.reason = "operator";
        const bool compensates = around_.schedule.dice().chance(700);
        if (around_.schedule.dice().chance(500)) {
            visitors_.operate(order, compensates);
            continue;
        }
        if (compensates) {
            clients_.ask(order_fulfilment::Command(compensate));
            continue;
        }
        order_fulfilment::RetryT retry;
        retry.order_id = order;
        clients_.ask(order_fulfilment::Command(retry));
    }
}

bool World::come_to_rest() {
    Duration next_look = around_.schedule.now();
    while (around_.schedule.now() < peace_ + rest_max && around_.schedule.steps() < steps_max) {
        if (!around_.schedule.step()) return false;
        if (around_.schedule.now() < next_look) continue;
        around_.busy = clients_.open() != 0 || browser_.open() != 0 || around_.schedule.now() < peace_ + seconds(20);
        if (is_at_rest()) return true;
        operate();
        next_look = around_.schedule.now() + (around_.busy ? look_busy : look_calm);
    }
    return false;
}

void World::check(RunResult& result) {
    const History history = read_history(around_.log, result.findings);
    check_streams(history, result.findings);
    check_answers(history, clients_.journal(), result.findings);
    check_stock(history, clients_.journal(), world_begin + around_.schedule.now(), result.findings);
    check_money(history, around_.houses, result.findings);
    check_orders(history, around_.houses, result.findings);
    check_sagas(history, result.findings);
    check_rest(nodes_, result.findings);
    check_levels(around_.log, upheavals_.unmarked(), upheavals_.old_releases(), result.findings);
    result.findings.insert(result.findings.end(), upheavals_.findings().begin(), upheavals_.findings().end());
    result.unsettled = check_linear(history, clients_.journal(), browser_.exchanges(), result.findings);
    check_requests(history, browser_.exchanges(), upheavals_.changed(), result.findings);
    check_reading(history, browser_.exchanges(), visitors_.walks(), upheavals_.changed(), result.findings);
    check_access(history, around_.people, browser_.exchanges(), upheavals_.changed(), result.findings);
    check_erasures(history, *around_.keys, around_.people, browser_.exchanges(), result.findings);
    check_secrets({around_.log, nodes_, browser_.exchanges(), around_.people, upheavals_.changed(), around_.network.said(), take_log_lines()}, result.findings);
    if (result.findings.empty()) check_pages(history, nodes_, result.findings);
    if (result.findings.empty()) check_views(around_.log, nodes_, result.findings);
    if (around_.schedule.tells()) std::fputs(text_of(history).c_str(), stderr);
    result.records = history.records;
    result.voids = history.voids;
    result.claims = history.claims;
    result.commits = history.commits;
    result.requests = browser_.exchanges().size();
}

RunResult World::run() {
    RunResult result;
    result.seed = seed_;
    result.workload = mix_.name;
    draw_limits();
    draw_faults();
    upheavals_.plan(mix_.span);
    plan_upsets();
    for (const auto& node : nodes_) node->start();
    workload_.begin();
    peace_ = mix_.span + seconds(5);
    while (around_.schedule.now() < peace_ && around_.schedule.step()) {}
    make_peace();
    if (!come_to_rest()) {
        result.findings.push_back("does not come to rest: " + std::to_string(clients_.open() + browser_.open()) + " clients wait, after " +
                                  std::to_string((around_.schedule.now() - peace_).us / 1'000'000) + " s of peace");
    }
    // What nodes tell of themselves is a tick old.
    do {
        for (const Duration until = around_.schedule.now() + seconds(1); around_.schedule.now() < until && around_.schedule.step();) {}
    } while (!is_at_rest() && around_.schedule.now() < peace_ + rest_max && around_.schedule.steps() < steps_max);
    check(result);
    result.trace_hash = around_.schedule.trace_hash();
    result.steps = around_.schedule.steps();
    result.lasted = around_.schedule.now();
    return result;
}

}  // namespace

RunResult run_seed(const RunOptions& options) { return World(options).run(); }

}  // namespace granary::simulation
