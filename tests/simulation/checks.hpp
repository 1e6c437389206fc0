// The invariants of a simulated world that has come to rest, each checked by code of its own (docs/testing.md).
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "tests/simulation/history.hpp"
#include "tests/simulation/houses.hpp"
#include "tests/simulation/journal.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/upheavals.hpp"
#include "tests/simulation/visitors.hpp"

namespace granary::simulation {

// Versions without gaps, each command once, times that never go back.
void check_streams(const History& history, Findings& findings);
// Nobody was told anything that the log does not hold, and nobody was told the past.
void check_answers(const History& history, const Journal& journal, Findings& findings);
// No oversell at any prefix; reservations are made, committed and freed as they may be, and none of an order is left.
// Who was told that there is not enough was told the truth, sagas too.
void check_stock(const History& history, const Journal& journal, Time now, Findings& findings);
// Totals, the order of a payment's life, and what the provider's book says of each.
void check_money(const History& history, const Houses& houses, Findings& findings);
// Every order has ended, with nothing left over, and no parcel travels for one that has been cancelled.
void check_orders(const History& history, const Houses& houses, Findings& findings);
// Every saga did what its code does when it is given the log alone.
void check_sagas(const History& history, Findings& findings);
// Each order, article and customer: what was asked and answered fits one order of events in real time. How many could not be settled
// within a bound.
std::uint64_t check_linear(const History& history, const Journal& journal, const std::deque<Exchange>& exchanges, Findings& findings);
// Each answer of a gateway to who changes something: it is in the log, under that key once, and by that principal.
void check_requests(const History& history, const std::deque<Exchange>& exchanges, const std::optional<Changed>& changed, Findings& findings);
// Whoever reads sees what its token names, a fresh Location is there, and lists have neither gaps nor repetitions. Left out is what was
// answered while a record was `changed`: what that record says itself is vouched for by the one behind it only.
void check_reading(const History& history, const std::deque<Exchange>& exchanges, const std::deque<Walk>& walks, const std::optional<Changed>& changed, Findings& findings);
// Nobody was given or changed what they may not, by a table of the checker's own; each commit's actor may cause it. While a record is
// `changed`, what it was about may be answered with a 500.
void check_access(const History& history, const People& people, const std::deque<Exchange>& exchanges, const std::optional<Changed>& changed, Findings& findings);
// Whoever asked to be forgotten is, not before the orders that were under way have ended, and nothing of theirs is shown or taken after it.
void check_erasures(const History& history, ports::KeyStore& keys, const People& people, const std::deque<Exchange>& exchanges, Findings& findings);
// Marked texts are nowhere but where they belong.
struct Traces {
    const Broker& log;
    std::vector<std::unique_ptr<Node>>& nodes;
    const std::deque<Exchange>& exchanges;
    const People& people;
    const std::optional<Changed>& changed;  // what is shown meanwhile is left out: a changed length may take what stands behind a text into it
    const std::vector<std::string>& between_nodes;
    std::string log_lines;
};
void check_secrets(const Traces& traces, Findings& findings);
// What pages of orders, payments and stock and the lists of orders show is what the aggregates come to.
void check_pages(const History& history, std::vector<std::unique_ptr<Node>>& nodes, Findings& findings);
// Events were written at levels that the log allowed, and old releases stopped where it allowed more.
void check_levels(const Broker& log, std::uint32_t unmarked, const std::vector<OldRelease>& old, Findings& findings);
// Each view of each node equals one that is folded afresh from the log.
void check_views(const Broker& log, std::vector<std::unique_ptr<Node>>& nodes, Findings& findings);
// Queues are empty, nothing is in flight or halted.
void check_rest(std::vector<std::unique_ptr<Node>>& nodes, Findings& findings);

// Instances that stand still until an operator acts.
std::vector<OrderId> parked_instances(const History& history);
// The same of erasures: ids of customers and orders.
std::vector<std::string> parked_erasures(const History& history);
std::vector<std::string> waiting_erasures(const History& history);

}  // namespace granary::simulation
