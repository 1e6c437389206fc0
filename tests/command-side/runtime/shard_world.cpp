// The hand-driven world: nodes, commands and the reference fold.
#include "tests/command-side/runtime/shard_world.hpp"

#include <doctest/doctest.h>

namespace granary::command_side::test {

std::unique_ptr<memory::MemoryStore> make_store() {
    auto store = std::make_unique<memory::MemoryStore>();
    for (const auto table : tables::all) REQUIRE(store->create_table(table));
    return store;
}

CommandId command_id(std::uint64_t number) { return {{0xC0FFEE, number}}; }
Sku sku(std::string_view text) { return *Sku::parse(text); }

Command create_product(std::string_view text, std::string name) {
    catalog::CreateProductT command;
    command.sku = sku(text);
    command.name = std::move(name);
    command.unit_price = {25'500, currency("GBP")};
    return catalog::Command(std::move(command));
}

Command rename_product(std::string_view text, std::string name) {
    catalog::UpdateProductT command;
    command.sku = sku(text);
    command.has_name = true;
    command.name = std::move(name);
    return catalog::Command(std::move(command));
}

namespace {

const WarehouseCode main_house = *WarehouseCode::parse("MAIN");

}  // namespace

Command receive_stock(std::string_view text, std::int64_t quantity) {
    inventory::ReceiveStockT command;
    command.sku = sku(text);
    command.warehouse = main_house;
    command.quantity = quantity;
    return inventory::Command(std::move(command));
}

Command reserve_stock(std::string_view text, std::uint64_t reservation, std::int64_t quantity, Time expires_at) {
    inventory::ReserveStockT command;
    command.sku = sku(text);
    command.warehouse = main_house;
    command.reservation_id = {{7, reservation}};
    command.quantity = quantity;
    command.expires_at = expires_at;
    return inventory::Command(std::move(command));
}

Command release_stock(std::string_view text, std::uint64_t reservation) {
    inventory::ReleaseReservationT command;
    command.sku = sku(text);
    command.warehouse = main_house;
    command.reservation_id = {{7, reservation}};
    return inventory::Command(std::move(command));
}

Node::Node(memory::MemoryLog& shared_log, memory::MemoryStore& own_store, std::uint64_t number, std::size_t aggregates_max, Beside beside)
    : log(shared_log), store(own_store),
      shard(ShardOptions{the_partition, shared_log, own_store, "node" + std::to_string(number), "http://node" + std::to_string(number), aggregates_max,
                         beside.hold, beside.owners, beside.bounds, beside.raise_format}),
      url("http://node" + std::to_string(number)), number_(number) {
    log.observe(*this);
}

Node::~Node() { log.stop_observing(*this); }

void Node::step() {
    if (!deaf) std::ranges::move(std::exchange(unheard_, {}), std::back_inserter(input.deliveries));
    ShardOutput output;
    shard.step(now, std::exchange(input, {}), output);
    ++steps;
    again = output.again;
    std::ranges::move(output.asks, std::back_inserter(asks));
    for (auto& [reply, answer] : output.answers) {
        const bool first = answers.emplace(reply, std::move(answer)).second;
        REQUIRE_MESSAGE(first, "answered twice");
    }
    appended += output.appends.size();
    // Tokens are the shard's own; on a shared log they carry the node's number.
    for (auto& append : output.appends) {
        append.token |= number_ << 48;
        sent.push_back(append.record);
    }
    std::ranges::move(output.appends, std::back_inserter(held));
    if (hold_appends || held.empty()) return;
    std::vector<ports::LogDelivery> refused;
    for (const auto& append : held) refused.push_back({append.partition, append.token, ports::DeliveryOutcome::refused, {}, {}});
    if (const auto queued = log.append(std::exchange(held, {})); !queued) {
        for (auto& delivery : refused) delivery.fault = queued.error();
        delivered(refused);
    }
}

void Node::run() {
    do {
        step();
    } while (again || (!deaf && !unheard_.empty()));
}

void Node::settle() {
    for (int quiet = 0; quiet < 3;) {
        step();
        const bool moved = log.pump() > 0 || again || (!deaf && !unheard_.empty());
        quiet = moved ? 0 : quiet + 1;
    }
}

void Node::advance(Duration by) {
    now.wall = now.wall + by;
    now.steady = now.steady + by;
}

std::uint64_t Node::submit(Command command, CommandId id, Fingerprint fingerprint) {
    ports::CommandRequest request;
    request.command = std::move(command);
    request.id = id;
    request.fingerprint = fingerprint;
    request.actor = "tester";
    return submit(std::move(request));
}

std::uint64_t Node::submit(ports::CommandRequest request) {
    input.commands.push_back({std::move(request), next_reply_});
    return next_reply_++;
}

ports::CommandAnswer Node::ask(Command command, CommandId id, Fingerprint fingerprint) {
    const auto reply = submit(std::move(command), id, fingerprint);
    settle();
    REQUIRE(answered(reply));
    return answer(reply);
}

void Node::delivered(std::span<const ports::LogDelivery> deliveries) {
    for (auto delivery : deliveries) {
        if (delivery.token >> 48 != number_) continue;
        delivery.token &= (std::uint64_t{1} << 48) - 1;
        unheard_.push_back(std::move(delivery));
    }
}

void Node::grown(std::span<const Partition>) {
    if (!deaf) input.grown = true;
}

namespace {

void apply(Fold& fold, std::map<StreamId, Aggregates::Value>& values, std::map<std::string, Part>& parts, const Commit& commit) {
    ++fold.commits[commit.meta.command_id];
    const Decider& decider = *decider_of(commit.stream().kind);
    auto [place, fresh] = values.try_emplace(commit.stream());
    if (fresh) place->second.state = decider.initial();
    CHECK(commit.meta.first_version == place->second.version + 1);
    for (const auto& item : commit.events) {
        Part none;
        const auto id = part_of(item.event);
        decider.evolve(place->second.state, id ? parts[part_key(commit.meta.stream_key, *id)] : none, item.event);
        ++place->second.version;
    }
}

}  // namespace

Fold fold_log(memory::MemoryLog& log) {
    Fold fold;
    std::map<StreamId, Aggregates::Value> values;
    std::map<std::string, Part> parts;
    chain::Head head{chain::genesis(log.identity().id, the_partition)};
    const auto end = log.end(the_partition);
    for (Offset at{0}; at < *end;) {
        const auto page = log.read(the_partition, at, 1 << 20);
        REQUIRE(page);
        for (const auto& record : page->records) {
            ++fold.records;
            if (head.accept(record.bytes.view()) != chain::Verdict::accepted) {
                ++fold.voids;
                continue;
            }
            const auto entry = decode_body(chain::body_of(record.bytes.view()));
            REQUIRE(entry);
            if (const auto* commit = std::get_if<Commit>(&*entry)) apply(fold, values, parts, *commit);
            if (const auto* claim = std::get_if<envelope::ClaimT>(&*entry)) {
                ++fold.claims;
                fold.last_claim = claim->node;
            }
        }
        at = page->next;
    }
    fold.head = head.hash;
    for (const auto& [stream, value] : values) {
        fold.rows["aggregates " + aggregate_key(stream)] = encode_aggregate(value.version, decider_of(stream.kind)->encode(value.state));
    }
    for (const auto& [key, part] : parts) {
        if (part) fold.rows["stock_parts " + key] = encode_part(*part);
    }
    return fold;
}

void inject_at_head(memory::MemoryLog& log, const LogEntry& entry) {
    log.inject(the_partition, chain::make_record(fold_log(log).head, encode_body(entry)));
}

Commit foreign_stock_receipt(std::string_view text, std::int64_t quantity, std::uint64_t version) {
    inventory::StockReceivedT event;
    event.sku = sku(text);
    event.warehouse = main_house;
    event.quantity = quantity;
    const StreamTarget target = stock_stream(event.sku, main_house);
    Commit commit;
    commit.meta.stream_kind = static_cast<std::uint8_t>(target.stream.kind);
    commit.meta.stream_key = target.stream.key;
    commit.meta.routing_key = target.routing_key;
    commit.meta.first_version = version;
    commit.meta.time = {5};
    commit.meta.command_id = {{0xF0, version}};
    commit.meta.actor = "somebody else";
    commit.events.push_back({Event(inventory::Event(std::move(event))), {5}});
    return commit;
}

std::map<std::string, std::string> rows_of(const ports::Store& store) {
    std::map<std::string, std::string> rows;
    for (const auto table : {tables::aggregates, tables::stock_parts}) {
        const auto scanned = store.scan(table, "", "", [&](std::string_view key, std::string_view value) {
            rows[std::string(table) + " " + std::string(key)] = value;
            return true;
        });
        REQUIRE(scanned);
    }
    return rows;
}

}  // namespace granary::command_side::test
