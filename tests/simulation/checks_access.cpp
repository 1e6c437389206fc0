// Who may do what, by a table that was written by hand and knows nothing of the product's own: each answer of each gateway is held
// against it, and each commit's actor against what it may cause.
#include <array>
#include <map>

#include "gateway/middleware/json_document.hpp"
#include "gateway/routes/route_table.hpp"
#include "sagas/processes/order_fulfilment.hpp"
#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

using http::Method;

// guest, customer, seller, delivery, admin, auditor, analyst (Y), importer
struct Rule {
    Method method;
    std::string_view path;   // `*` stands for one segment
    std::string_view roles;  // G C S D A U Y I; empty: anybody, without a key
    enum Of { nothing, order, payment, customer, order_in_body, order_in_query } of = nothing;  // what a customer must own
};

constexpr std::array rules{
    Rule{Method::get, "/v1/products", "GCSAUYI"},
    Rule{Method::post, "/v1/products", "SAI"},
    Rule{Method::get, "/v1/products/*", "GCSAUYI"},
    Rule{Method::put, "/v1/products/*", "SAI"},
    Rule{Method::patch, "/v1/products/*", "SAI"},
    Rule{Method::del, "/v1/products/*", "SAI"},
    Rule{Method::get, "/v1/stock", "SAUYI"},
    Rule{Method::get, "/v1/stock/*", "SAUYI"},
    Rule{Method::post, "/v1/stock/receipts", "SAI"},
    Rule{Method::post, "/v1/stock/adjustments", "SAI"},
    Rule{Method::post, "/v1/reservations", "SAI"},
    Rule{Method::post, "/v1/reservations/*/commit", "SAI"},
    Rule{Method::post, "/v1/reservations/*/release", "SAI"},
    Rule{Method::post, "/v1/customers", "CAI"},
    Rule{Method::get, "/v1/customers/*", "CAI", Rule::customer},
    Rule{Method::put, "/v1/customers/*/address", "CAI", Rule::customer},
    Rule{Method::get, "/v1/customers/*/export", "CA", Rule::customer},
    Rule{Method::post, "/v1/customers/*/erasure", "CA", Rule::customer},
    Rule{Method::post, "/v1/orders", "CAI"},
    Rule{Method::get, "/v1/orders", "CDAUI"},
    Rule{Method::get, "/v1/orders/*", "CDAUI", Rule::order},
    Rule{Method::get, "/v1/orders/*/timeline", "CDAUI", Rule::order},
    Rule{Method::get, "/v1/orders/*/history", "AU"},
    Rule{Method::get, "/v1/orders/*/history/changes", "AU"},
    Rule{Method::post, "/v1/orders/*/erasure", "CA", Rule::order},
    Rule{Method::put, "/v1/orders/*/status", "DA", Rule::order},
    Rule{Method::post, "/v1/orders/*/cancel", "CAI", Rule::order},
    Rule{Method::get, "/v1/orders/*/payments", "CAUI", Rule::order},
    Rule{Method::post, "/v1/orders/*/payments", "CAI", Rule::order},
    Rule{Method::get, "/v1/orders/*/shipments", "CDAUI", Rule::order},
    Rule{Method::post, "/v1/payment/checkout", "CAI", Rule::order_in_body},
    Rule{Method::get, "/v1/payment/status", "CAUI", Rule::order_in_query},
    Rule{Method::post, "/v1/payment/refund", "AI", Rule::order_in_body},
    Rule{Method::get, "/v1/payments/*", "CAUI", Rule::payment},
    Rule{Method::post, "/v1/payments/*/refunds", "AI", Rule::payment},
    Rule{Method::post, "/v1/shipping/calculate", "GCSAUYI"},
    Rule{Method::post, "/v1/shipping/track", "CDAUI", Rule::order_in_body},
    Rule{Method::post, "/v1/imports/orders", "AI"},
    Rule{Method::get, "/v1/reports/sales", "AY"},
    Rule{Method::get, "/v1/reports/products", "AY"},
    Rule{Method::get, "/v1/reports/cohorts", "AY"},
    Rule{Method::get, "/v1/reports/pairs", "AY"},
    Rule{Method::get, "/v1/reports/stock", "AY"},
    Rule{Method::get, "/v1/reports/sagas", "AY"},
    Rule{Method::get, "/v1/access-log", "AU"},
    Rule{Method::get, "/v1/exports/*", "A"},
    Rule{Method::post, "/v1/callbacks/payments", ""},
    Rule{Method::post, "/v1/callbacks/carrier", ""},
    Rule{Method::get, "/openapi.json", ""},
    Rule{Method::get, "/problems/*", ""},
    Rule{Method::get, "/livez", ""},
    Rule{Method::get, "/readyz", ""},
    Rule{Method::get, "/metrics", ""},
    Rule{Method::get, "/admin/v1/projections", "AUY"},
    Rule{Method::get, "/admin/v1/projections/*", "AUY"},
    Rule{Method::post, "/admin/v1/projections/*/work", "AY"},
    Rule{Method::get, "/admin/v1/sagas", "AUY"},
    Rule{Method::get, "/admin/v1/sagas/*", "AUY"},
    Rule{Method::get, "/admin/v1/erasures/*", "AUY"},
    Rule{Method::post, "/admin/v1/erasures/*/retry", "A"},
    Rule{Method::post, "/admin/v1/sagas/*/retry", "A"},
    Rule{Method::post, "/admin/v1/sagas/*/skip", "A"},
    Rule{Method::post, "/admin/v1/sagas/*/compensate", "A"},
};

char letter_of(Role role) {
    switch (role) {
        case Role::guest: return 'G';
        case Role::customer: return 'C';
        case Role::seller: return 'S';
        case Role::delivery: return 'D';
        case Role::admin: return 'A';
        case Role::auditor: return 'U';
        case Role::analyst: return 'Y';
        case Role::importer: return 'I';
    }
    return '?';
}

// A route's own pattern, or a path, against a rule's.
bool fits(std::string_view path, std::string_view pattern) {
    while (true) {
        const auto end = std::min(path.find('/', 1), path.size()), wanted = std::min(pattern.find('/', 1), pattern.size());
        const auto part = path.substr(0, end), want = pattern.substr(0, wanted);
        if (want != "/*" && part != want) return false;
        path.remove_prefix(end);
        pattern.remove_prefix(wanted);
        if (path.empty() || pattern.empty()) return path.empty() && pattern.empty();
    }
}

const Rule* rule_of(Method method, std::string_view path) {
    if (method == Method::head) method = Method::get;
    const Rule* found = nullptr;
    for (const auto& rule : rules) {
        // What is written out goes before `*`.
        if (rule.method == method && fits(path, rule.path) && (found == nullptr || found->path.contains('*'))) found = &rule;
    }
    return found;
}

std::string segment(std::string_view path, int number) {
    for (; number > 0; --number) path.remove_prefix(std::min(path.find('/', 1), path.size()));
    return std::string(path.substr(1, std::min(path.find('/', 1), path.size()) - 1));
}

class Judge {
  public:
    Judge(const History& history, const People& people, const std::optional<Changed>& changed, Findings& findings) : people_(people), changed_(changed), findings_(findings) {
        for (const auto& partition : history.partitions) {
            for (const auto& entry : partition) note_owners(entry);
        }
    }

    void judge(const Exchange& exchange) {
        if (exchange.status == 0) return;
        const std::string path = exchange.target.substr(0, exchange.target.find('?'));
        const Rule* rule = rule_of(exchange.method, path);
        if (rule == nullptr) return wrong(exchange, "is of a route that nobody has written a rule for");
        if (rule->roles.empty()) return judge_open(exchange, path);
        if (exchange.who == nullptr || !exchange.who->good) {
            if (exchange.status != 401) wrong(exchange, "was asked without a good key");
            return;
        }
        if (exchange.status == 401) return wrong(exchange, "was asked with a good key");
        if (!rule->roles.contains(letter_of(exchange.who->role))) {
            if (exchange.status != 403) wrong(exchange, "is not for this role");
            return;
        }
        if (is_foreign(exchange, *rule, path)) {
            const bool tells_nothing = exchange.status == 404 || exchange.status == 400 || exchange.status == 415 || exchange.status == 422 || exchange.status == 428 || exchange.status == 503;
            const bool is_damage = exchange.status == 500 && changed_ && changed_->meets(exchange.sent_at, exchange.answered_at);
            if (!tells_nothing && !is_damage) wrong(exchange, "is about somebody else's");
            return;
        }
        const bool cancels = cancels_without_leave(exchange, path);
        if (exchange.status == 403 && !cancels && !names_what_it_may_not(exchange)) wrong(exchange, "is for this role");
        if (exchange.status == 200 && cancels) wrong(exchange, "cancels without the permission");
        if (exchange.status == 201 && path == "/v1/orders" && names_what_it_may_not(exchange)) wrong(exchange, "names a price or somebody else");
    }

    void judge(const HistoryEntry& entry) {
        const auto& actor = entry.commit.meta.actor;
        if (actor == "client") return;  // those that speak to shards directly are not people
        for (const auto& item : entry.commit.events) {
            const std::string roles = std::visit([&](const auto& events) { return std::visit([&](const auto& event) { return causes_of(event); }, events); }, item.event);
            if (may_cause(actor, roles, entry)) continue;
            findings_.push_back(std::string(granary::name_of(item.event)) + " at " + text_of(entry.position) + " was caused by " + actor + ", who may not");
        }
    }

  private:
    void wrong(const Exchange& exchange, const std::string& what) {
        findings_.push_back(std::string(http::name_of(exchange.method)) + " " + exchange.target + " by " + (exchange.who != nullptr ? exchange.who->name : "nobody") + " " + what + ", and was answered " +
                            std::to_string(exchange.status));
    }

    void note_owners(const HistoryEntry& entry) {
        for (const auto& item : entry.commit.events) {
            if (const auto* order = std::get_if<orders::Event>(&item.event)) {
                if (const auto* placed = std::get_if<orders::OrderPlacedT>(order)) owners_[text_of(placed->order_id)] = placed->customer;
            } else if (const auto* payment = std::get_if<payments::Event>(&item.event)) {
                if (const auto* started = std::get_if<payments::PaymentStartedT>(payment)) orders_of_payments_[text_of(started->payment_id)] = text_of(started->order_id);
            }
        }
    }

    void judge_open(const Exchange& exchange, std::string_view path) {
        if (exchange.status == 403) return wrong(exchange, "is for everybody");
        if (!path.starts_with("/v1/callbacks/")) return;
        const auto* signature = exchange.headers.find("granary-signature");
        const bool made_up = signature == nullptr || signature->ends_with("aaaaaaaa");
        // A node that is shutting down, or busy, may answer before it has looked at the signature.
        const bool was_judged = exchange.status != 503;
        if (was_judged && made_up != (exchange.status == 401)) wrong(exchange, made_up ? "is not signed" : "is signed");
    }

    // Whether a customer asks about what is another's, or nobody's.
    bool is_foreign(const Exchange& exchange, const Rule& rule, const std::string& path) const {
        if (exchange.who->role != Role::customer) return false;
        std::string order;
        switch (rule.of) {
            case Rule::nothing: return false;
            case Rule::customer: return segment(path, 2) != "me" && segment(path, 2) != text_of(exchange.who->customer);
            case Rule::order: order = segment(path, 2); break;
            case Rule::payment: {
                const auto found = orders_of_payments_.find(segment(path, 2));
                if (found != orders_of_payments_.end()) order = found->second;
                break;
            }
            case Rule::order_in_query: order = exchange.target.substr(exchange.target.find('=') + 1); break;
            case Rule::order_in_body: {
                const auto body = gateway::JsonDocument::parse(exchange.body);
                const auto named = body && body->root().kind() == gateway::JsonKind::object ? body->root().member("order") : gateway::JsonNode();
                if (named) order = named.text();
                break;
            }
        }
        const auto owner = owners_.find(order);
        return owner == owners_.end() || owner->second != exchange.who->customer;
    }

    // An order for another customer, or at a price of one's own.
    static bool names_what_it_may_not(const Exchange& exchange) {
        if (exchange.target != "/v1/orders" || exchange.who->role == Role::admin || exchange.who->role == Role::importer) return false;
        const auto body = gateway::JsonDocument::parse(exchange.body);
        if (!body || body->root().kind() != gateway::JsonKind::object) return false;
        const auto customer = body->root().member("customer");
        return exchange.body.contains("\"unit_price\"") || (customer && customer.text() != text_of(exchange.who->customer));
    }

    // Of those who may set a status, the carrier's people may not send the money back.
    static bool cancels_without_leave(const Exchange& exchange, std::string_view path) {
        return exchange.method == Method::put && path.ends_with("/status") && exchange.who->role == Role::delivery && exchange.body.contains("CANCELLED");
    }

    // Roles, and `s` the saga of an order, `x` that of an erasure, `p` the payment provider, `c` the carrier, `e` the end of reservations; `o`: only the owner among customers.
    static std::string causes_of(const catalog::ProductCreatedT&) { return "SAI"; }
    static std::string causes_of(const catalog::ProductUpdatedT&) { return "SAI"; }
    static std::string causes_of(const catalog::ProductRetiredT&) { return "SAI"; }
    static std::string causes_of(const inventory::StockReceivedT&) { return "SAI"; }
    static std::string causes_of(const inventory::StockAdjustedT&) { return "SAI"; }
    static std::string causes_of(const inventory::StockReservedT&) { return "SAIs"; }
    static std::string causes_of(const inventory::ReservationCommittedT&) { return "SAIs"; }
    static std::string causes_of(const inventory::ReservationReleasedT&) { return "SAIse"; }
    static std::string causes_of(const inventory::ReleaseRecordedT&) { return "SAIs"; }
    static std::string causes_of(const orders::OrderPlacedT&) { return "CAIo"; }
    static std::string causes_of(const orders::PaymentSubmittedT&) { return "CAIo"; }
    static std::string causes_of(const orders::OrderPaidT&) { return "s"; }
    static std::string causes_of(const orders::OrderPackedT&) { return "DAs"; }
    static std::string causes_of(const orders::OrderShippedT&) { return "DAs"; }
    static std::string causes_of(const orders::OrderDeliveredT&) { return "DAs"; }
    static std::string causes_of(const orders::OrderCancelledT&) { return "CAIos"; }
    static std::string causes_of(const orders::OrderFailedT&) { return "s"; }
    static std::string causes_of(const payments::PaymentAuthorizedT&) { return "sp"; }
    static std::string causes_of(const payments::PaymentDeclinedT&) { return "sp"; }
    static std::string causes_of(const payments::PaymentCapturedT&) { return "sp"; }
    static std::string causes_of(const payments::PaymentVoidedT&) { return "sp"; }
    static std::string causes_of(const payments::PaymentRefundedT&) { return "sp"; }
    static std::string causes_of(const payments::RefundFailedT&) { return "sp"; }
    static std::string causes_of(const payments::RefundRequestedT&) { return "AIs"; }
    static std::string causes_of(const payments::PaymentStartedT&) { return "s"; }
    static std::string causes_of(const payments::CaptureRequestedT&) { return "s"; }
    static std::string causes_of(const payments::CaptureFailedT&) { return "s"; }
    static std::string causes_of(const payments::VoidRequestedT&) { return "s"; }
    static std::string causes_of(const payments::PaymentFailedT&) { return "s"; }
    static std::string causes_of(const delivery::ShipmentCreatedT&) { return "s"; }
    static std::string causes_of(const delivery::ShipmentBookedT&) { return "sc"; }
    static std::string causes_of(const delivery::ShipmentProgressedT&) { return "sc"; }
    static std::string causes_of(const delivery::ShipmentFailedT&) { return "s"; }
    static std::string causes_of(const delivery::ShipmentCancelRequestedT&) { return "s"; }
    static std::string causes_of(const delivery::ShipmentCancelledT&) { return "s"; }
    static std::string causes_of(const customers::CustomerRegisteredT&) { return "CAI"; }
    static std::string causes_of(const customers::AddressUpdatedT&) { return "CAI"; }
    static std::string causes_of(const order_fulfilment::InstanceRetriedT&) { return "A"; }
    static std::string causes_of(const order_fulfilment::StepSkippedT&) { return "A"; }
    static std::string causes_of(const order_fulfilment::CompensationRequestedT&) { return "A"; }
    static std::string causes_of(const access::AccessesRecordedT&) { return "GCSDAUYI"; }  // whoever looked, in a stream of its own
    static std::string causes_of(const customers::ErasureRequestedT&) { return "CA"; }
    static std::string causes_of(const customers::CustomerErasedT&) { return "x"; }
    static std::string causes_of(const orders::BuyerErasureRequestedT&) { return "A"; }
    static std::string causes_of(const orders::BuyerErasedT&) { return "x"; }
    static std::string causes_of(const customer_erasure::OrdersFoundT&) { return "x"; }
    static std::string causes_of(const customer_erasure::KeyDestroyedT&) { return "x"; }
    static std::string causes_of(const customer_erasure::ErasureParkedT&) { return "x"; }
    static std::string causes_of(const customer_erasure::ErasureRetriedT&) { return "A"; }
    template <class Other>
    static std::string causes_of(const Other&) {
        return "sAI";
    }

    bool may_cause(const std::string& actor, const std::string& roles, const HistoryEntry& entry) const {
        if (actor.starts_with("saga:order_fulfilment")) return roles.contains('s');
        if (actor == "saga:customer_erasure") return roles.contains('x');
        if (actor == "saga:reservation_expiry") return roles.contains('e');
        if (actor == "paymentCallback") return roles.contains('p');
        if (actor == "carrierCallback") return roles.contains('c');
        const Principal* who = people_.by_actor(actor);
        if (who == nullptr || !who->good || !roles.contains(letter_of(who->role))) return false;
        if (entry.commit.stream().kind == StreamKind::access) return entry.commit.meta.stream_key.starts_with(actor + "/");
        if (who->role != Role::customer) return true;
        if (entry.commit.stream().kind == StreamKind::customer) return entry.commit.meta.stream_key == text_of(who->customer);
        const auto owner = owners_.find(entry.commit.meta.routing_key);
        return !roles.contains('o') || (owner != owners_.end() && owner->second == who->customer);
    }

    const People& people_;
    const std::optional<Changed>& changed_;
    Findings& findings_;
    std::map<std::string, CustomerId> owners_;  // of orders
    std::map<std::string, std::string> orders_of_payments_;
};

}  // namespace

void check_access(const History& history, const People& people, const std::deque<Exchange>& exchanges, const std::optional<Changed>& changed, Findings& findings) {
    for (const auto& route : gateway::route_table()) {
        if (rule_of(route.method, route.pattern) == nullptr) findings.push_back("nobody has written down who may use " + std::string(route.operation) + " (tests/simulation/checks_access.cpp)");
    }
    Judge judge(history, people, changed, findings);
    for (const auto& exchange : exchanges) judge.judge(exchange);
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) judge.judge(entry);
    }
}

}  // namespace granary::simulation
