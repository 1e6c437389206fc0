// Builds and ends a life in the order in which the program does.
#include "tests/faults/machine/machine.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "core/check.hpp"
#include "core/limits.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "tests/faults/machine/no_eraser.hpp"
#include "tests/simulation/fuse.hpp"

namespace granary::faults {
namespace {

constexpr Duration settle_deadline = seconds(60);  // real time
constexpr std::size_t cache_bytes = std::size_t{1} << 20;

}  // namespace

struct Machine::Life {
    simulation::Fuse fuse;
    std::unique_ptr<ports::Store> keys_store, state, saga_store, views_store;
    std::unique_ptr<ports::KeyStore> keys;
    std::unique_ptr<ports::Sealer> sealer;
    NoEraser eraser;
    std::unique_ptr<TappedLog> log;
    std::unique_ptr<ports::PaymentProvider> provider;
    std::unique_ptr<ports::Carrier> carrier;
    std::unique_ptr<projections::ProjectionHost> views;
    std::unique_ptr<command_side::CommandHost> commands;
    std::unique_ptr<sagas::SagaHost> sagas;
};

Machine::Machine(simulation::Schedule& schedule, simulation::Houses& houses, std::string folder, std::uint64_t seed)
    : schedule_(schedule), houses_(houses), folder_(std::move(folder)), clock_(schedule), random_(seed ^ 0x4B1D) {}

Machine::~Machine() { end(); }

Status Machine::start() {
    if (life_) return {};
    if (known_.stored.empty()) known_.stored.resize(bounds.partitions);
    auto life = std::make_shared<Life>();
    next_look_ = {};
    if (auto opened = open_stores(*life); !opened) return opened;
    if (auto opened = open_log(*life); !opened) return opened;
    life_ = life;
    auto started = open_hosts(*life);
    if (!started) end();
    return started;
}

Status Machine::open_stores(Life& life) {
    struct Wanted {
        std::unique_ptr<ports::Store>& store;
        const char* where;
        bool derived = true;
    };
    const Wanted all[] = {{life.keys_store, "/keys/store", false}, {life.state, "/state"}, {life.saga_store, "/sagas"}, {life.views_store, "/views"}};
    for (const auto& [store, where, derived] : all) {
        rocks::StoreOptions options;
        options.path = folder_ + where;
        options.derived = derived;
        options.begun_afresh = [this](std::string_view) { ++begun_afresh_; };
        options.block_cache_bytes = cache_bytes;
        options.write_buffer_bytes = bounds.store_buffer_bytes;
        auto opened = rocks::open_store(options);
        if (!opened) return std::unexpected(opened.error());
        store = std::move(*opened);
    }
    auto keys = open_key_store(*life.keys_store, clock_, random_);
    if (!keys) return std::unexpected(keys.error());
    life.keys = std::move(*keys);
    auto sealer = make_sealer(*life.keys, random_);
    if (!sealer) return std::unexpected(sealer.error());
    life.sealer = std::move(*sealer);
    return {};
}

Status Machine::open_log(Life& life) {
    rocks::LogOptions options;
    options.path = folder_ + "/log";
    options.write_buffer_bytes = bounds.log_buffer_bytes;
    auto log = rocks::open_log(options);
    if (!log && log.error().code == FaultCode::not_found) {
        if (auto made = rocks::create_log(options, {uuid_v8(random_.bits()), bounds.partitions}); !made) return made;
        log = rocks::open_log(options);
    }
    if (!log) return std::unexpected(log.error());
    life.log = std::make_unique<TappedLog>(std::move(*log), known_, schedule_);
    return {};
}

Status Machine::open_hosts(Life& life) {
    const std::weak_ptr<Life> weak = life_;
    const auto inside = [weak](const std::function<void()>& what) {
        const auto alive = weak.lock();
        if (alive && !alive->fuse.blown()) what();
    };
    life.provider = houses_.provider(life.fuse, inside);
    life.carrier = houses_.carrier(life.fuse, inside);
    auto views = projections::ProjectionHost::start({.log = *life.log, .store = *life.views_store, .clock = clock_, .limits = bounds.views, .by_hand = true});
    if (!views) return std::unexpected(views.error());
    life.views = std::move(*views);
    auto commands = command_side::CommandHost::start({.log = *life.log, .store = *life.state, .clock = clock_, .node = "machine", .url = {}, .by_hand = true,
                                                      .shard_aggregates_max = bounds.shard_aggregates_max, .bounds = bounds.shard});
    if (!commands) return std::unexpected(commands.error());
    life.commands = std::move(*commands);
    auto sagas = sagas::SagaHost::start({.log = *life.log, .store = *life.saga_store, .bus = *life.commands, .provider = *life.provider, .carrier = *life.carrier,
                                         .sealer = *life.sealer, .eraser = life.eraser, .clock = clock_, .by_hand = true, .partition_instances_max = bounds.partition_instances_max,
                                         .bounds = bounds.runner});
    if (!sagas) return std::unexpected(sagas.error());
    life.sagas = std::move(*sagas);
    return {};
}

void Machine::end() {
    if (!life_) return;
    life_->fuse.blow();
    const auto life = std::exchange(life_, nullptr);
    life->sagas.reset();
    life->commands.reset();
    life->views.reset();
}

Status Machine::stop() {
    if (!life_) return {};
    const std::array stopped{life_->sagas->stop({}), life_->commands->stop({}), life_->views->stop({})};
    end();
    for (const auto& one : stopped) {
        if (!one) return one;
    }
    return {};
}

Duration Machine::turn() {
    Life& life = *life_;
    simulation::Dice& dice = schedule_.dice();
    Duration patience = seconds(60);
    const auto settle = [&] {
        if (!dice.chance(bounds.unsettled_permille)) GRANARY_CHECK(life.log->settle(settle_deadline));
        else patience = std::min(patience, milliseconds(1));
    };
    const bool again = life.commands->turn();
    if (again) patience = Duration{10};
    else if (!life.commands->quiet()) patience = std::min(patience, limits::shard_tick);
    settle();
    patience = std::min(patience, std::max(life.sagas->turn(), Duration{10}));
    settle();
    const bool look = schedule_.now() >= next_look_;
    if (look) next_look_ = schedule_.now() + seconds(1);
    if (life.views->turn(look)) patience = std::min(patience, Duration{10});
    return patience;
}

bool Machine::at_rest() {
    const auto pending = life_->sagas->pending();
    return life_->log->settle({}) && life_->commands->quiet() && pending.idle() && pending.instances == 0 && life_->views->status().lag_records == 0;
}

ports::CommandBus& Machine::bus() { return *life_->commands; }
TappedLog& Machine::log() { return *life_->log; }
ports::Sealer& Machine::sealer() { return *life_->sealer; }
ports::Store& Machine::views_store() { return *life_->views_store; }
std::vector<std::pair<ports::Store*, std::string>> Machine::stores() {
    return {{life_->keys_store.get(), "keys"}, {life_->state.get(), "state"}, {life_->saga_store.get(), "sagas"}, {life_->views_store.get(), "views"}};
}
projections::ProjectionHost& Machine::views() { return *life_->views; }
sagas::SagaHost& Machine::sagas() { return *life_->sagas; }
command_side::CommandHost& Machine::commands() { return *life_->commands; }

}  // namespace granary::faults
