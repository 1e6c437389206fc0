// Decides, folds, remembers accepted command ids; one stock and its reservations are parts of their own.
#include "tests/sagas/market.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace granary::sagas::test {
namespace {

template <class State, class ContextEvent>
std::vector<Event> fold_all(State& state, std::vector<ContextEvent> events) {
    std::vector<Event> out;
    for (auto& event : events) {
        evolve(state, event);
        out.emplace_back(std::move(event));
    }
    return out;
}

template <class State, class ContextCommand>
std::expected<std::vector<Event>, Refusal> decide_on(State& state, const ContextCommand& command, Time now) {
    auto events = decide(state, command, now);
    if (!events) return std::unexpected(events.error());
    return fold_all(state, std::move(*events));
}

// Events hold unique_ptrs, so a commit is copied through its own codec.
Commit copy_of(const Commit& commit) {
    auto entry = decode_body(encode_commit(commit));
    return std::get<Commit>(std::move(*entry));
}

}  // namespace

Market::Decided Market::decide(const orders::Command& command, Time now) {
    const auto id = std::visit([](const auto& c) { return c.order_id; }, command);
    return decide_on(orders[id], command, now);
}

Market::Decided Market::decide(const payments::Command& command, Time now) {
    const auto id = std::visit([](const auto& c) { return c.payment_id; }, command);
    return decide_on(payments[id], command, now);
}

Market::Decided Market::decide(const delivery::Command& command, Time now) {
    const auto id = std::visit([](const auto& c) { return c.shipment_id; }, command);
    return decide_on(shipments[id], command, now);
}

Market::Decided Market::decide(const order_fulfilment::Command& command, Time now) {
    const auto id = std::visit([](const auto& c) { return c.order_id; }, command);
    return decide_on(sagas[id], command, now);
}

Market::Decided Market::decide(const customers::Command& command, Time now) {
    const auto id = std::visit([](const auto& c) { return c.customer_id; }, command);
    return decide_on(customers[id], command, now);
}

Market::Decided Market::decide(const customer_erasure::Command& command, Time now) {
    const auto id = std::visit([](const auto& c) { return c.person; }, command);
    return decide_on(erasures[id], command, now);
}

Market::Decided Market::decide(const catalog::Command&, Time) { return std::unexpected(Refusal{RefusalCode::invalid, "", "no catalogue here"}); }
Market::Decided Market::decide(const access::Command&, Time) { return std::unexpected(Refusal{RefusalCode::invalid, "", "nobody is watched here"}); }
Market::Decided Market::decide(const invoices::Command&, Time) { return std::unexpected(Refusal{RefusalCode::invalid, "", "no invoices here"}); }

Market::Decided Market::decide(const inventory::Command& command, Time now) {
    const auto key = target_of(Command(command)).stream.key;
    inventory::Stock stock;
    stock.counters = stocks[key];
    const auto named = inventory::reservation_of(command);
    if (named && reservations.contains(*named)) stock.reservation = reservations.at(*named);
    auto events = decide_on(stock, command, now);
    if (!events || events->empty()) return events;
    stocks[key] = stock.counters;
    if (!named) return events;
    if (stock.reservation) {
        reservations[*named] = *stock.reservation;
    } else {
        reservations.erase(*named);
    }
    return events;
}

ports::CommandAnswer Market::apply(const ports::CommandRequest& request, Time now) {
    if (const auto seen = done_.find(request.id); seen != done_.end()) return seen->second();
    const Time time = std::max({now, last_time_, request.not_before});
    auto events = std::visit([&](const auto& command) { return decide(command, time); }, request.command);
    ports::CommandAnswer answer;
    if (!events) {
        answer.outcome = ports::CommandOutcome::refused;
        answer.refusal = events.error();
        return answer;
    }
    if (events->empty()) {
        answer.outcome = ports::CommandOutcome::unchanged;
        return answer;
    }
    last_time_ = time;
    const auto target = target_of(request.command);
    auto commit = std::make_shared<Commit>();
    auto& version = versions_[std::string(name_of(target.stream.kind)) + " " + target.stream.key];
    commit->meta.stream_kind = static_cast<std::uint8_t>(target.stream.kind);
    commit->meta.stream_key = target.stream.key;
    commit->meta.routing_key = target.routing_key;
    commit->meta.first_version = version + 1;
    commit->meta.time = time;
    commit->meta.command_id = request.id;
    commit->meta.correlation = request.correlation;
    commit->meta.causation = request.causation;
    commit->meta.actor = request.actor.empty() ? "test" : request.actor;
    for (auto& event : *events) commit->events.push_back({std::move(event), time});
    version += commit->events.size();
    const Position position = append_(*commit);
    answer.outcome = ports::CommandOutcome::accepted;
    answer.position = position;
    answer.version = version;
    answer.commit = copy_of(*commit);
    done_[request.id] = [commit, position] {
        ports::CommandAnswer again;
        again.outcome = ports::CommandOutcome::replayed;
        again.position = position;
        again.commit = copy_of(*commit);
        return again;
    };
    return answer;
}

}  // namespace granary::sagas::test
