// Persons who asked to be forgotten: each is, not before the orders that were under way then have ended, and nothing of theirs is shown
// or taken afterwards.
#include <map>
#include <optional>

#include "core/privacy_limits.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/linear.hpp"

namespace granary::simulation {
namespace {

// An order whose data was sealed before the key went may be stored after it, so long and no longer.
constexpr Duration on_its_way_max = minutes(2);

struct Erasure {
    std::string id;  // of the customer or the order
    CustomerId customer;
    Duration requested_at;
    Time requested_time;
    bool despite_orders = false;
    bool parked = false;
    std::optional<Duration> destroyed_at, erased_at;
    Time destroyed_time;
};

struct Placed {
    OrderId order;
    CustomerId customer;
    Duration placed_at;
    Duration ended_at = never;
    bool is_personal = false;
};

struct Persons {
    std::map<PersonId, Erasure> erasures;
    std::map<OrderId, Placed> orders;
};

class Reader {
  public:
    Reader(Persons& persons, Findings& findings) : persons_(persons), findings_(findings) {}

    void take(const HistoryEntry& entry) {
        at_ = &entry;
        for (const auto& item : entry.commit.events) {
            if (const auto* customer = std::get_if<customers::Event>(&item.event)) std::visit([this](const auto& e) { note(e); }, *customer);
            else if (const auto* order = std::get_if<orders::Event>(&item.event)) std::visit([this](const auto& e) { note(e); }, *order);
            else if (const auto* step = std::get_if<customer_erasure::Event>(&item.event)) std::visit([this](const auto& e) { note(e); }, *step);
        }
    }

  private:
    void wrong(const std::string& what) { findings_.push_back(what + " at " + text_of(at_->position)); }

    void request(PersonId person, std::string id, CustomerId customer, bool despite_orders) {
        auto& erasure = persons_.erasures[person];
        if (erasure.id.empty()) erasure = {std::move(id), customer, at_->stored_at, at_->commit.meta.time};
        if (!erasure.destroyed_at) erasure.despite_orders = erasure.despite_orders || despite_orders;
    }
    void end(PersonId person) {
        const auto found = persons_.erasures.find(person);
        if (found == persons_.erasures.end()) return wrong("somebody was erased who had not asked for it");
        if (!found->second.destroyed_at) wrong(found->second.id + " was erased, and its key was still there");
        if (found->second.erased_at) wrong(found->second.id + " was erased twice");
        found->second.erased_at = at_->stored_at;
    }
    void take_data(CustomerId customer) {
        if (persons_.erasures.contains(PersonId{customer.value})) wrong("new data was taken of " + text_of(customer) + ", who had asked to be erased,");
    }

    void note(const customers::ErasureRequestedT& e) { request({e.customer_id.value}, text_of(e.customer_id), e.customer_id, e.despite_orders); }
    void note(const customers::CustomerErasedT& e) { end({e.customer_id.value}); }
    void note(const customers::CustomerRegisteredT& e) { take_data(e.customer_id); }
    void note(const customers::AddressUpdatedT& e) { take_data(e.customer_id); }
    void note(const orders::BuyerErasureRequestedT& e) { request({e.order_id.value}, text_of(e.order_id), {}, e.despite_orders); }
    void note(const orders::BuyerErasedT& e) { end({e.order_id.value}); }
    void note(const customer_erasure::KeyDestroyedT& e) {
        auto& erasure = persons_.erasures[e.person];
        if (erasure.destroyed_at) return;  // an operator may have it done again
        erasure.destroyed_at = at_->stored_at;
        erasure.destroyed_time = at_->commit.meta.time;
    }
    void note(const customer_erasure::ErasureParkedT& e) { persons_.erasures[e.person].parked = true; }
    void note(const customer_erasure::ErasureRetriedT& e) { persons_.erasures[e.person].parked = false; }
    void note(const orders::OrderPlacedT& e) { persons_.orders[e.order_id] = {e.order_id, e.customer, at_->stored_at, never, e.ship_to != nullptr || e.note != nullptr}; }
    void note(const orders::OrderDeliveredT& e) { persons_.orders[e.order_id].ended_at = at_->stored_at; }
    void note(const orders::OrderCancelledT& e) { persons_.orders[e.order_id].ended_at = at_->stored_at; }
    void note(const orders::OrderFailedT& e) { persons_.orders[e.order_id].ended_at = at_->stored_at; }
    template <class Other>
    void note(const Other&) {}

    Persons& persons_;
    Findings& findings_;
    const HistoryEntry* at_ = nullptr;
};

Persons persons_of(const History& history, Findings& findings) {
    Persons persons;
    Reader reader(persons, findings);
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) reader.take(entry);
    }
    return persons;
}

class Judge {
  public:
    Judge(const Persons& persons, ports::KeyStore& keys, const People& people, Findings& findings) : persons_(persons), keys_(keys), people_(people), findings_(findings) {}

    void judge(PersonId person, const Erasure& erasure) {
        if (!erasure.erased_at) return findings_.push_back(erasure.id + " asked to be erased at " + std::to_string(erasure.requested_at.us) + " us, and never was");
        const auto destroyed = keys_.destroyed_at(person);
        if (!destroyed || !*destroyed) findings_.push_back(erasure.id + " was erased, and the key is still there");
        if (!erasure.destroyed_at) return;  // the reader told of it
        for (const auto& [id, order] : persons_.orders) {
            const bool is_theirs = erasure.customer.is_nil() ? id.value == person.value : order.customer == erasure.customer;
            if (is_theirs) judge(erasure, order);
        }
    }

    // Answers to questions that came when the person was erased.
    void judge(const Exchange& exchange) {
        if (exchange.status == 0) return;
        find_marks(exchange.text, [&](MarkedText mark, std::size_t) {
            if (mark.secret != Secret::personal) return;
            const Erasure* erasure = erasure_of(mark, exchange);
            if (erasure != nullptr && erasure->destroyed_at && exchange.sent_at > *erasure->destroyed_at) {
                findings_.push_back("the answer to " + std::string(http::name_of(exchange.method)) + " " + exchange.target + " at " + std::to_string(exchange.answered_at.us) + " us shows data of " + erasure->id +
                                    ", who was erased");
            }
        });
    }

  private:
    void judge(const Erasure& erasure, const Placed& order) {
        const bool is_settled = order.ended_at <= *erasure.destroyed_at;
        const bool waited_long = erasure.destroyed_time - erasure.requested_time >= limits::erasure_wait_max;
        if (order.placed_at < erasure.requested_at && !is_settled && !erasure.despite_orders && !waited_long) {
            findings_.push_back(erasure.id + " was erased while its order " + text_of(order.order) + " was under way");
        }
        if (order.is_personal && order.placed_at > *erasure.destroyed_at + on_its_way_max) findings_.push_back("data of " + erasure.id + " was taken with order " + text_of(order.order) + " after it was erased");
    }

    // A customer's texts are told by their owner; those of an order without a customer by the page that they are on.
    const Erasure* erasure_of(MarkedText mark, const Exchange& exchange) const {
        const auto& all = people_.all();
        if (mark.owner >= all.size()) return nullptr;
        const Principal& owner = all[mark.owner];
        if (!owner.customer.is_nil()) return find({owner.customer.value});
        constexpr std::string_view of_orders = "/v1/orders/";
        if (!exchange.target.starts_with(of_orders)) return nullptr;
        const auto order = parse_id<OrderKind>(exchange.target.substr(of_orders.size(), exchange.target.find_first_of("/?", of_orders.size()) - of_orders.size()));
        return order ? find({order->value}) : nullptr;
    }
    const Erasure* find(PersonId person) const {
        const auto found = persons_.erasures.find(person);
        return found == persons_.erasures.end() ? nullptr : &found->second;
    }

    const Persons& persons_;
    ports::KeyStore& keys_;
    const People& people_;
    Findings& findings_;
};

std::vector<std::string> ids_where(const History& history, bool (*matches)(const Erasure&)) {
    Findings nobody_minds;
    std::vector<std::string> ids;
    for (const auto& [person, erasure] : persons_of(history, nobody_minds).erasures) {
        if (matches(erasure)) ids.push_back(erasure.id);
    }
    return ids;
}

}  // namespace

void check_erasures(const History& history, ports::KeyStore& keys, const People& people, const std::deque<Exchange>& exchanges, Findings& findings) {
    const Persons persons = persons_of(history, findings);
    Judge judge(persons, keys, people, findings);
    for (const auto& [person, erasure] : persons.erasures) judge.judge(person, erasure);
    for (const auto& exchange : exchanges) judge.judge(exchange);
}

std::vector<std::string> parked_erasures(const History& history) {
    return ids_where(history, [](const Erasure& erasure) { return erasure.parked && !erasure.erased_at; });
}

std::vector<std::string> waiting_erasures(const History& history) {
    return ids_where(history, [](const Erasure& erasure) { return !erasure.destroyed_at; });
}

}  // namespace granary::simulation
