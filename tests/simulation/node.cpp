// Builds and ends processes in the order in which the program does, and gives each part its turns.
#include "tests/simulation/node.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/check.hpp"
#include "platform/adapters/keys/sealer.hpp"
#include "platform/host/cluster/let_go_call.hpp"
#include "query-side/queries/person_desk.hpp"
#include "tests/simulation/front.hpp"

namespace granary::simulation {
namespace {

constexpr std::string_view secret = "a secret of at least thirty-two bytes";
constexpr Duration restart_pause = seconds(1);
constexpr Duration idle_busy = milliseconds(500);
constexpr Duration idle_calm = seconds(60);

// Gives commands to the bus behind it; what it carries wakes who is to act on it.
class WakingBus final : public ports::CommandBus {
  public:
    explicit WakingBus(std::function<void()> wake) : wake_(std::move(wake)) {}

    void submit(ports::CommandRequest request, std::function<void(ports::CommandAnswer)> done) override {
        wake_();
        behind->submit(std::move(request), [wake = wake_, done = std::move(done)](ports::CommandAnswer answer) {
            wake();
            done(std::move(answer));
        });
    }
    ports::CommandBus* behind = nullptr;

  private:
    std::function<void()> wake_;
};

}  // namespace

// In the order of building; ends in the opposite one.
struct Node::Life {
    explicit Life(std::function<void()> wake) : local(wake), door(std::move(wake)) {}

    Fuse fuse;
    std::unique_ptr<NodeLog> log;
    std::unique_ptr<HeldPartitions> holds;
    std::unique_ptr<OwnerDirectory> owners;
    std::unique_ptr<ports::Sealer> sealer;
    std::unique_ptr<ports::PaymentProvider> provider;
    std::unique_ptr<ports::Carrier> carrier;
    WakingBus local;  // to the shards of this node
    WakingBus door;   // to whoever owns the partition
    std::unique_ptr<ports::HttpClient> client;
    std::unique_ptr<PeerCalls> peers;
    std::unique_ptr<RoutingBus> bus;
    std::unique_ptr<PeerDesk> desk;
    std::unique_ptr<projections::ProjectionHost> views;
    std::unique_ptr<command_side::CommandHost> commands;
    std::unique_ptr<queries::OrderQueries> orders;
    std::unique_ptr<ports::PersonEraser> eraser;
    std::unique_ptr<sagas::SagaHost> sagas;
    std::unique_ptr<Front> front;
    bool again = false;
    bool more_to_fold = false;
};

Node::Node(Surroundings& around, std::uint32_t number)
    : clock(around.schedule), around_(around), number_(number), url_("http://node" + std::to_string(number) + ":1"), state_disk_(around.schedule), sagas_disk_(around.schedule),
      views_disk_(around.schedule) {}

Node::~Node() { end_life(); }

void Node::run_inside(const std::weak_ptr<Life>& life, std::function<void()> what) {
    auto run = [this, life, what = std::move(what)] {
        const auto alive = life.lock();
        if (!alive || alive != life_ || alive->fuse.blown()) return;
        what();
        wake();
    };
    if (paused_) waiting_.push_back(std::move(run));
    else run();
}

// A process may end right before what it has to do there.
bool Node::run_aside(const std::weak_ptr<Life>& life, std::function<void()> work) {
    Dice& dice = around_.schedule.dice();
    const Duration delay = dice.chance(900) ? dice.between(Duration{1}, milliseconds(5)) : dice.between(milliseconds(5), seconds(2));
    around_.schedule.after(delay, [this, life, work = std::move(work)] {
        run_inside(life, [life, work] {
            if (!life.lock()->fuse.stops()) work();
        });
    });
    return true;
}

void Node::start() {
    if (life_) return;
    ++lives_;
    around_.schedule.trace("start", {number_, lives_});
    life_ = std::make_shared<Life>([this] { wake(); });
    for (DiskStore* disk : {&state_disk_, &sagas_disk_, &views_disk_}) disk->belong_to(&life_->fuse);
    if (!build(*life_)) {
        around_.schedule.trace("start failed", {number_});
        end_life();
        around_.schedule.after(restart_pause, [this] { start(); });
        return;
    }
    connect(*life_);
    next_look_ = {};
    wake();
}

bool Node::build(Life& life) {
    const auto identity = around_.log.identity();
    const std::weak_ptr<Life> weak = life_;
    life.log = std::make_unique<NodeLog>(around_.log, life.fuse, [this] { wake(); });
    life.holds = std::make_unique<HeldPartitions>(identity.partitions);
    auto owners = OwnerDirectory::open(state_disk_, identity.partitions);
    if (!owners) return false;
    life.owners = std::move(*owners);
    auto sealer = make_sealer(*around_.keys, around_.random);
    GRANARY_CHECK(sealer.has_value());
    life.sealer = std::move(*sealer);
    const auto inside = [this, weak](std::function<void()> what) { run_inside(weak, std::move(what)); };
    life.provider = around_.houses.provider(life.fuse, inside);
    life.carrier = around_.houses.carrier(life.fuse, inside);
    life.client = around_.network.client(life.fuse, inside);
    life.peers = std::make_unique<PeerCalls>(*life.client, clock, std::string(secret));
    const auto note = [owner_book = life.owners.get()](Position position, const envelope::ClaimT& claim) {
        owner_book->note(position.partition, {position.offset, claim.node, claim.url});
    };
    auto view_limits = bounds.views;
    view_limits.format_level = release;
    auto shard_limits = bounds.shard;
    shard_limits.format_level = release;
    shard_limits.unmarked_level = unmarked;
    auto runner_limits = bounds.runner;
    runner_limits.format_level = release;
    auto views = projections::ProjectionHost::start({.log = *life.log, .store = views_disk_, .clock = clock, .limits = view_limits, .claim_seen = note, .by_hand = true});
    if (!views) return false;
    life.views = std::move(*views);
    const auto ask = [this, &life, identity](Partition partition, const std::string& whom, std::function<void(ports::LetGoAnswer)> done) {
        ask_to_let_go(*life.peers, identity, clock.now(), partition, whom, std::move(done));
    };
    auto commands = command_side::CommandHost::start({.log = *life.log, .store = state_disk_, .clock = clock, .disk = &disk_, .node = url_, .url = url_, .by_hand = true, .shard_aggregates_max = bounds.shard_aggregates_max,
                                                      .bounds = shard_limits, .hold_all = false,
                                                      .owners = life.owners.get(), .held = life.holds.get(), .ask_to_let_go = ask});
    if (!commands) return false;
    life.commands = std::move(*commands);
    life.local.behind = life.commands.get();
    life.bus = std::make_unique<RoutingBus>(RoutingBusOptions{&life.local, *life.holds, *life.owners, *life.peers, clock, identity, url_,
                                                              [this] { return membership_ ? membership_->peers() : std::vector<std::string>(); }});
    life.door.behind = life.bus.get();
    life.orders = std::make_unique<queries::OrderQueries>(queries::Source{views_disk_, life.views->views(), *life.views, *life.sealer, identity.partitions});
    life.eraser = std::make_unique<queries::PersonDesk>(queries::PersonDeskOptions{*around_.keys, *life.views, *life.orders, identity.partitions,
                                                                                    [this, weak](std::function<void()> work) { return run_aside(weak, std::move(work)); }});
    auto sagas = sagas::SagaHost::start({.log = *life.log, .store = sagas_disk_, .bus = life.door, .provider = *life.provider, .carrier = *life.carrier, .sealer = *life.sealer, .eraser = *life.eraser,
                                         .clock = clock, .hold_all = false, .by_hand = true, .partition_instances_max = bounds.partition_instances_max,
                                         .bounds = runner_limits});
    if (!sagas) return false;
    life.sagas = std::move(*sagas);
    open_front(life);
    return true;
}

void Node::open_front(Life& life) {
    const auto ready = [&life] {
        const auto status = life.views->status();
        std::string detail = "views are " + std::to_string(status.lag_records) + " records behind";
        for (const auto& partition : life.commands->status()) detail += partition.reason;
        for (const auto& partition : life.sagas->status()) detail += partition.reason;
        if (status.last_fault) detail += status.last_fault->message;
        return gateway::Readiness{life.commands->ready(), detail};
    };
    life.front = std::make_unique<Front>(FrontParts{*life.log, life.door, *life.views, views_disk_, sagas_disk_, *life.sagas, *life.sealer, *around_.keys, around_.people, clock, around_.random,
                                                    around_.log.identity().partitions, ready},
                                         front);
}

void Node::connect(Life& life) {
    const std::weak_ptr<Life> weak = life_;
    life.desk = std::make_unique<PeerDesk>(PeerDeskOptions{life.local, *life.holds, *life.owners, clock, around_.log.identity(), std::string(secret),
                                                           [&life](Partition partition, std::function<void(ports::LetGo)> reply) { life.commands->let_go(partition, std::move(reply)); }});
    life.holds->listen([&life, this](Partition partition, bool owned) {
        life.sagas->hold(partition, owned);
        wake();
    });
    around_.network.open(url_, [this, weak](std::string_view target, std::string_view signature, std::string_view body, std::function<void(PeerReply)> done) {
        const auto alive = weak.lock();
        if (!alive || paused_ || alive->fuse.blown()) return false;
        alive->desk->handle(target, signature, body, [weak, done = std::move(done)](PeerReply reply) {
            const auto still = weak.lock();
            if (still && !still->fuse.stops()) done(std::move(reply));
        });
        wake();
        return true;
    });
    // A new process joins anew; the group forgets the one before it.
    membership_ = around_.group.member(url_);
    membership_->join([this, weak](const ports::Suggestion& suggestion) {
        around_.schedule.trace("suggested", {number_, suggestion.member ? 1U : 0U, suggestion.partitions.size()});
        run_inside(weak, [weak, suggestion] { weak.lock()->commands->suggest(suggestion); });
    });
}

void Node::end_life() {
    if (!life_) return;
    life_->fuse.blow();
    if (life_->holds) life_->holds->stop_listening();
    around_.network.close(url_);
    for (DiskStore* disk : {&state_disk_, &sagas_disk_, &views_disk_}) disk->belong_to(nullptr);
    waiting_.clear();
    paused_ = false;
    // Nothing that still refers to it may find it while it is taken apart.
    const auto life = std::exchange(life_, nullptr);
    life->client.reset();
    life->front.reset();
    life->sagas.reset();
    life->commands.reset();
    life->views.reset();
}

void Node::crash(bool power) {
    if (!life_) return;
    around_.schedule.trace("crash", {number_, power ? 1U : 0U});
    end_life();
    if (power) {
        for (DiskStore* disk : {&state_disk_, &sagas_disk_, &views_disk_}) disk->lose_power();
    }
    // The group hears nothing any more, and notices after the session's time.
    around_.schedule.after(limits::group_session_timeout, [this, life = lives_] {
        if (life == lives_ && !life_) membership_.reset();
    });
}

void Node::shut_down() {
    if (!life_ || paused_) return;
    around_.schedule.trace("shut down", {number_});
    membership_.reset();
    (void)life_->sagas->stop({});
    (void)life_->commands->stop({});
    (void)life_->views->stop({});
    end_life();
}

void Node::lose_disk() {
    GRANARY_CHECK(!life_);
    around_.schedule.trace("disk lost", {number_});
    for (DiskStore* disk : {&state_disk_, &sagas_disk_, &views_disk_}) disk->lose_everything();
}

void Node::pause() {
    if (!life_ || paused_) return;
    around_.schedule.trace("pause", {number_});
    paused_ = true;
    life_->log->pause();
}

void Node::resume() {
    if (!life_ || !paused_) return;
    around_.schedule.trace("resume", {number_});
    paused_ = false;
    life_->log->resume();
    for (const auto& what : std::exchange(waiting_, {})) what();
    wake();
}

void Node::light_fuse(std::uint64_t effects) {
    if (life_) life_->fuse.light(effects);
}

void Node::set_write_faults(std::uint32_t permille) {
    for (DiskStore* disk : {&state_disk_, &sagas_disk_, &views_disk_}) disk->set_write_faults(permille);
}

void Node::fill_disk() {
    around_.schedule.trace("disk full", {number_});
    disk_.full = true;
    for (DiskStore* disk : {&state_disk_, &sagas_disk_, &views_disk_}) disk->set_full(true);
}

void Node::free_disk() {
    disk_.full = false;
    for (DiskStore* disk : {&state_disk_, &sagas_disk_, &views_disk_}) disk->set_full(false);
}

void Node::lose_session(bool knows) { around_.group.lose_session(url_, knows); }
void Node::regain_session() { around_.group.regain_session(url_); }

bool Node::submit(const ports::CommandRequest& request, std::function<void(ports::CommandAnswer)> done) {
    if (!life_) return false;
    const std::weak_ptr<Life> weak = life_;
    run_inside(weak, [weak, request, done = std::move(done)] {
        weak.lock()->door.submit(request, [weak, done](ports::CommandAnswer answer) {
            const auto alive = weak.lock();
            if (alive && !alive->fuse.stops()) done(std::move(answer));
        });
    });
    return true;
}

bool Node::request(http::Request request, std::function<void(http::Response)> done) {
    if (!life_) return false;
    const std::weak_ptr<Life> weak = life_;
    const auto held = std::make_shared<http::Request>(std::move(request));
    run_inside(weak, [weak, held, done = std::move(done)] {
        const auto answer = [weak, done](http::Response response) {
            const auto alive = weak.lock();
            if (alive && !alive->fuse.stops()) done(std::move(response));
        };
        weak.lock()->front->handle(std::move(*held), http::Responder(answer));
    });
    return true;
}

command_side::CommandHost& Node::commands() { return *life_->commands; }
sagas::SagaHost& Node::sagas() { return *life_->sagas; }
projections::ProjectionHost& Node::views() { return *life_->views; }
ports::Operations& Node::operations() { return life_->front->operations(); }

bool Node::at_rest() {
    if (!life_ || paused_) return false;
    if (life_->again || life_->more_to_fold || !life_->commands->quiet() || !life_->commands->ready()) return false;
    return life_->sagas->pending().idle() && life_->views->status().lag_records == 0;
}

// -- turns -----------------------------------------------------------------------------------------------------------------

void Node::wake() { plan_turn(around_.schedule.dice().between(Duration{1}, milliseconds(1))); }

void Node::plan_turn(Duration delay) {
    const Duration at = around_.schedule.now() + delay;
    if (turn_planned_ && next_turn_ <= at) return;
    turn_planned_ = true;
    next_turn_ = at;
    around_.schedule.at(at, [this, number = ++turn_number_] {
        if (number != turn_number_) return;
        turn_planned_ = false;
        turn();
    });
}

void Node::turn() {
    if (!life_ || paused_) return;
    const auto life = life_;
    Duration patience = around_.busy ? idle_busy : idle_calm;
    take_turns(*life, patience);
    if (life->fuse.blown()) {
        const bool power = around_.schedule.dice().chance(500);
        crash(power);
        around_.schedule.after(around_.schedule.dice().between(milliseconds(10), seconds(9)), [this] { start(); });
        return;
    }
    plan_turn(patience);
}

// Each thread of the program in turn, in any order; now and then one of them gets none.
void Node::take_turns(Life& life, Duration& patience) {
    Dice& dice = around_.schedule.dice();
    std::array<int, 3> order{0, 1, 2};
    for (std::size_t i = 2; i > 0; --i) std::swap(order[i], order[dice.below(i + 1)]);
    for (const int who : order) {
        if (life.fuse.blown()) return;
        if (dice.chance(150)) {
            patience = std::min(patience, milliseconds(1));
            continue;
        }
        if (who == 0) {
            life.again = life.commands->turn();
            if (life.again) patience = std::min(patience, Duration{10});
            else if (!life.commands->quiet()) patience = std::min(patience, limits::shard_tick);
        } else if (who == 1) {
            patience = std::min(patience, std::max(life.sagas->turn(), Duration{10}));
        } else if (dice.chance(views_idle)) {
            patience = std::min(patience, milliseconds(20));
        } else {
            const bool look = around_.schedule.now() >= next_look_;
            if (look) next_look_ = around_.schedule.now() + seconds(1);
            life.more_to_fold = life.views->turn(look);
            if (life.more_to_fold) patience = std::min(patience, Duration{10});
            const auto status = life.views->status();
            // Whoever waits for a view waits so long and no longer.
            if (status.waiting > 0) patience = std::min(patience, milliseconds(50));
            if (status.last_fault) patience = std::min(patience, limits::fold_retry_min);
        }
    }
}

}  // namespace granary::simulation
