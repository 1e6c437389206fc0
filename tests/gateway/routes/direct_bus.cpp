// The deciders of all contexts behind one lock, and the chain of the log.
#include "tests/gateway/routes/direct_bus.hpp"

#include <utility>

#include "core/check.hpp"
#include "core/routing.hpp"

namespace granary::testing {
namespace {

using ports::CommandAnswer;
using ports::CommandOutcome;

template <class State, class ContextCommand>
std::expected<std::vector<Event>, Refusal> decide_and_fold(State& state, const ContextCommand& command, Time now) {
    auto events = decide(state, command, now);
    if (!events) return std::unexpected(events.error());
    std::vector<Event> all;
    for (auto& event : *events) {
        evolve(state, event);
        all.emplace_back(std::move(event));
    }
    return all;
}

}  // namespace

DirectBus::DirectBus(ports::Log& log, const ports::Clock& clock) : log_(log), clock_(clock), heads_(log.identity().partitions) {
    for (std::uint32_t i = 0; i < heads_.size(); ++i) heads_[i] = chain::genesis(log.identity().id, {i});
}

void DirectBus::submit(ports::CommandRequest request, std::function<void(CommandAnswer)> done) {
    CommandAnswer answer;
    {
        const std::lock_guard lock(mutex_);
        const bool is_access = std::holds_alternative<access::Command>(request.command);
        if (held_ && !is_access) return waiting_.emplace_back(std::move(request), std::move(done)), void();
        answer = is_access ? record(request) : decide(request);
        if (!is_access) last = std::move(request);
    }
    done(std::move(answer));
}

CommandAnswer DirectBus::record(const ports::CommandRequest& request) {
    accesses.push_back(std::get<access::RecordAccessesT>(std::get<access::Command>(request.command)));
    if (accesses_fail) return {.outcome = *accesses_fail, .position = {}, .version = 0, .commit = {}, .refusal = {}, .fault = {}, .retry_after = {}};
    const auto before = std::exchange(commits, 0);
    auto answer = decide(request);
    commits = before;
    return answer;
}

void DirectBus::release_all() {
    decltype(waiting_) waiting;
    {
        const std::lock_guard lock(mutex_);
        held_ = false;
        waiting.swap(waiting_);
    }
    for (auto& [request, done] : waiting) submit(std::move(request), std::move(done));
}

CommandAnswer DirectBus::decide(const ports::CommandRequest& request) {
    const bool is_access = std::holds_alternative<access::Command>(request.command);
    if (planned_ && !is_access) return *std::exchange(planned_, std::nullopt);
    const auto target = target_of(request.command);
    const std::string stream = std::string(name_of(target.stream.kind)) + "/" + target.stream.key;
    CommandAnswer answer;
    answer.position = {partition_of(target.routing_key, static_cast<std::uint32_t>(heads_.size())), {}};
    answer.version = versions_[stream];
    if (const auto known = accepted_.find(request.id); known != accepted_.end()) {
        const auto& first = known->second;
        if (first.fingerprint != request.fingerprint) {
            answer.outcome = CommandOutcome::refused;
            answer.refusal = {RefusalCode::key_reused, {}, "this key belongs to another request"};
            return answer;
        }
        return {.outcome = CommandOutcome::replayed, .position = first.position, .version = first.version, .commit = first.commit, .refusal = {}, .fault = {}, .retry_after = {}};
    }
    if (request.expected_version && *request.expected_version != answer.version) {
        answer.outcome = CommandOutcome::refused;
        answer.refusal = {RefusalCode::stale_version, {}, "it has another version"};
        return answer;
    }
    auto events = decide_in_context(request, stream);
    if (!events) {
        answer.outcome = CommandOutcome::refused;
        answer.refusal = events.error();
        return answer;
    }
    answer.outcome = CommandOutcome::unchanged;
    return events->empty() ? answer : append(request, target, std::move(*events));
}

DirectBus::Decision DirectBus::decide_in_context(const ports::CommandRequest& request, const std::string& stream) {
    const Time now = clock_.now();
    struct InContext {
        DirectBus& bus;
        const std::string& key;
        Time time;
        Decision operator()(const orders::Command& c) const { return decide_and_fold(bus.orders_[key], c, time); }
        Decision operator()(const payments::Command& c) const { return decide_and_fold(bus.payments_[key], c, time); }
        Decision operator()(const delivery::Command& c) const { return decide_and_fold(bus.shipments_[key], c, time); }
        Decision operator()(const catalog::Command& c) const { return decide_and_fold(bus.products_[key], c, time); }
        Decision operator()(const customers::Command& c) const { return decide_and_fold(bus.customers_[key], c, time); }
        Decision operator()(const order_fulfilment::Command& c) const { return decide_and_fold(bus.sagas_[key], c, time); }
        Decision operator()(const invoices::Command& c) const { return decide_and_fold(bus.invoices_[key], c, time); }
        Decision operator()(const customer_erasure::Command& c) const { return decide_and_fold(bus.erasures_[key], c, time); }
        Decision operator()(const access::Command& c) const { return decide_and_fold(bus.accesses_[key], c, time); }
        Decision operator()(const inventory::Command& c) const { return bus.decide_stock(key, c, time); }
    };
    return std::visit(InContext{*this, stream, now}, request.command);
}

DirectBus::Decision DirectBus::decide_stock(const std::string& stream, const inventory::Command& command, Time now) {
    inventory::Stock& stock = stock_[stream];
    const auto named = inventory::reservation_of(command);
    const auto known = named ? reservations_.find({stream, *named}) : reservations_.end();
    stock.reservation = known != reservations_.end() ? std::optional(known->second) : std::nullopt;
    auto events = decide_and_fold(stock, command, now);
    if (events && named && stock.reservation) reservations_[{stream, *named}] = *stock.reservation;
    else if (events && named) reservations_.erase({stream, *named});
    return events;
}

CommandAnswer DirectBus::append(const ports::CommandRequest& request, const StreamTarget& target, std::vector<Event> events) {
    const std::string stream = std::string(name_of(target.stream.kind)) + "/" + target.stream.key;
    const Partition partition = partition_of(target.routing_key, static_cast<std::uint32_t>(heads_.size()));
    Commit commit;
    commit.meta.stream_kind = static_cast<std::uint8_t>(target.stream.kind);
    commit.meta.stream_key = target.stream.key;
    commit.meta.routing_key = target.routing_key;
    commit.meta.first_version = versions_[stream] + 1;
    commit.meta.time = clock_.now();
    commit.meta.command_id = request.id;
    commit.meta.fingerprint = request.fingerprint;
    commit.meta.correlation = request.correlation;
    commit.meta.actor = request.actor;
    commit.meta.traceparent = request.traceparent;
    for (auto& event : events) commit.events.push_back({std::move(event), request.occurred_at.unix_us == 0 ? commit.meta.time : request.occurred_at});
    versions_[stream] = commit.last_version();
    std::string record = chain::make_record(heads_[partition.number], encode_commit(commit));
    heads_[partition.number] = sha256(record);
    const auto end = log_.end(partition);
    GRANARY_CHECK(end.has_value());
    GRANARY_CHECK(log_.append({{partition, target.routing_key, SharedBytes(std::move(record)), 0}}).has_value());
    ++commits;
    const Position position{partition, *end};
    accepted_.emplace(request.id, Accepted{request.fingerprint, commit, position, commit.last_version()});
    const auto version = commit.last_version();
    return {.outcome = CommandOutcome::accepted, .position = position, .version = version, .commit = std::move(commit), .refusal = {}, .fault = {}, .retry_after = {}};
}

}  // namespace granary::testing
