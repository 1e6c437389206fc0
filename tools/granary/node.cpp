// Starts the parts of a node from the log outwards.
#include "tools/granary/node.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "core/import_limits.hpp"
#include "core/privacy_limits.hpp"
#include "platform/adapters/api_key_file/api_key_file.hpp"
#include "platform/adapters/http_client/http_client.hpp"
#include "platform/adapters/kafka/kafka_group.hpp"
#include "platform/adapters/keys/key_store.hpp"
#include "platform/adapters/keys/sealer.hpp"
#include "platform/adapters/keys/shared_key_store.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/host/logging.hpp"
#include "platform/host/patience.hpp"
#include "projections/runtime/rebuild_limits.hpp"
#include "tools/granary/node_parts.hpp"

namespace granary::cli {
namespace {

constexpr Duration claim_deadline = seconds(60);
constexpr Duration claim_glance = milliseconds(500);  // between two looks at why claims don't come to count
constexpr Duration catch_up_deadline = seconds(600);
constexpr Duration operator_patience = milliseconds(500);  // of one look at a saga; a thread of the gateway waits
constexpr std::size_t state_cache_bytes = std::size_t{64} << 20;
constexpr std::size_t views_cache_bytes = std::size_t{192} << 20;
constexpr std::size_t write_buffers_bytes = std::size_t{192} << 20;  // of all stores together, so that the busy ones get most of it

// The stores stop later than the log: what is in it already must still find room.
Result<std::unique_ptr<ports::Store>> open_store_at(const std::string& path, std::size_t cache_bytes, bool derived, const NodeOptions& options,
                                                    std::shared_ptr<rocks::WriteBuffers> buffers, std::shared_ptr<const ports::Disk> disk) {
    rocks::StoreOptions store_options;
    store_options.write_buffers = std::move(buffers);
    store_options.path = path;
    store_options.block_cache_bytes = cache_bytes;
    store_options.disk = std::move(disk);
    store_options.disk_free_min_bytes = options.disk_free_min_bytes / 2;
    store_options.derived = derived;
    store_options.begun_afresh = [path](std::string_view why) { logging::write(logging::Level::error, "a store was damaged: it is made afresh from the log", {{"store", path}, {"why", why}}); };
    store_options.last_words = [](std::string_view why) { logging::write(logging::Level::error, "a store can't go on: ending", {{"why", why}}); };
    return rocks::open_store(store_options);
}

}  // namespace

Status Node::Parts::open_stores() {
    const auto& data = options.data;
    struct Wanted {
        std::unique_ptr<ports::Store>& store;
        std::string path;
        std::size_t cache_bytes;
        bool derived = false;  // from the log
    };
    const Wanted all[] = {
        {keys_store, data.keys() + "/store", state_cache_bytes / 8},      {state_store, data.state(), state_cache_bytes, true},
        {saga_store, data.sagas(), state_cache_bytes, true},              {views_store, data.views(), views_cache_bytes, true},
        {payment_book, data.house() + "/payments", state_cache_bytes / 8}, {carrier_book, data.house() + "/carrier", state_cache_bytes / 8},
    };
    const auto buffers = rocks::share_write_buffers(write_buffers_bytes);
    for (const auto& wanted : all) {
        auto opened = open_store_at(wanted.path, wanted.cache_bytes, wanted.derived, options, buffers, disk);
        if (!opened) return std::unexpected(opened.error());
        wanted.store = std::move(*opened);
    }
    return {};
}

// Which log it is says whose keys a node may use.
Status Node::Parts::open_log_first() {
    if (options.log.on_kafka()) options.log.counters = std::make_shared<kafka::LogCounters>();
    auto opened = open_log(options.log, {options.data.root.string(), options.partitions, disk, options.disk_free_min_bytes}, random);
    if (!opened) return std::unexpected(opened.error());
    log = std::move(*opened);
    return {};
}

Result<std::unique_ptr<ports::KeyStore>> Node::Parts::make_key_store() {
    if (options.cluster.alone()) return open_key_store(*keys_store, clock, random);
    auto secret = read_cluster_secret(options.cluster.secret_file);
    if (!secret) return std::unexpected(secret.error());
    cluster_secret = std::move(*secret);
    auto topic = open_key_topic(options.log);
    if (!topic) return std::unexpected(topic.error());
    key_topic = std::move(*topic);
    const auto notice = [](std::string_view what) { logging::write(logging::Level::warning, "keys", {{"notice", what}}); };
    // One question waits for three seconds at most, as suits a request. A start has more time: a leader may just be moving.
    return Patience(limits::kafka_open_deadline).ask([&] { return open_shared_key_store({*key_topic, *keys_store, clock, random, log->identity().id, cluster_secret, notice}); });
}

Status Node::Parts::open_keys() {
    auto opened = make_key_store();
    if (!opened) return std::unexpected(opened.error());
    keys = std::move(*opened);
    auto made = make_sealer(*keys, random);
    if (!made) return std::unexpected(made.error());
    sealer = std::move(*made);
    auto file = adapters::open_api_key_file(options.api_keys.empty() ? options.data.keys() : options.api_keys, clock, random,
                                            [](const Fault& why) { logging::write(logging::Level::error, "the API keys can't be read again", {{"why", why.message}}); });
    if (!file) return std::unexpected(file.error());
    api_keys = std::move(*file);
    return {};
}

Status Node::Parts::start_core() {
    constexpr Status (Parts::*steps[])() = {&Parts::start_cluster, &Parts::start_views, &Parts::start_commands};
    for (const auto step : steps) {
        if (auto done = (this->*step)(); !done) return done;
    }
    return {};
}

Status Node::Parts::start_cluster() {
    if (options.cluster.alone()) {
        if (options.roles.command && options.roles.gateway) return {};
        return fault(FaultCode::invalid_argument, "a node with some of the roles only needs others: --cluster-secret-file says who they are");
    }
    if (!options.log.on_kafka()) return fault(FaultCode::invalid_argument, "several nodes need a log that they share: --log kafka");
    auto started = Cluster::start(options.cluster, cluster_secret, *state_store, log->identity(), clock);
    if (!started) return std::unexpected(started.error());
    cluster = std::move(*started);
    return {};
}

Status Node::Parts::start_views() {
    projections::ProjectionHostOptions view_options{.log = *log, .store = *views_store, .clock = clock};
    view_options.begun_afresh = [](std::string_view why) { logging::write(logging::Level::error, "views were damaged: they are made afresh from the log", {{"why", why}}); };
    if (cluster) {
        view_options.claim_seen = [this](Position position, const envelope::ClaimT& claim) {
            cluster->owners().note(position.partition, {position.offset, claim.node, claim.url});
        };
    }
    auto folding = projections::ProjectionHost::start(std::move(view_options));
    if (!folding) return std::unexpected(folding.error());
    views = std::move(*folding);
    return {};
}

Status Node::Parts::start_commands() {
    command_side::CommandHostOptions host_options{
        .log = *log, .store = *state_store, .clock = clock, .disk = disk.get(), .node = options.name, .url = {}, .threads = options.command_threads};
    host_options.disk_free_min_bytes = options.disk_free_min_bytes;
    host_options.raise_format = !cluster;
    if (cluster) {
        host_options.url = cluster->url();
        host_options.hold_all = false;
        host_options.owners = &cluster->owners();
        host_options.held = &cluster->held();
        host_options.ask_to_let_go = cluster->ask_to_let_go();
    }
    auto host = command_side::CommandHost::start(std::move(host_options));
    if (!host) return std::unexpected(host.error());
    commands = std::move(*host);
    if (cluster) cluster->attach(*commands);
    return cluster ? Status() : wait_for_partitions();
}

Status Node::Parts::wait_for_partitions() {
    const auto until = clock.monotonic() + claim_deadline;
    while (!commands->wait_until_ready(claim_glance)) {
        for (const auto& partition : commands->status()) {
            if (partition.state == command_side::PartitionState::halted) return fault(FaultCode::halted, partition.reason);
            // Waiting sets no clock right; and as long as this node waits, nobody else takes what it should hold.
            if (partition.clock_off) return fault(FaultCode::unavailable, partition.reason);
        }
        if (clock.monotonic() > until) return why_not_ready();
    }
    return {};
}

Status Node::Parts::why_not_ready() const {
    for (const auto& partition : commands->status()) {
        if (partition.state == command_side::PartitionState::claiming && !partition.reason.empty()) return fault(FaultCode::timed_out, partition.reason);
    }
    return fault(FaultCode::timed_out, "not every partition could be claimed in a minute");
}

// Last: whoever holds partitions must be able to serve them.
Status Node::Parts::join_group() {
    if (!cluster || !options.roles.command) return {};
    auto settings = kafka_options(options.log);
    if (!settings) return std::unexpected(settings.error());
    auto group = kafka::make_group(*settings, options.name);
    if (!group) return std::unexpected(group.error());
    membership = std::move(*group);
    membership->join([this](const ports::Suggestion& suggestion) { commands->suggest(suggestion); });
    if (auto waited = wait_for_partitions(); !waited) return waited;
    // It may be given partitions later.
    clock_watch.begin(*commands, *membership);
    return {};
}

Status Node::Parts::start_houses() {
    if (options.payments_url.empty() != options.carrier_url.empty()) return fault(FaultCode::invalid_argument, "--payments-url and --carrier-url go together");
    if (!options.payments_url.empty()) return {};
    if (cluster) return fault(FaultCode::invalid_argument, "several nodes share one provider and one carrier: see `granary house`, --payments-url and --carrier-url");
    houses_client = http_client::make_http_client();
    const auto secret = keys->secret("callbacks");
    if (!secret) return std::unexpected(secret.error());
    house::HouseOptions common;
    common.clock = &clock;
    common.client = houses_client.get();
    common.callbacks.secret.assign(secret->begin(), secret->end());
    house::PaymentHouseOptions payment_options{.house = common};
    payment_options.house.store = payment_book.get();
    auto payment = house::PaymentHouse::start(std::move(payment_options));
    if (!payment) return std::unexpected(payment.error());
    payment_house = std::move(*payment);
    house::CarrierHouseOptions carrier_options{.house = common};
    carrier_options.house.store = carrier_book.get();
    carrier_options.pack_delay = carrier_options.ship_delay = carrier_options.deliver_delay = options.carrier_delay;
    auto parcels = house::CarrierHouse::start(std::move(carrier_options));
    if (!parcels) return std::unexpected(parcels.error());
    carrier_house = std::move(*parcels);
    return {};
}

// Each outside server has its own circuit breaker and its own share of calls, so that one that is down takes nothing along.
Status Node::Parts::reach_outside() {
    outside_client = http_client::make_http_client();
    to_provider = std::make_unique<GuardedHttpClient>(*outside_client, clock);
    to_carrier = std::make_unique<GuardedHttpClient>(*outside_client, clock);
    provider = house_payments::make_payment_provider(*to_provider, {.base_url = payment_house ? payment_house->url() : options.payments_url});
    carrier = house_carrier::make_carrier(*to_carrier, {.base_url = carrier_house ? carrier_house->url() : options.carrier_url});
    return {};
}

Status Node::Parts::start_sagas() {
    orders = std::make_unique<queries::OrderQueries>(query_source());
    for_persons = std::make_unique<AsideThread>("erasures", limits::erasures_waiting_max);
    persons = std::make_unique<queries::PersonDesk>(queries::PersonDeskOptions{
        *keys, *views, *orders, log->identity().partitions, [thread = for_persons.get()](AsideThread::Work work) { return thread->try_run(std::move(work)); },
        [](const Fault& why) { logging::write(logging::Level::error, "the key of somebody who was erased may be there again, and can't be destroyed", {{"why", why.message}}); }});
    auto host = sagas::SagaHost::start(
        {.log = *log, .store = *saga_store, .bus = bus(), .provider = *provider, .carrier = *carrier, .sealer = *sealer, .eraser = *persons, .clock = clock, .hold_all = !cluster,
         .clients_waiting = [bus = commands.get()] { return bus->clients_waiting(); }});
    if (!host) return std::unexpected(host.error());
    sagas = std::move(*host);
    if (cluster) cluster->held().listen([this](Partition partition, bool owned) { sagas->hold(partition, owned); });
    const auto catch_up = [this](Partition partition) { return sagas->catch_up(partition, operator_patience); };
    saga_admin = std::make_unique<sagas::SagaAdmin>(*saga_store, log->identity().partitions, bus(), catch_up);
    operations = std::make_unique<NodeOperations>(views->work(), *saga_admin);
    return {};
}

Status Node::Parts::start_integration() {
    if (!options.roles.integration) return {};
    auto started = IntegrationEvents::start(options.log, options.integration_prefix, *log, clock);
    if (!started) return std::unexpected(started.error());
    integration = std::move(*started);
    return {};
}

// The views must show what the log held when the node came up, or the first answers would be old.
Status Node::Parts::catch_up() {
    std::vector<Position> wanted;
    const Patience patience(limits::kafka_open_deadline);
    for (std::uint32_t i = 0; i < log->identity().partitions; ++i) {
        const auto end = patience.ask([&] { return log->end({i}); });
        if (!end) return std::unexpected(end.error());
        if (end->number > 0) wanted.push_back({{i}, {end->number - 1}});
    }
    // Small views that have nothing to serve yet are there in no time; large ones are not waited for, and asked for they say how far they are.
    const auto glance_until = clock.monotonic() + limits::upgrade_wait_at_start;
    while (views->is_missing_any() && clock.monotonic() < glance_until) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const auto deadline = clock.monotonic() + catch_up_deadline;
    const auto behind = [&] { return std::erase_if(wanted, [&](const Position& position) { return views->folded(position.partition) >= position.offset; }), !wanted.empty(); };
    while (behind()) {
        if (!views->status().halted.empty()) return std::unexpected(views->status().halted.front().why);
        if (clock.monotonic() > deadline) return fault(FaultCode::timed_out, "the views did not catch up with the log in ten minutes; delete DATA/views to build them afresh");
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return {};
}

Status Node::Parts::tell_houses() {
    if (!payment_house) return {};
    const std::string base = "http://" + server->address();
    payment_house->set_callback_url(base + "/v1/callbacks/payments");
    carrier_house->set_callback_url(base + "/v1/callbacks/carrier");
    return {};
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::start(const NodeOptions& options) {
    if (auto made = make_data_directory(options.data); !made) return std::unexpected(made.error());
    std::unique_ptr<Node> node(new Node(std::make_unique<Parts>(options)));
    constexpr Status (Parts::*steps[])() = {&Parts::open_stores, &Parts::open_log_first, &Parts::open_keys, &Parts::start_core, &Parts::start_houses,
                                            &Parts::reach_outside, &Parts::start_sagas, &Parts::start_integration, &Parts::start_gateway, &Parts::catch_up, &Parts::tell_houses,
                                            &Parts::join_group};
    for (const auto step : steps) {
        if (auto done = (*node->parts_.*step)(); !done) return std::unexpected(done.error());
    }
    return node;
}

std::string Node::url() const { return "http://" + parts_->server->address(); }

Status Node::stop(Duration deadline) {
    auto& parts = *parts_;
    const auto end = parts.clock.monotonic() + deadline;
    const auto left = [&] { return std::max(end - parts.clock.monotonic(), milliseconds(100)); };
    parts.clock_watch.end();
    // Others take over while this node still answers and forwards.
    if (parts.membership) parts.membership->leave();
    if (parts.cluster) parts.commands->suggest({});
    parts.server->stop(milliseconds(deadline.us / 3000));
    if (parts.payment_house) parts.payment_house->stop();
    if (parts.carrier_house) parts.carrier_house->stop();
    if (parts.cluster) parts.cluster->held().stop_listening();
    const Status published = parts.integration ? parts.integration->stop(left()) : Status();
    // Each part is stopped even when one before it was late; the first complaint is reported.
    const Status results[] = {parts.sagas->stop(left()), parts.commands->stop(left()), parts.views->stop(left()), published};
    if (parts.cluster) parts.cluster->stop();
    for (const auto& result : results) {
        if (!result) return result;
    }
    return {};
}

}  // namespace granary::cli
