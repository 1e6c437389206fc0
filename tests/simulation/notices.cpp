// Callbacks as their houses write them.
#include "core/json_writer.hpp"
#include "tests/simulation/visitors.hpp"

namespace granary::simulation {
namespace {

void write_amount(JsonWriter& json, Money money) {
    json.key("amount").begin_object().member("amount", money.minor).member("currency", text_of(money.currency)).end_object();
}

class Writer {
  public:
    explicit Writer(const Callback& callback) { json_.begin_object().member("event_id", callback.event).member("occurred_at", rfc3339_of(callback.occurred_at)); }

    void operator()(const payments::Command& command) { std::visit(*this, command); }
    void operator()(const delivery::Command& command) {
        carrier = true;
        std::visit(*this, command);
    }
    void operator()(const payments::RecordAuthorizedT& c) {
        about(c, "payment.authorized");
        write_amount(json_, c.amount);
        json_.member("reference", c.provider_reference);
    }
    void operator()(const payments::RecordDeclinedT& c) {
        about(c, "payment.declined");
        json_.member("reason", c.reason);
    }
    void operator()(const payments::RecordCapturedT& c) {
        about(c, "payment.captured");
        write_amount(json_, c.amount);
    }
    void operator()(const payments::RecordVoidedT& c) { about(c, "payment.voided"); }
    void operator()(const payments::RecordRefundedT& c) {
        about(c, "payment.refunded");
        json_.member("refund_id", text_of(c.refund_id));
    }
    void operator()(const delivery::RecordBookedT& c) {
        about_parcel(c, "shipment.booked");
        json_.member("tracking_number", c.tracking_number);
    }
    void operator()(const delivery::RecordProgressT& c) {
        using enum delivery::ShipmentStatus;
        about_parcel(c, c.status == packed ? "shipment.packed" : c.status == in_transit ? "shipment.in_transit" : "shipment.delivered");
    }
    // No house tells of anything else.
    template <class Other>
    void operator()(const Other&) {
        GRANARY_CHECK(false);
    }

    std::string take() { return json_.end_object().take(); }
    bool carrier = false;

  private:
    template <class PaymentCommand>
    void about(const PaymentCommand& c, std::string_view type) {
        json_.member("type", type).member("payment_id", text_of(c.payment_id)).member("order_id", text_of(c.order_id));
    }
    template <class ParcelCommand>
    void about_parcel(const ParcelCommand& c, std::string_view type) {
        json_.member("type", type).member("shipment_id", text_of(c.shipment_id)).member("order_id", text_of(c.order_id));
    }

    JsonWriter json_;
};

}  // namespace

Notice notice_of(const Callback& callback) {
    Writer writer(callback);
    std::visit(writer, callback.command);
    const bool carrier = writer.carrier;
    return {writer.take(), carrier};
}

}  // namespace granary::simulation
