// The plan of a seed: small or usual limits, mild trouble outside, and at which call the power goes each time.
#include "tests/faults/power/world.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/check.hpp"
#include "platform/adapters/rocksdb/log_database.hpp"
#include "platform/adapters/rocksdb/log_identity.hpp"
#include "tests/faults/disk/watch.hpp"
#include "tests/faults/machine/checks.hpp"
#include "tests/faults/machine/shop.hpp"
#include "tests/simulation/checks.hpp"

namespace granary::faults {
namespace {

constexpr std::size_t findings_max = 20;

class World {
  public:
    explicit World(const WorldOptions& options) : options_(options), shop_(options.seed, options.folder) {}

    WorldResult run();

  private:
    void draw_bounds();
    void arm();
    bool come_up();
    bool acknowledged_is_gone();
    bool told_by_reads();
    bool run_to_rest() { return shop_.run_to_rest(result_.findings); }
    bool survive();
    void check_after_loss();
    void check_at_rest();
    void check_rebuilt(const simulation::History& before);
    void tell(const std::string& what) const;
    bool sound() const { return result_.findings.empty(); }

    WorldOptions options_;
    Shop shop_;
    simulation::Schedule& schedule_ = shop_.schedule;
    simulation::Houses& houses_ = shop_.houses;
    Machine& machine_ = shop_.machine;
    Buyers& buyers_ = shop_.buyers;
    WorldResult result_;
};

void World::tell(const std::string& what) const {
    if (options_.tell) std::fprintf(stderr, "%12.6f %s\n", static_cast<double>(schedule_.now().us) / 1e6, what.c_str());
}

void World::draw_bounds() {
    simulation::Dice& dice = schedule_.dice();
    auto& bounds = machine_.bounds;
    bounds.partitions = static_cast<std::uint32_t>(dice.between(1, 4));
    if (dice.chance(700)) bounds.log_buffer_bytes = std::size_t{64} << 10;
    if (dice.chance(700)) bounds.store_buffer_bytes = std::size_t{64} << 10;
    bounds.unsettled_permille = dice.chance(300) ? 300 : 0;
    const auto shrink = [&](std::size_t& limit, std::int64_t most) {
        if (dice.chance(500)) limit = static_cast<std::size_t>(dice.between(1, most));
    };
    shrink(bounds.shard_aggregates_max, 12);
    shrink(bounds.shard.in_flight_max, 8);
    shrink(bounds.shard.checkpoint_commits_max, 10);
    bounds.shard.uncheckpointed_commits_max = std::min(bounds.shard.uncheckpointed_commits_max, 4 * bounds.shard.checkpoint_commits_max);
    shrink(bounds.runner.unwritten_instances_max, 3);
    shrink(bounds.views.batch_bytes, 8000);
    shrink(bounds.views.cache_bytes, 6000);
    const auto some = [&](std::uint32_t most) { return dice.chance(300) ? static_cast<std::uint32_t>(dice.between(1, most)) : 0U; };
    houses_.faults.unanswered = some(150);
    houses_.faults.slow = some(300);
    houses_.faults.callback_lost = some(200);
    houses_.faults.callback_twice = some(300);
}

// Early or late, at any call or at those that promise something.
void World::arm() {
    simulation::Dice& dice = schedule_.dice();
    constexpr std::uint64_t promises = bit(Call::sync) | bit(Call::sync_folder);
    constexpr std::uint64_t names = bit(Call::rename) | bit(Call::create) | bit(Call::remove) | bit(Call::link) | bit(Call::make_folder);
    constexpr std::uint64_t kinds[] = {0, 0, promises, promises | bit(Call::write), names};
    constexpr std::uint64_t most[] = {30, 300, 1500};
    Plan& disk = plan();
    disk.armed = 0;
    disk.kinds = kinds[dice.below(std::size(kinds))];
    disk.at = 1 + dice.below(most[dice.below(std::size(most))]);
    disk.times = 1;
    disk.deed = static_cast<std::uint64_t>(Deed::lose_power);
    disk.after = dice.below(2);
    disk.dies = 0;
    disk.seed = dice.roll();
    disk.matched = 0;
    disk.acted = 0;
    disk.match[0] = '\0';
    std::strncpy(disk.lies, options_.lies ? "log/db/*" : "", sizeof disk.lies - 1);
    disk.armed = 1;
}

bool World::come_up() {
    const auto started = machine_.start();
    if (plan().lost != 0) {
        ++result_.at_start;
        return false;
    }
    if (started) return true;
    if (options_.lies && acknowledged_is_gone()) ++result_.noticed;
    else result_.findings.push_back("does not start: " + started.error().message);
    return false;
}

// Looks past the high-water mark at what the log's files still hold: that a start was refused is right if they lack something.
bool World::acknowledged_is_gone() {
    rocks::LogOptions log;
    log.path = options_.folder + "/log";
    const auto identity = rocks::read_identity(log.path);
    if (!identity) return true;
    const auto database = rocks::LogDatabase::open(log, identity->id, rocks::LogDatabase::Mode::inspector);
    if (!database) return true;
    const std::scoped_lock lock(machine_.known().mutex);
    const auto& known = machine_.known().stored;
    for (std::uint32_t number = 0; number < known.size(); ++number) {
        const auto end = (*database)->end({number});
        if (!end || static_cast<std::size_t>(end->number) < known[number].size()) return true;
        for (Offset from{0}; from < *end;) {
            const auto records = (*database)->read({number}, from, *end, limits::log_read_bytes_max);
            if (!records) return true;
            from = records->back().offset.next();
        }
    }
    return false;
}

// A log whose newest records are there starts, though older ones may be gone with the file that held them: then whoever reads up to
// them must be told, in every partition that lacks one, and all that is read must be what was stored. False also when nothing is gone.
bool World::told_by_reads() {
    bool told = false;
    const std::scoped_lock lock(machine_.known().mutex);
    const auto& known = machine_.known().stored;
    for (std::uint32_t number = 0; number < known.size(); ++number) {
        const auto& stored = known[number];
        const auto lacks_some = [&](Offset from) { return static_cast<std::size_t>(from.number) < stored.size(); };
        const auto is_stored = [&](const ports::LogRecord& record) {
            const auto* expected = lacks_some(record.offset) && stored[static_cast<std::size_t>(record.offset.number)] ? &*stored[static_cast<std::size_t>(record.offset.number)] : nullptr;
            return expected == nullptr || expected->view() == record.bytes.view();
        };
        Offset from{0};
        auto page = machine_.log().read({number}, from, limits::log_read_bytes_max);
        for (; page && !page->records.empty(); page = machine_.log().read({number}, from, limits::log_read_bytes_max)) {
            if (!std::ranges::all_of(page->records, is_stored)) return false;
            from = page->next;
        }
        if (!page && page.error().code != FaultCode::corrupt) return false;
        if (page.has_value() == lacks_some(from)) return false;  // gone without a word, or missed though nothing is gone
        told = told || !page;
    }
    return told;
}

// What is left on the disk takes the place of what the process saw.
bool World::survive() {
    if (plan().lost == 0) lose_power_now();
    machine_.end();
    unwatch();
    plan().armed = 0;
    ++result_.losses;
    std::filesystem::remove_all(options_.folder);
    std::filesystem::rename(folder_after_loss(options_.folder), options_.folder);
    watch(options_.folder, Watching::durability);
    tell("power lost, for the " + std::to_string(result_.losses) + ". time");
    return sound();
}

void World::check_after_loss() {
    if (options_.lies && told_by_reads()) {
        ++result_.noticed;
        return;
    }
    const Records records = read_records(machine_.log(), result_.findings);
    result_.lost += check_known(records, machine_.known(), result_.findings);
    const auto history = read_history(records, machine_.log(), machine_.known(), result_.findings);
    result_.twice += check_told(history, buyers_, result_.findings);
    check_addresses(history, buyers_, machine_.sealer(), result_.findings);
    if (schedule_.dice().chance(250)) check_views(machine_, result_.findings);
}

void World::check_at_rest() {
    const Records records = read_records(machine_.log(), result_.findings);
    result_.lost += check_known(records, machine_.known(), result_.findings);
    const auto history = read_history(records, machine_.log(), machine_.known(), result_.findings);
    result_.twice += check_told(history, buyers_, result_.findings);
    result_.records = history.records;
    result_.commits = history.commits;
    result_.orders = buyers_.addresses().size();
    result_.acknowledged = static_cast<std::uint64_t>(std::ranges::count_if(buyers_.journal(), [](const auto& asked) { return asked.answered && asked.outcome == ports::CommandOutcome::accepted; }));
    check_addresses(history, buyers_, machine_.sealer(), result_.findings);
    simulation::check_stock(history, buyers_.journal(), world_begin + schedule_.now(), result_.findings);
    simulation::check_money(history, houses_, result_.findings);
    simulation::check_orders(history, houses_, result_.findings);
    simulation::check_sagas(history, result_.findings);
    check_views(machine_, result_.findings);
    if (sound()) check_rebuilt(history);
}

// Whatever is derived from the log is thrown away and made again: nothing may come of it that was not there, and nothing may happen.
void World::check_rebuilt(const simulation::History& before) {
    const auto stop_and_read = [&](std::map<std::string, Tables>& all) {
        if (const auto stopped = machine_.stop(); !stopped) result_.findings.push_back("does not stop: " + stopped.error().message);
        for (const std::string name : {"state", "sagas"}) all[name] = read_tables(options_.folder + "/" + name, result_.findings);
    };
    std::map<std::string, Tables> kept, fresh;
    stop_and_read(kept);
    for (const std::string name : {"state", "sagas", "views"}) std::filesystem::remove_all(options_.folder + "/" + name);
    if (!come_up() || !run_to_rest()) return;
    const auto after = read_history(read_records(machine_.log(), result_.findings), machine_.log(), machine_.known(), result_.findings);
    if (after.commits != before.commits) result_.findings.push_back("what was made afresh goes on to act: " + std::to_string(after.commits - before.commits) + " commits more");
    check_views(machine_, result_.findings);
    stop_and_read(fresh);
    for (const auto& [name, tables] : kept) compare_tables(name, tables, fresh[name], result_.findings);
}

WorldResult World::run() {
    std::filesystem::create_directories(options_.folder);
    draw_bounds();
    watch(options_.folder, Watching::durability);
    const auto losses = schedule_.dice().between(3, 9);
    for (std::int64_t i = 0; i < losses && sound(); ++i) {
        arm();
        if (come_up()) {
            if (i > 0) check_after_loss();
            if (result_.noticed != 0) break;
            buyers_.do_business();
            tell("business");
            if (sound() && plan().lost == 0) (void)run_to_rest();
        }
        if (!sound() || result_.noticed != 0 || !survive()) break;
    }
    houses_.faults = {};
    if (sound() && result_.noticed == 0 && come_up()) {
        check_after_loss();
        if (sound() && result_.noticed == 0 && run_to_rest()) check_at_rest();
    }
    machine_.end();
    unwatch();
    if (sound()) std::filesystem::remove_all(options_.folder);
    if (result_.findings.size() > findings_max) result_.findings.resize(findings_max);
    return std::move(result_);
}

}  // namespace

WorldResult run_world(const WorldOptions& options) { return World(options).run(); }

}  // namespace granary::faults
