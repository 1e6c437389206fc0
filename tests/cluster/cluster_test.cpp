// Three nodes sell the same goods while partitions are handed over, nodes die, stall and come back, and answers get lost: no
// acknowledged command is lost, none counts twice, nothing is oversold, every saga ends, and all nodes see the same.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <random>
#include <set>
#include <shared_mutex>
#include <thread>

#include "platform/host/chain_reader.hpp"
#include "schemas/command_codec.hpp"
#include "tests/cluster/world.hpp"
#include "tests/projections/stores.hpp"

namespace granary::test {
namespace {

using ports::CommandAnswer;
using ports::CommandOutcome;

const WarehouseCode main_house = WarehouseCode::from_stored("main");
const Currency pounds = *parse_currency("GBP");
constexpr std::size_t skus = 4;

std::string sku_text(std::size_t number) { return "SKU-" + std::to_string(number % skus); }

Command stock_command(std::size_t number, std::int64_t quantity) {
    inventory::ReceiveStockT receive;
    receive.sku = Sku::from_stored(sku_text(number));
    receive.warehouse = main_house;
    receive.quantity = quantity;
    return inventory::Command(receive);
}

Command order_command(std::uint64_t number) {
    orders::PlaceOrderT place;
    place.order_id = {Uuid{10, number}};
    for (std::size_t i = 0; i < 2; ++i) {
        auto line = std::make_unique<orders::OrderLineT>();
        line->sku = Sku::from_stored(sku_text(number + i));
        line->quantity = 1;
        line->unit_price = {15000, pounds};
        place.lines.push_back(std::move(line));
    }
    place.currency = pounds.code;
    place.warehouse = main_house;
    place.country = CountryCode::from_stored("GB");
    place.payment_token = "tok_ok";
    return orders::Command(std::move(place));
}

// The nodes, and who may be up.
class Cluster {
  public:
    explicit Cluster(std::uint64_t seed) : around(seed), random_(seed) {
        for (std::size_t i = 0; i < 3; ++i) start(i);
    }
    ~Cluster() {
        for (auto& node : nodes_) node.reset();
    }

    // Any node that runs, and holds it there while `use` runs.
    void with_some_node(std::uint64_t pick, const std::function<void(ClusterNode&)>& use) {
        const std::shared_lock lock(nodes_mutex_);
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            auto& node = nodes_[(pick + i) % nodes_.size()];
            if (node) return use(*node);
        }
    }
    void for_all(const std::function<void(ClusterNode&)>& use) {
        const std::shared_lock lock(nodes_mutex_);
        for (auto& node : nodes_) use(*node);
    }

    // One fault or change, at random.
    void disturb() {
        const std::size_t victim = random_() % 3;
        switch (random_() % 4) {
            case 0: return restart(victim, true);
            case 1: return restart(victim, false);
            case 2:
                around.network.lose_answers(8);
                around.network.lose_calls(8);
                pause(100);
                around.network.lose_answers(0);
                around.network.lose_calls(0);
                return;
            default:
                with_some_node(victim, [](ClusterNode& node) { node.stall(); });
                pause(300);
                with_some_node(victim, [](ClusterNode& node) { node.wake(); });
        }
    }
    static void pause(int most_ms) { std::this_thread::sleep_for(std::chrono::milliseconds(most_ms)); }

    void restart(std::size_t which, bool in_order) {
        std::unique_ptr<ClusterNode> old;
        {
            const std::unique_lock lock(nodes_mutex_);
            old = std::move(nodes_[which]);
        }
        if (in_order) old->shut_down();
        old.reset();
        if (!in_order && random_() % 2 == 0) disks_[which] = std::make_unique<Disk>();  // its disk is lost
        start(which);
    }

    Surroundings around;

  private:
    void start(std::size_t which) {
        auto node = std::make_unique<ClusterNode>(around, *disks_[which], ++lives_, "http://node-" + std::to_string(which));
        const std::unique_lock lock(nodes_mutex_);
        nodes_[which] = std::move(node);
    }

    std::mt19937_64 random_;
    std::uint16_t lives_ = 0;
    std::array<std::unique_ptr<Disk>, 3> disks_{std::make_unique<Disk>(), std::make_unique<Disk>(), std::make_unique<Disk>()};
    std::shared_mutex nodes_mutex_;
    std::array<std::unique_ptr<ClusterNode>, 3> nodes_;
};

// Gives commands to any node until they are accepted, as a client with an Idempotency-Key does.
class Client {
  public:
    explicit Client(Cluster& cluster) : cluster_(cluster) {}

    CommandAnswer persist(const std::function<Command()>& make, CommandId id) {
        for (std::uint64_t attempt = 0; attempt < 2000; ++attempt) {
            CommandAnswer answer = ask(make(), id, id.value.lo + attempt);
            if (answer.outcome != CommandOutcome::unavailable && answer.outcome != CommandOutcome::unknown) return answer;
            Cluster::pause(10);
        }
        FAIL("no answer in 2000 attempts");
        return {};
    }

  private:
    CommandAnswer ask(Command command, CommandId id, std::uint64_t pick) {
        struct Waiting {
            std::mutex mutex;
            std::condition_variable arrived;
            std::optional<CommandAnswer> answer;
        };
        const auto waiting = std::make_shared<Waiting>();
        ports::CommandRequest request;
        request.command = std::move(command);
        request.id = id;
        request.actor = "tester";
        request.deadline = seconds(2);
        cluster_.with_some_node(pick, [&](ClusterNode& node) {
            node.bus().submit(std::move(request), [waiting](CommandAnswer answer) {
                const std::scoped_lock lock(waiting->mutex);
                REQUIRE_MESSAGE(!waiting->answer, "answered twice");
                waiting->answer = std::move(answer);
                waiting->arrived.notify_all();
            });
        });
        std::unique_lock lock(waiting->mutex);
        const bool answered = waiting->arrived.wait_for(lock, std::chrono::seconds(60), [&] { return waiting->answer.has_value(); });
        REQUIRE_MESSAGE(answered, "never answered");
        return std::move(*waiting->answer);
    }

    Cluster& cluster_;
};

struct History {
    std::map<CommandId, std::vector<Position>> commits;
    std::map<OrderId, std::string> last_of_order;  // name of its last event
    std::map<std::string, std::int64_t> reserved, sold, stocked;
    std::size_t claims = 0;
    std::uint64_t voids = 0;
    bool oversold = false;
};

void count_stock(History& history, const inventory::Event& event) {
    std::visit([&](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, inventory::StockReceivedT>) history.stocked[std::string(e.sku.view())] += e.quantity;
        if constexpr (std::is_same_v<E, inventory::StockReservedT>) history.reserved[std::string(e.sku.view())] += e.quantity;
        if constexpr (std::is_same_v<E, inventory::ReservationCommittedT>) {
            history.reserved[std::string(e.sku.view())] -= e.quantity;
            history.sold[std::string(e.sku.view())] += e.quantity;
        }
        if constexpr (std::is_same_v<E, inventory::ReservationReleasedT>) history.reserved[std::string(e.sku.view())] -= e.quantity;
    }, event);
    for (const auto& [sku, stocked] : history.stocked) history.oversold = history.oversold || history.reserved[sku] + history.sold[sku] > stocked;
}

History read_history(ports::Log& log) {
    History history;
    for (std::uint32_t i = 0; i < cluster_partitions; ++i) {
        auto reader = ChainReader::open(log, {i}, std::nullopt);
        REQUIRE(reader);
        while (true) {
            const auto records = reader->read(1 << 20);
            REQUIRE(records);
            if (records->empty()) break;
            for (const auto& record : *records) {
                if (std::holds_alternative<envelope::ClaimT>(record.entry)) ++history.claims;
                const auto* commit = std::get_if<Commit>(&record.entry);
                if (commit == nullptr) continue;
                history.commits[commit->meta.command_id].push_back(record.position);
                for (const auto& item : commit->events) {
                    if (const auto* stock = std::get_if<inventory::Event>(&item.event)) count_stock(history, *stock);
                    if (const auto* order = std::get_if<orders::Event>(&item.event)) {
                        std::visit([&](const auto& e) { history.last_of_order[e.order_id] = name_of(item.event); }, *order);
                    }
                }
            }
        }
        history.voids += reader->void_count();
    }
    return history;
}

void check_views_agree(Cluster& cluster) {
    std::vector<Position> ends;
    for (std::uint32_t i = 0; i < cluster_partitions; ++i) ends.push_back({{i}, {cluster.around.log.end({i})->number - 1}});
    std::vector<PositionVector> seen;
    cluster.for_all([&](ClusterNode& node) {
        for (int i = 0; i < 3000 && !std::ranges::all_of(ends, [&](Position p) { return node.views().folded(p.partition) >= p.offset; }); ++i) Cluster::pause(10);
        seen.push_back(node.views().age().positions);
    });
    for (const auto& positions : seen) CHECK(positions == seen.front());
}

void run(std::uint64_t seed, std::uint64_t order_count, int disturbances) {
    Cluster cluster(seed);
    Client client(cluster);
    std::map<CommandId, Position> acknowledged;
    std::mutex acknowledged_mutex;
    const auto persist = [&](const std::function<Command()>& make, CommandId id) {
        const auto answer = client.persist(make, id);
        if (answer.outcome == CommandOutcome::accepted || answer.outcome == CommandOutcome::replayed) {
            const std::scoped_lock lock(acknowledged_mutex);
            acknowledged[id] = answer.position;
        }
        return answer.outcome;
    };
    // Less than what is asked for: some orders must fail.
    for (std::size_t i = 0; i < skus; ++i) {
        CHECK(persist([&] { return stock_command(i, static_cast<std::int64_t>(order_count) / 2 - 5); }, {{1, i + 1}}) != CommandOutcome::refused);
    }
    std::atomic<std::uint64_t> next = 1;
    std::vector<std::jthread> buyers;
    for (int buyer = 0; buyer < 4; ++buyer) {
        buyers.emplace_back([&] {
            for (std::uint64_t number = next++; number <= order_count; number = next++) {
                persist([number] { return order_command(number); }, {{2, number}});
                Cluster::pause(1);
            }
        });
    }
    for (int i = 0; i < disturbances; ++i) {
        Cluster::pause(150);
        cluster.disturb();
    }
    buyers.clear();
    bool all_ended = false;
    for (int round = 0; round < 3000 && !all_ended; ++round) {
        for (auto& [id, command] : cluster.around.outside.move_parcels()) {
            // The carrier tells any node.
            persist([&command] { return *decode_command(name_of(command), encode_payload(command)); }, id);
        }
        const auto history = read_history(cluster.around.log);
        all_ended = history.last_of_order.size() == order_count && std::ranges::all_of(history.last_of_order, [](const auto& entry) {
            return entry.second == "order_delivered" || entry.second == "order_failed";
        });
        Cluster::pause(10);
    }
    CHECK_MESSAGE(all_ended, "some order never ended");
    const auto history = read_history(cluster.around.log);
    for (const auto& [id, positions] : history.commits) CHECK(positions.size() == 1);
    for (const auto& [id, position] : acknowledged) {
        REQUIRE(history.commits.contains(id));
        CHECK(history.commits.at(id).front() == position);
    }
    CHECK(acknowledged.size() >= order_count + skus);
    CHECK_FALSE(history.oversold);
    for (const auto& [sku, reserved] : history.reserved) CHECK(reserved == 0);
    const auto book = cluster.around.outside.payments();
    CHECK(book.faults == 0);
    CHECK(book.open_authorizations() == 0);
    check_views_agree(cluster);
    std::uint64_t forwarded = 0;
    cluster.for_all([&](ClusterNode& node) { forwarded += node.routing().counts().forwarded; });
    CHECK(forwarded > 0);
    MESSAGE("seed " << seed << ": claims " << history.claims << ", void " << history.voids << ", commits " << history.commits.size());
}

TEST_CASE("three nodes share the work, and an undisturbed order goes through all of them") { run(1, 30, 0); }

TEST_CASE("nodes restart, die, lose their disks and stall under load") {
    for (std::uint64_t seed = 11; seed < 13; ++seed) {
        CAPTURE(seed);
        run(seed, 100, 8);
    }
}

}  // namespace
}  // namespace granary::test
