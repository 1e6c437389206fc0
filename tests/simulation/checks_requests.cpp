// Answers of gateways to who changes something: each stands in the log as it was said, once under its key, and by the one who asked.
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

// Principal, method and path, key, and what the body names where that picks the partition.
using Scope = std::tuple<const Principal*, std::string, std::string, std::string>;

std::string about_of(const Exchange& exchange) {
    if (exchange.target == "/v1/orders") return {};
    for (const std::string_view name : {"\"sku\":\"", "\"order\":\""}) {
        const auto at = exchange.body.find(name);
        if (at != std::string::npos) return exchange.body.substr(at + name.size(), exchange.body.find('"', at + name.size()) - at - name.size());
    }
    return {};
}

std::string path_of(const Exchange& exchange) { return exchange.target.substr(0, exchange.target.find('?')); }

std::string name_of(const Exchange& exchange) {
    return std::string(http::name_of(exchange.method)) + " " + exchange.target + " by " + (exchange.who != nullptr ? exchange.who->name : "nobody") + " at " +
           std::to_string(exchange.answered_at.us) + " us";
}

class Requests {
  public:
    Requests(const History& history, const std::optional<Changed>& changed, Findings& findings) : history_(history), changed_(changed), findings_(findings) {
        for (const auto& partition : history.partitions) {
            for (const auto& entry : partition) {
                commits_[entry.position] = &entry;
                for (const auto& item : entry.commit.events) {
                    note_erasure(item.event, entry.stored_at);
                    const auto* order = std::get_if<orders::Event>(&item.event);
                    const auto* placed = order != nullptr ? std::get_if<orders::OrderPlacedT>(order) : nullptr;
                    if (placed == nullptr) continue;
                    orders_[text_of(placed->order_id)] = {&entry, placed};
                    if (!placed->reference.empty() && !references_.insert(placed->reference).second) findings_.push_back("two orders have the reference " + placed->reference);
                }
            }
        }
    }

    void take(const Exchange& exchange) {
        if (is_failure(exchange)) wrong(exchange, "is answered " + std::to_string(exchange.status) + ": " + exchange.text);
        const bool changes = exchange.method == http::Method::post || exchange.method == http::Method::put || exchange.method == http::Method::patch;
        if (!changes || exchange.status < 200 || exchange.status >= 300 || exchange.who == nullptr) return;
        if (exchange.status == 201 && path_of(exchange) == "/v1/orders") check_order(exchange);
        const bool committed = !exchange.text.contains("\"changed\":false") && (exchange.status == 201 || exchange.status == 202 || exchange.text.contains("\"changed\":true"));
        const auto position = parse_position(exchange.header("granary-position"));
        if (!committed || !position) return;
        const auto found = commits_.find(*position);
        if (found == commits_.end()) return wrong(exchange, "was answered with the position " + text_of(*position) + ", where no commit is");
        if (found->second->commit.meta.actor != text_of(exchange.who->id)) wrong(exchange, "was answered with the position of somebody else's commit");
        check_once(exchange, *position);
    }

  private:
    // What was sealed for a person and then changed can't be opened: that is said by a 500.
    bool is_failure(const Exchange& exchange) const {
        const bool is_damage = exchange.status == 500 && changed_ && changed_->meets(exchange.sent_at, exchange.answered_at);
        return exchange.status >= 500 && exchange.status != 501 && exchange.status != 503 && !is_damage;
    }

    void note_erasure(const Event& event, Duration when) {
        const auto* customer = std::get_if<customers::Event>(&event);
        const auto* order = std::get_if<orders::Event>(&event);
        if (const auto* asked = customer != nullptr ? std::get_if<customers::ErasureRequestedT>(customer) : nullptr) erasing_.try_emplace(asked->customer_id.value, when);
        if (const auto* asked = order != nullptr ? std::get_if<orders::BuyerErasureRequestedT>(order) : nullptr) erasing_.try_emplace(asked->order_id.value, when);
    }

    // What was personal in an answer is null once the key is gone.
    bool is_of_somebody_erased(const Exchange& exchange) const {
        const auto is_erasing = [&](const Uuid& person) {
            const auto found = erasing_.find(person);
            return found != erasing_.end() && found->second <= exchange.answered_at;
        };
        const std::string location = exchange.header("location");
        const auto order = orders_.find(location.substr(location.rfind('/') + 1));
        if (order != orders_.end() && (is_erasing(order->second.second->customer.value) || is_erasing(order->second.second->order_id.value))) return true;
        return is_erasing(exchange.who->customer.value);
    }

    void wrong(const Exchange& exchange, const std::string& what) { findings_.push_back(name_of(exchange) + " " + what); }

    void check_order(const Exchange& exchange) {
        const std::string location = exchange.header("location");
        const auto found = orders_.find(location.substr(location.rfind('/') + 1));
        if (found == orders_.end()) return wrong(exchange, "made an order that is not in the log");
        const auto& [entry, placed] = found->second;
        if (text_of(entry->position) != exchange.header("granary-position")) wrong(exchange, "made an order at another position than was said");
        if (!placed->reference.empty() && !exchange.body.contains("\"" + placed->reference + "\"")) wrong(exchange, "was answered with the order of another request");
        if (!exchange.text.contains("\"" + text_of(placed->order_id) + "\"")) wrong(exchange, "shows another order than it names");
    }

    // Under one key there is one outcome, told in the same words unless it was waited for.
    void check_once(const Exchange& exchange, Position position) {
        const std::string* key = exchange.headers.find("idempotency-key");
        if (key == nullptr) return;
        const Scope scope{exchange.who, path_of(exchange), *key, about_of(exchange)};
        const auto [at, fresh] = answers_.emplace(scope, std::pair(&exchange, position));
        if (fresh) return;
        const auto& [first, first_position] = at->second;
        if (first_position != position) wrong(exchange, "has another outcome than before under the same key");
        const bool waited = exchange.headers.find("prefer") != nullptr || first->headers.find("prefer") != nullptr;
        // Which was sent first says nothing of which was answered first.
        const bool same_words = first->text == exchange.text || is_of_somebody_erased(exchange) || is_of_somebody_erased(*first);
        if (!waited && (!same_words || first->status != exchange.status)) {
            wrong(exchange, "is answered in other words than before under the same key: " + std::to_string(exchange.status) + " " + exchange.text + ", before: " + std::to_string(first->status) + " " + first->text);
        }
    }

    const History& history_;
    const std::optional<Changed>& changed_;
    Findings& findings_;
    std::map<Position, const HistoryEntry*> commits_;
    std::unordered_map<std::string, std::pair<const HistoryEntry*, const orders::OrderPlacedT*>> orders_;
    std::set<std::string> references_;
    std::map<Uuid, Duration> erasing_;  // persons, since they asked for it
    std::map<Scope, std::pair<const Exchange*, Position>> answers_;
};

}  // namespace

void check_requests(const History& history, const std::deque<Exchange>& exchanges, const std::optional<Changed>& changed, Findings& findings) {
    Requests requests(history, changed, findings);
    for (const auto& exchange : exchanges) requests.take(exchange);
}

}  // namespace granary::simulation
