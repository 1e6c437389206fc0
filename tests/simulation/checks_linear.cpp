// Each order, each article's stock and each customer: everything that was asked of it and what was answered fits one order of events,
// in which each thing happens between its question and its answer.
#include <algorithm>
#include <map>

#include "gateway/middleware/json_document.hpp"
#include "sagas/processes/order_fulfilment.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/linear.hpp"
#include "tests/simulation/object_specs.hpp"

namespace granary::simulation {
namespace {

using Kind = Ending::Kind;
using orders::OrderStatus;

// A history that fits is found at once: what was stored first is tried first. One that doesn't may take for ever.
constexpr std::uint64_t steps_max = 200'000;

struct Interval {
    Duration asked;
    Duration answered = never;
};

class Histories {
  public:
    Histories(const History& history, const Journal& journal, const std::deque<Exchange>& exchanges) : history_(history) {
        note_commits();
        note_answers(journal, exchanges);
        for (const auto& partition : history.partitions) {
            for (const auto& entry : partition) add_commit(entry);
        }
        for (const auto& asked : journal) add_asked(asked);
        for (const auto& exchange : exchanges) add_exchange(exchange);
    }

    std::map<std::string, std::vector<Operation<StockObject>>> stocks;
    std::map<std::string, std::vector<Operation<OrderObject>>> orders;
    std::map<std::string, std::vector<Operation<CustomerObject>>> customers;

  private:
    // -- when each commit can have happened -----------------------------------------------------------------------------------

    void note_commits() {
        for (const auto& partition : history_.partitions) {
            for (const auto& entry : partition) {
                for (std::size_t i = 0; i < entry.commit.events.size(); ++i) stored_[event_id(entry.commit.meta.command_id, i)] = entry.stored_at;
                at_[entry.position] = &entry;
                for (const auto& item : entry.commit.events) {
                    const auto* order = std::get_if<orders::Event>(&item.event);
                    const auto* placed = order != nullptr ? std::get_if<orders::OrderPlacedT>(order) : nullptr;
                    if (placed == nullptr) continue;
                    for (const auto& line : placed->lines) wishes_[{placed->order_id, line->sku}] += line->quantity;
                }
            }
        }
        for (const auto& partition : history_.partitions) {
            for (const auto& entry : partition) note_recorded(entry);
        }
    }
    // A saga that records an answer has had it.
    void note_recorded(const HistoryEntry& entry) {
        for (const auto& item : entry.commit.events) {
            const auto* saga = std::get_if<order_fulfilment::Event>(&item.event);
            const auto* answer = saga != nullptr ? std::get_if<order_fulfilment::AnswerRecordedT>(saga) : nullptr;
            if (answer != nullptr && answer->accepted) answered(answer->command_id, entry.stored_at);
        }
    }
    void note_answers(const Journal& journal, const std::deque<Exchange>& exchanges) {
        for (const auto& asked : journal) {
            const bool done = asked.answered && (asked.outcome == ports::CommandOutcome::accepted || asked.outcome == ports::CommandOutcome::replayed);
            if (asked.refusal != RefusalCode::key_reused) this->asked(asked.id, asked.first_sent);
            if (done) answered(asked.id, asked.answered_at);
        }
        std::map<std::uint64_t, Duration> first_sent;
        for (const auto& exchange : exchanges) {
            const auto [at, fresh] = first_sent.emplace(exchange.wish, exchange.sent_at);
            if (!fresh) at->second = std::min(at->second, exchange.sent_at);
        }
        for (const auto& exchange : exchanges) {
            const bool done = exchange.method != http::Method::get && exchange.status >= 200 && exchange.status < 300 && !exchange.text.contains("\"changed\":false");
            const auto position = done ? parse_position(exchange.header("granary-position")) : std::nullopt;
            const auto entry = position ? at_.find(*position) : at_.end();
            // Who asks again under its key asked first before that.
            const bool own = entry != at_.end() && exchange.who != nullptr && entry->second->commit.meta.actor == text_of(exchange.who->id) && exchange.header("idempotent-replayed").empty();
            if (!own) continue;
            asked(entry->second->commit.meta.command_id, first_sent[exchange.wish]);
            answered(entry->second->commit.meta.command_id, exchange.answered_at);
        }
    }
    void asked(CommandId id, Duration when) {
        auto& interval = intervals_.try_emplace(id, Interval{when, never}).first->second;
        interval.asked = std::min(interval.asked, when);
    }
    void answered(CommandId id, Duration when) {
        auto& interval = intervals_.try_emplace(id, Interval{{}, never}).first->second;
        interval.answered = std::min(interval.answered, when);
    }
    Interval interval_of(const Commit& commit) const {
        const auto known = intervals_.find(commit.meta.command_id);
        Interval interval = known != intervals_.end() ? known->second : Interval{};
        const auto cause = stored_.find(commit.meta.causation);
        if (cause != stored_.end() && interval.asked == Duration{}) interval.asked = cause->second;
        return interval;
    }

    // -- what happened ---------------------------------------------------------------------------------------------------------

    template <class Object, class Event>
    void add_events(std::map<std::string, std::vector<Operation<Object>>>& objects, const HistoryEntry& entry) {
        const Interval interval = interval_of(entry.commit);
        const Commit* commit = &entry.commit;
        Operation<Object> operation{interval.asked, interval.answered, static_cast<std::uint64_t>(entry.stored_at.us), std::string(name_of(commit->events.front().event)) + " at " + text_of(entry.position), {}};
        operation.happen = [commit](Object& object) {
            if (object.version + 1 != commit->meta.first_version) return false;
            return std::ranges::all_of(commit->events, [&](const auto& item) {
                const auto* event = std::get_if<Event>(&item.event);
                return event != nullptr && object.follow(*event);
            });
        };
        objects[commit->meta.stream_key].push_back(std::move(operation));
    }
    void add_commit(const HistoryEntry& entry) {
        const StreamKind kind = entry.commit.stream().kind;
        if (kind == StreamKind::order) add_events<OrderObject, orders::Event>(orders, entry);
        if (kind == StreamKind::stock) add_events<StockObject, inventory::Event>(stocks, entry);
        if (kind == StreamKind::customer) add_events<CustomerObject, customers::Event>(customers, entry);
        if (kind == StreamKind::order_fulfilment) add_refusals(entry);
    }
    // What a saga was refused of an article; of other things it asks by commands whose facts speak for themselves.
    void add_refusals(const HistoryEntry& entry) {
        for (const auto& item : entry.commit.events) {
            const auto* saga = std::get_if<order_fulfilment::Event>(&item.event);
            const auto* answer = saga != nullptr ? std::get_if<order_fulfilment::AnswerRecordedT>(saga) : nullptr;
            if (answer == nullptr || answer->accepted || answer->sku.empty()) continue;
            const Ending ending{Kind::refused, static_cast<RefusalCode>(answer->refusal)};
            const auto wanted = wishes_[{answer->order_id, answer->sku}];
            const auto id = sagas::reservation_id_of(answer->order_id, answer->sku);
            const auto cause = stored_.find(entry.commit.meta.causation);
            Operation<StockObject> operation{cause != stored_.end() ? cause->second : Duration{}, entry.stored_at, 0, "refused to the saga of " + text_of(answer->order_id), {}};
            using order_fulfilment::Step;
            if (answer->step == Step::reserve) operation.happen = [=](StockObject& stock) { return stock.end_reserve(id, wanted, ending); };
            else if (answer->step == Step::commit_stock) operation.happen = [=](StockObject& stock) { return stock.end_commit(id, false, ending); };
            else if (answer->step == Step::release) operation.happen = [=](StockObject& stock) { return stock.end_release(id, false, ending); };
            else continue;
            stocks["WH1/" + std::string(answer->sku.view())].push_back(std::move(operation));
        }
    }

    // -- what came to nothing: direct clients ----------------------------------------------------------------------------------

    void add_asked(const Asked& asked) {
        if (!asked.answered || asked.refusal == RefusalCode::key_reused) return;
        if (asked.outcome != ports::CommandOutcome::refused && asked.outcome != ports::CommandOutcome::unchanged) return;
        const bool refused = asked.outcome == ports::CommandOutcome::refused;
        const Ending ending{refused ? Kind::refused : Kind::unchanged, asked.refusal, asked.version, asked.expected_version};
        const Interval interval{asked.first_sent, asked.answered_at};
        const std::string name = std::string(name_of(asked.command)) + (refused ? " refused: " + std::string(name_of(asked.refusal)) : " without effect");
        if (const auto* stock = std::get_if<inventory::Command>(&asked.command)) {
            add(stocks[asked.target.stream.key], interval, name, stock_step(*stock, ending));
        } else if (const auto* order = std::get_if<orders::Command>(&asked.command)) {
            add(orders[asked.target.stream.key], interval, name, order_step(*order, ending));
        }
    }
    template <class Object>
    static void add(std::vector<Operation<Object>>& operations, Interval interval, std::string name, std::function<bool(Object&)> happen) {
        if (happen) operations.push_back({interval.asked, interval.answered, 0, std::move(name), std::move(happen)});
    }
    static std::function<bool(StockObject&)> stock_step(const inventory::Command& command, Ending ending) {
        if (const auto* c = std::get_if<inventory::ReceiveStockT>(&command)) return [=, q = c->quantity](StockObject& s) { return s.end_receive(q, ending); };
        if (const auto* c = std::get_if<inventory::AdjustStockT>(&command)) return [=, d = c->delta](StockObject& s) { return s.end_adjust(d, ending); };
        if (const auto* c = std::get_if<inventory::ReserveStockT>(&command)) return [=, id = c->reservation_id, q = c->quantity](StockObject& s) { return s.end_reserve(id, q, ending); };
        if (const auto* c = std::get_if<inventory::CommitReservationT>(&command)) return [=, id = c->reservation_id](StockObject& s) { return s.end_commit(id, true, ending); };
        if (const auto* c = std::get_if<inventory::ReleaseReservationT>(&command)) return [=, id = c->reservation_id](StockObject& s) { return s.end_release(id, true, ending); };
        return {};
    }
    static std::function<bool(OrderObject&)> order_step(const orders::Command& command, Ending ending) {
        if (std::holds_alternative<orders::PlaceOrderT>(command)) return [=](OrderObject& o) { return o.end_place(false, ending); };
        if (std::holds_alternative<orders::SubmitPaymentT>(command)) return [=](OrderObject& o) { return o.end_pay(ending); };
        if (std::holds_alternative<orders::CancelOrderT>(command)) return [=](OrderObject& o) { return o.end_cancel(ending); };
        if (std::holds_alternative<orders::MarkPackedT>(command)) return [=](OrderObject& o) { return o.end_move(OrderStatus::packed, ending); };
        if (std::holds_alternative<orders::MarkShippedT>(command)) return [=](OrderObject& o) { return o.end_move(OrderStatus::shipped, ending); };
        if (std::holds_alternative<orders::MarkDeliveredT>(command)) return [=](OrderObject& o) { return o.end_move(OrderStatus::delivered, ending); };
        return {};
    }

    // -- through gateways ------------------------------------------------------------------------------------------------------

    void add_exchange(const Exchange& exchange) {
        const auto ending = ending_of(exchange);
        if (!ending) return;
        const Interval interval{exchange.sent_at, exchange.answered_at};
        const std::string name = std::string(http::name_of(exchange.method)) + " " + exchange.target + " answered " + std::to_string(exchange.status);
        constexpr std::string_view of_orders = "/v1/orders/", of_customers = "/v1/customers/";
        if (exchange.target.starts_with(of_orders)) {
            const std::string id = exchange.target.substr(of_orders.size(), 36);
            std::function<bool(OrderObject&)> step;
            if (exchange.target.ends_with("/cancel")) step = [ending](OrderObject& o) { return o.end_cancel(*ending); };
            else if (exchange.target.ends_with("/payments")) step = [ending](OrderObject& o) { return o.end_pay(*ending); };
            else if (exchange.target.ends_with("/status")) step = status_step(exchange, *ending);
            add(orders[id], interval, name, std::move(step));
        } else if (exchange.target.starts_with(of_customers) && exchange.target.ends_with("/address")) {
            add<CustomerObject>(customers[exchange.target.substr(of_customers.size(), 36)], interval, name, [ending](CustomerObject& c) { return c.end_address(*ending); });
        }
    }
    static std::function<bool(OrderObject&)> status_step(const Exchange& exchange, const Ending& ending) {
        if (exchange.body.contains("CANCELLED")) return [ending](OrderObject& o) { return o.end_cancel(ending); };
        const auto to = exchange.body.contains("PACKED") ? OrderStatus::packed : exchange.body.contains("SHIPPED") ? OrderStatus::shipped : OrderStatus::delivered;
        return [ending, to](OrderObject& o) { return o.end_move(to, ending); };
    }
    // Of an answer that tells of a state and changed nothing.
    static std::optional<Ending> ending_of(const Exchange& exchange) {
        if (exchange.who == nullptr || exchange.method == http::Method::get || exchange.method == http::Method::head) return std::nullopt;
        Ending ending;
        if (const auto* match = exchange.headers.find("if-match"); match != nullptr && match->starts_with('"')) ending.expected = std::strtoull(match->c_str() + 1, nullptr, 10);
        if (exchange.status == 200 && exchange.text.contains("\"changed\":false")) {
            ending.kind = Kind::unchanged;
            return ending;
        }
        ending.kind = Kind::refused;
        if (exchange.status == 412 && exchange.text.contains("\"stale_version\"") && ending.expected) ending.code = RefusalCode::stale_version;
        else if (exchange.status == 409 && exchange.text.contains("\"illegal_transition\"")) ending.code = RefusalCode::illegal_transition;
        else return std::nullopt;
        return ending;
    }

    const History& history_;
    std::map<EventId, Duration> stored_;
    std::map<Position, const HistoryEntry*> at_;
    std::map<CommandId, Interval> intervals_;
    std::map<std::pair<OrderId, Sku>, std::int64_t> wishes_;
};

template <class Object>
void judge(const std::string& what, const std::map<std::string, std::vector<Operation<Object>>>& objects, Findings& findings, std::uint64_t& unsettled) {
    for (const auto& [key, operations] : objects) {
        LinearSearch<Object> search(operations, steps_max);
        const Linear verdict = search.run();
        unsettled += verdict == Linear::unsettled ? 1U : 0U;
        if (verdict == Linear::no) findings.push_back(what + " " + key + ": its " + std::to_string(operations.size()) + " operations fit no order; left over: " + search.stuck_at());
    }
}

}  // namespace

std::uint64_t check_linear(const History& history, const Journal& journal, const std::deque<Exchange>& exchanges, Findings& findings) {
    const Histories histories(history, journal, exchanges);
    std::uint64_t unsettled = 0;
    judge("stock", histories.stocks, findings, unsettled);
    judge("order", histories.orders, findings, unsettled);
    judge("customer", histories.customers, findings, unsettled);
    return unsettled;
}

}  // namespace granary::simulation
