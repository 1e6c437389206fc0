// Reads through gateways: each shows a moment that was, not older than what its token names; what was made is there; and lists hold
// what was in them throughout, once.
#include <algorithm>
#include <map>
#include <set>

#include "core/routing.hpp"
#include "gateway/middleware/json_document.hpp"
#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

using gateway::JsonDocument;
using gateway::JsonKind;
using gateway::JsonNode;
using http::Method;

// One page after one commit.
struct Moment {
    Offset at;
    Duration stored_at;
    std::uint64_t version = 0;
    std::string status;
    std::string payment;      // the newest
    std::int64_t refunded = 0;
    std::string tracking;
};

struct OrderLife {
    CustomerId customer;
    Partition partition;
    std::vector<Moment> moments;
    std::map<std::string, std::int64_t> refunded;  // by payment
    std::vector<std::pair<std::string, Offset>> payments;
};

struct Lives {
    std::map<std::string, OrderLife> orders;
    struct Since {
        Partition partition;
        Offset at;
        std::optional<Duration> until;
    };
    std::map<std::string, Since> products, stocked;
};

struct StatusWord {
    const char* operator()(const orders::OrderPlacedT&) const { return "CREATED"; }
    const char* operator()(const orders::PaymentSubmittedT&) const { return nullptr; }
    const char* operator()(const orders::OrderPaidT&) const { return "PAID"; }
    const char* operator()(const orders::OrderPackedT&) const { return "PACKED"; }
    const char* operator()(const orders::OrderShippedT&) const { return "SHIPPED"; }
    const char* operator()(const orders::OrderDeliveredT&) const { return "DELIVERED"; }
    const char* operator()(const orders::OrderCancelledT&) const { return "CANCELLED"; }
    const char* operator()(const orders::OrderFailedT&) const { return "FAILED"; }
    const char* operator()(const orders::BuyerErasureRequestedT&) const { return nullptr; }
    const char* operator()(const orders::BuyerErasedT&) const { return nullptr; }
};

class Folder {
  public:
    explicit Folder(Lives& lives) : lives_(lives) {}

    void take(const HistoryEntry& entry) {
        for (const auto& item : entry.commit.events) {
            if (const auto* order = std::get_if<orders::Event>(&item.event)) note(entry, *order);
            else if (const auto* payment = std::get_if<payments::Event>(&item.event)) note(entry, *payment);
            else if (const auto* parcel = std::get_if<delivery::Event>(&item.event)) note(entry, *parcel);
            else if (const auto* erasure = std::get_if<customer_erasure::Event>(&item.event)) note(entry, *erasure);
            else if (const auto* product = std::get_if<catalog::Event>(&item.event)) note(entry, *product);
            else if (const auto* stock = std::get_if<inventory::Event>(&item.event)) note(entry, *stock);
        }
    }

  private:
    Moment& moment(const HistoryEntry& entry, OrderId id) {
        auto& life = lives_.orders[text_of(id)];
        life.partition = entry.position.partition;
        Moment next = life.moments.empty() ? Moment{} : life.moments.back();
        next.at = entry.position.offset;
        next.stored_at = entry.stored_at;
        if (!life.moments.empty() && life.moments.back().at == next.at) life.moments.back() = next;
        else life.moments.push_back(next);
        return life.moments.back();
    }
    void note(const HistoryEntry& entry, const orders::Event& event) {
        auto& now = moment(entry, std::visit([](const auto& e) { return e.order_id; }, event));
        now.version = entry.commit.last_version();
        if (const char* word = std::visit(StatusWord(), event)) now.status = word;
        if (const auto* placed = std::get_if<orders::OrderPlacedT>(&event)) lives_.orders[text_of(placed->order_id)].customer = placed->customer;
    }
    void note(const HistoryEntry& entry, const payments::Event& event) {
        const OrderId order = std::visit([](const auto& e) { return e.order_id; }, event);
        const std::string payment = text_of(std::visit([](const auto& e) { return e.payment_id; }, event));
        auto& now = moment(entry, order);
        auto& life = lives_.orders[text_of(order)];
        if (std::holds_alternative<payments::PaymentStartedT>(event)) {
            now.payment = payment;
            life.payments.emplace_back(payment, entry.position.offset);
        }
        if (const auto* back = std::get_if<payments::PaymentRefundedT>(&event)) life.refunded[payment] += back->amount.minor;
        now.refunded = life.refunded[now.payment];
    }
    void note(const HistoryEntry& entry, const delivery::Event& event) {
        auto& now = moment(entry, std::visit([](const auto& e) { return e.order_id; }, event));
        if (std::holds_alternative<delivery::ShipmentCreatedT>(event)) now.tracking.clear();
        if (const auto* booked = std::get_if<delivery::ShipmentBookedT>(&event)) now.tracking = booked->tracking_number;
    }
    // Shown on the page of the buyer's order; the order's own version stays.
    void note(const HistoryEntry& entry, const customer_erasure::Event& event) {
        const OrderId order = std::visit([](const auto& e) { return e.order; }, event);
        if (!order.is_nil()) (void)moment(entry, order);
    }
    void note(const HistoryEntry& entry, const catalog::Event& event) {
        const std::string sku(std::visit([](const auto& e) { return e.sku; }, event).view());
        auto& since = lives_.products.try_emplace(sku, Lives::Since{entry.position.partition, entry.position.offset, {}}).first->second;
        if (std::holds_alternative<catalog::ProductRetiredT>(event)) since.until = entry.stored_at;
    }
    void note(const HistoryEntry& entry, const inventory::Event& event) {
        if (!std::holds_alternative<inventory::StockReceivedT>(event) && !std::holds_alternative<inventory::StockReservedT>(event)) return;
        const std::string sku(std::visit([](const auto& e) { return e.sku; }, event).view());
        lives_.stocked.try_emplace(sku, Lives::Since{entry.position.partition, entry.position.offset, {}});
    }

    Lives& lives_;
};

std::string member_text(JsonNode object, std::string_view name) {
    const auto node = object && object.kind() == JsonKind::object ? object.member(name) : JsonNode();
    return node && node.kind() == JsonKind::string ? std::string(node.text()) : std::string();
}

using Bounds = std::map<std::uint32_t, Offset>;

void raise(Bounds& bounds, std::string_view positions) {
    while (!positions.empty()) {
        const auto comma = positions.find(',');
        if (const auto position = parse_position(positions.substr(0, comma))) {
            auto& bound = bounds[position->partition.number];
            bound = std::max(bound, position->offset);
        }
        positions = comma == std::string_view::npos ? std::string_view() : positions.substr(comma + 1);
    }
}

// What this answer may not be older than: what was asked for, and what it says of itself.
Bounds bounds_of(const Exchange& exchange) {
    Bounds bounds;
    if (const auto* token = exchange.headers.find("granary-min-position")) raise(bounds, *token);
    raise(bounds, exchange.header("granary-position"));
    return bounds;
}

class Reads {
  public:
    Reads(const Lives& lives, Findings& findings) : lives_(lives), findings_(findings) {}

    void take(const Exchange& exchange) {
        if (exchange.method != Method::get || (exchange.status != 200 && exchange.status != 304)) return;
        constexpr std::string_view orders = "/v1/orders/";
        if (!exchange.target.starts_with(orders)) return;
        const std::string id = exchange.target.substr(orders.size());
        if (const auto life = lives_.orders.find(id); life != lives_.orders.end()) compare(exchange, life->second);
    }

    // `made`: by path, when its maker was answered first.
    void check_made(const Exchange& exchange, const std::map<std::string, Duration>& made) {
        if (exchange.status != 404 || exchange.who == nullptr) return;
        for (const auto& [path, when] : made) {
            const bool about = exchange.target == path || exchange.target.starts_with(path + "/");
            if (about && exchange.sent_at > when && is_theirs(exchange, path)) wrong(exchange, "is not found, and was made before");
        }
    }

    void check_walk(const Walk& walk) {
        if (!walk.complete || walk.pages.empty()) return;
        const Bounds since = bounds_of(*walk.pages.front());
        const Duration until = walk.pages.back()->answered_at;
        std::map<std::string, int> listed;
        std::string name = "id";
        if (walk.list.starts_with("/v1/products") || walk.list.starts_with("/v1/stock")) name = "sku";
        else if (walk.list.ends_with("/timeline")) name = "position";
        for (const auto* page : walk.pages) {
            const auto document = JsonDocument::parse(page->text);
            const auto data = document ? document->root().member("data") : JsonNode();
            for (auto item = data ? data.first() : JsonNode(); item; item = item.next()) ++listed[member_text(item, name)];
        }
        expect_all(walk, wanted_of(walk, since, until), listed);
        if (name == "position") return;
        for (const auto& [id, times] : listed) {
            if (times > 1 && !has_moved(id, since, until)) findings_.push_back("the list " + walk.list + " shows " + id + " " + std::to_string(times) + " times to " + walk.session->who->name);
        }
    }

  private:
    void wrong(const Exchange& exchange, const std::string& what) {
        const auto* token = exchange.headers.find("granary-min-position");
        findings_.push_back(exchange.target + ", read by " + exchange.who->name + " at node " + std::to_string(exchange.node) + " with the token " + (token != nullptr ? *token : "none") + ", " + what);
    }
    static Offset bound(const Bounds& bounds, Partition partition) {
        const auto found = bounds.find(partition.number);
        return found == bounds.end() ? Offset{} : found->second;
    }

    void compare(const Exchange& exchange, const OrderLife& life) {
        // Who is told that nothing changed goes on with what it has.
        const auto* had = exchange.headers.find("if-none-match");
        const std::string etag = exchange.status == 304 && had != nullptr ? *had : exchange.header("etag");
        const auto dash = etag.find('-');
        if (dash == std::string::npos) return wrong(exchange, "has no entity tag");
        const Offset at{std::atoll(etag.c_str() + dash + 1)};
        const auto moment = std::ranges::find(life.moments, at, &Moment::at);
        if (moment == life.moments.end()) return wrong(exchange, "shows a moment at which nothing happened to it: " + etag);
        if (std::to_string(moment->version) != etag.substr(1, dash - 1)) wrong(exchange, "has the tag " + etag + ", and was at version " + std::to_string(moment->version));
        const auto next = std::next(moment);
        if (next != life.moments.end() && next->at <= bound(bounds_of(exchange), life.partition)) {
            wrong(exchange, "is older than that: it is from " + std::to_string(at.number) + ", and changed at " + std::to_string(next->at.number));
        }
        if (exchange.status == 200) compare_page(exchange, *moment);
    }
    void compare_page(const Exchange& exchange, const Moment& moment) {
        const auto document = JsonDocument::parse(exchange.text);
        if (!document) return wrong(exchange, "is no JSON");
        const auto root = document->root();
        if (member_text(root, "status") != moment.status) wrong(exchange, "shows the status " + member_text(root, "status") + ", and was " + moment.status);
        const auto payment = root.member("payment");
        if (member_text(payment, "id") != moment.payment) wrong(exchange, "shows another payment");
        const auto refunded = payment ? payment.member("refunded") : JsonNode();
        const std::int64_t minor = refunded ? refunded.member("amount").integer() : 0;
        if (minor != moment.refunded) wrong(exchange, "shows that " + std::to_string(minor) + " was refunded, and it was " + std::to_string(moment.refunded));
        if (member_text(root.member("shipment"), "tracking_number") != moment.tracking) wrong(exchange, "shows another tracking number");
    }

    bool is_theirs(const Exchange& exchange, const std::string& path) const {
        if (!exchange.who->good || exchange.who->role == Role::guest) return exchange.who->good && path.starts_with("/v1/products");
        if (exchange.who->role != Role::customer) return !path.starts_with("/v1/customers");
        const auto order = lives_.orders.find(path.substr(path.rfind('/') + 1));
        if (order != lives_.orders.end()) return order->second.customer == exchange.who->customer;
        return path.starts_with("/v1/products") || path == "/v1/customers/" + text_of(exchange.who->customer);
    }

    // What was in the list before its first page was read, and still when the last one was.
    std::set<std::string> wanted_of(const Walk& walk, const Bounds& since, Duration until) const {
        std::set<std::string> wanted;
        const auto& list = walk.list;
        const auto add_all = [&](const std::map<std::string, Lives::Since>& things) {
            for (const auto& [name, one] : things) {
                if (one.at <= bound(since, one.partition) && !(one.until && *one.until <= until)) wanted.insert(name);
            }
        };
        if (list.starts_with("/v1/products")) add_all(lives_.products);
        else if (list.starts_with("/v1/stock")) add_all(lives_.stocked);
        else if (list.starts_with("/v1/orders/")) add_of_order(list.substr(11), since, wanted);
        else for (const auto& [id, life] : lives_.orders) {
            const bool own = walk.session->who->role != Role::customer || life.customer == walk.session->who->customer;
            if (own && is_listed_throughout(life, list, since, until)) wanted.insert(id);
        }
        return wanted;
    }
    void add_of_order(std::string_view rest, const Bounds& since, std::set<std::string>& wanted) const {
        const auto life = lives_.orders.find(std::string(rest.substr(0, rest.find('/'))));
        if (life == lives_.orders.end()) return;
        const Offset seen = bound(since, life->second.partition);
        if (rest.ends_with("/payments")) {
            for (const auto& [payment, at] : life->second.payments) {
                if (at <= seen) wanted.insert(payment);
            }
            return;
        }
        // Of the timeline: each change of the order's status.
        std::string status;
        for (const auto& moment : life->second.moments) {
            if (moment.at <= seen && moment.status != status) wanted.insert(text_of(Position{life->second.partition, moment.at}));
            status = moment.status;
        }
    }
    static bool is_listed_throughout(const OrderLife& life, std::string_view list, const Bounds& since, Duration until) {
        const auto filter = list.find("status=");
        const std::string_view word = filter == std::string_view::npos ? std::string_view() : list.substr(filter + 7);
        const auto matches = [&](const Moment& moment) { return word.empty() || moment.status == word || (word == "processing" && (moment.status == "PAID" || moment.status == "PACKED")); };
        bool listed = false;
        for (const auto& moment : life.moments) {
            if (moment.at <= bound(since, life.partition)) listed = matches(moment);
            else if (moment.stored_at <= until) listed = listed && matches(moment);
        }
        return listed;
    }
    // A list of several statuses goes from one to the next, and an order may do so, too.
    bool has_moved(const std::string& id, const Bounds& since, Duration until) const {
        const auto life = lives_.orders.find(id);
        if (life == lives_.orders.end()) return false;
        std::string status;
        bool moved = false;
        for (const auto& moment : life->second.moments) {
            moved = moved || (moment.at > bound(since, life->second.partition) && moment.stored_at <= until && moment.status != status);
            status = moment.status;
        }
        return moved;
    }
    void expect_all(const Walk& walk, const std::set<std::string>& wanted, const std::map<std::string, int>& listed) {
        for (const auto& id : wanted) {
            if (!listed.contains(id)) findings_.push_back("the list " + walk.list + " lacks " + id + " for " + walk.session->who->name);
        }
    }

    const Lives& lives_;
    Findings& findings_;
};

}  // namespace

void check_reading(const History& history, const std::deque<Exchange>& exchanges, const std::deque<Walk>& walks, const std::optional<Changed>& changed, Findings& findings) {
    const auto counts = [&](const Exchange& exchange) { return !changed || !changed->meets(exchange.sent_at, exchange.answered_at); };
    Lives lives;
    Folder folder(lives);
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) folder.take(entry);
    }
    std::map<std::string, Duration> made;
    for (const auto& exchange : exchanges) {
        if (exchange.status != 201) continue;
        auto [at, fresh] = made.emplace(exchange.header("location"), exchange.answered_at);
        if (!fresh) at->second = std::min(at->second, exchange.answered_at);
    }
    Reads reads(lives, findings);
    for (const auto& exchange : exchanges) {
        if (!counts(exchange)) continue;
        reads.take(exchange);
        reads.check_made(exchange, made);
    }
    for (const auto& walk : walks) {
        if (std::ranges::all_of(walk.pages, [&](const auto* page) { return counts(*page); })) reads.check_walk(walk);
    }
}

}  // namespace granary::simulation
