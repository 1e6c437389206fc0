// Pages of orders, payments and stock: what each says equals the folded aggregates, which the views' own code did not fold.
// (That a view equals one folded afresh shows nothing of this: both come from the same code.)
#include <map>
#include <optional>
#include <utility>

#include "command-side/domain/delivery.hpp"
#include "command-side/domain/orders.hpp"
#include "command-side/domain/payments.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/row.hpp"
#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

using orders::OrderStatus;

struct Folded {
    orders::OrderStateT order;
    PaymentId payment;    // the newest
    ShipmentId shipment;  // the newest
};

// Of an article in a warehouse, by arithmetic of our own: its aggregate keeps reservations apart.
struct Level {
    std::int64_t received = 0, reserved = 0, sold = 0;

    void note(const inventory::StockReceivedT& e) { received += e.quantity; }
    void note(const inventory::StockAdjustedT& e) { received += e.delta; }
    void note(const inventory::StockReservedT& e) { reserved += e.quantity; }
    void note(const inventory::ReservationCommittedT& e) {
        reserved -= e.quantity;
        sold += e.quantity;
    }
    void note(const inventory::ReservationReleasedT& e) { (e.was_committed ? sold : reserved) -= e.quantity; }
    void note(const inventory::ReleaseRecordedT&) {}
};

struct Aggregates {
    std::map<OrderId, Folded> pages;
    std::map<PaymentId, payments::PaymentStateT> paid;
    std::map<ShipmentId, delivery::ShipmentStateT> parcels;
    std::map<std::pair<Sku, WarehouseCode>, Level> levels;

    void take(const orders::Event& event) {
        std::visit([&](const auto& e) { evolve(pages[e.order_id].order, event); }, event);
    }
    void take(const payments::Event& event) {
        std::visit([&](const auto& e) { evolve(paid[e.payment_id], event); }, event);
        if (const auto* started = std::get_if<payments::PaymentStartedT>(&event)) pages[started->order_id].payment = started->payment_id;
    }
    void take(const inventory::Event& event) {
        std::visit([&](const auto& e) { levels[{e.sku, e.warehouse}].note(e); }, event);
    }
    void take(const delivery::Event& event) {
        std::visit([&](const auto& e) { evolve(parcels[e.shipment_id], event); }, event);
        if (const auto* created = std::get_if<delivery::ShipmentCreatedT>(&event)) pages[created->order_id].shipment = created->shipment_id;
    }
};

Aggregates fold(const History& history) {
    Aggregates all;
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) {
            for (const auto& item : entry.commit.events) {
                if (const auto* order = std::get_if<orders::Event>(&item.event)) all.take(*order);
                else if (const auto* payment = std::get_if<payments::Event>(&item.event)) all.take(*payment);
                else if (const auto* stock = std::get_if<inventory::Event>(&item.event)) all.take(*stock);
                else if (const auto* shipment = std::get_if<delivery::Event>(&item.event)) all.take(*shipment);
            }
        }
    }
    return all;
}

class PageReader {
  public:
    PageReader(Node& node, Findings& findings) : node_(node), findings_(findings) {}

    void check(const Aggregates& all) {
        for (const auto& [id, folded] : all.pages) {
            name_ = node_.url() + ", page of order " + text_of(id) + " ";
            if (const auto row = find<read_models::OrderRowT>("orders", read_models::order_key(id))) compare(*row, folded, all);
        }
        for (const auto& [id, folded] : all.paid) {
            name_ = node_.url() + ", page of payment " + text_of(id) + " ";
            const auto row = find<read_models::PaymentRowT>("payments", read_models::payment_key(id));
            if (row && row->payment) compare(*row->payment, id, folded);
        }
        for (const auto& [place, level] : all.levels) {
            name_ = node_.url() + ", stock of " + std::string(place.first.view()) + " ";
            if (const auto row = find<read_models::StockRowT>("stock", read_models::stock_key(place.first, place.second))) compare(*row, level);
        }
        check_places(all);
    }

  private:
    void wrong(const std::string& what) { findings_.push_back(name_ + what); }
    template <class Row>
    std::optional<Row> find(std::string_view view, const std::string& key) {
        const auto table = node_.views().views().live_table(view);
        const auto value = table ? node_.views_disk().get(*table, key) : Result<std::optional<std::string>>(std::nullopt);
        if (!value || !*value) {
            wrong("is not there");
            return std::nullopt;
        }
        auto row = read_models::read_row<Row>(**value);
        if (row) return std::move(row->row);
        wrong("can't be read");
        return std::nullopt;
    }
    template <class A, class B>
    void same(A shown, B folded, const char* what) {
        const auto is = static_cast<std::int64_t>(folded);
        const auto says = static_cast<std::int64_t>(shown);
        if (says != is) wrong(std::string("shows the ") + what + " " + std::to_string(says) + ", and it is " + std::to_string(is));
    }

    void compare(const read_models::OrderRowT& row, const Folded& folded, const Aggregates& all) {
        same(row.status, folded.order.status, "status");
        if ((row.payment == nullptr) != folded.payment.is_nil()) wrong("shows a payment that there is not, or none");
        else if (row.payment) compare(*row.payment, folded.payment, all.paid.at(folded.payment));
        if ((row.shipment == nullptr) != folded.shipment.is_nil()) wrong("shows a parcel that there is not, or none");
        else if (row.shipment) compare(*row.shipment, folded.shipment, all.parcels.at(folded.shipment));
    }
    void compare(const read_models::PaymentPartT& shown, PaymentId id, const payments::PaymentStateT& folded) {
        if (shown.payment_id != id) wrong("shows another payment than the newest");
        same(shown.status, folded.status, "payment's status");
        same(shown.captured.minor, folded.captured.minor, "captured money");
        same(shown.refunded.minor, folded.refunded.minor, "refunded money");
        same(shown.open_refunds, folded.open_refunds.size(), "number of open refunds");
    }
    void compare(const read_models::ShipmentPartT& shown, ShipmentId id, const delivery::ShipmentStateT& folded) {
        if (shown.shipment_id != id) wrong("shows another parcel than the newest");
        same(shown.status, folded.status, "parcel's status");
        if (shown.tracking_number != folded.tracking_number) wrong("shows another tracking number");
    }

    void compare(const read_models::StockRowT& row, const Level& level) {
        same(row.on_hand, level.received - level.sold, "pieces on hand");
        same(row.reserved, level.reserved, "pieces reserved");
        same(row.sold, level.sold, "pieces sold");
    }

    // Each order stands in the list of its status, and in no other.
    void check_places(const Aggregates& all) {
        std::map<OrderId, int> listed;
        const auto table = node_.views().views().live_table("orders_by_status");
        if (!table) return findings_.push_back(node_.url() + " has no list of orders by status");
        for (int status = 0; status <= static_cast<int>(OrderStatus::MAX); ++status) {
            const std::string prefix = read_models::status_order_prefix(static_cast<OrderStatus>(status));
            const auto take = [&](std::string_view key, std::string_view) {
                const auto id = read_models::order_of_list_key(key);
                const auto found = id ? all.pages.find(*id) : all.pages.end();
                if (id) ++listed[*id];
                if (found == all.pages.end()) findings_.push_back(node_.url() + " lists an order that there is not");
                else if (static_cast<int>(found->second.order.status) != status) findings_.push_back(node_.url() + " lists order " + text_of(*id) + " under a status that it does not have");
                return true;
            };
            (void)node_.views_disk().scan(*table, prefix, read_models::end_of_prefix(prefix), take);
        }
        for (const auto& [id, folded] : all.pages) {
            if (listed[id] != 1) findings_.push_back(node_.url() + " lists order " + text_of(id) + " " + std::to_string(listed[id]) + " times");
        }
    }

    Node& node_;
    Findings& findings_;
    std::string name_;
};

}  // namespace

void check_pages(const History& history, std::vector<std::unique_ptr<Node>>& nodes, Findings& findings) {
    const Aggregates all = fold(history);
    for (const auto& node : nodes) PageReader(*node, findings).check(all);
}

}  // namespace granary::simulation
