// What may be sent. Limits repeat those of core/limits.hpp; a test sends each example through its route.
#include <array>

#include "gateway/openapi/schemas.hpp"

namespace granary::gateway {
namespace {

constexpr std::array request_bodies = {
    BodySchema{"Money", R"({"type":"object","additionalProperties":false,"required":["amount","currency"],"properties":{"amount":{"type":"integer","description":"whole minor units"},"currency":{"type":"string","pattern":"^[A-Z]{3}$"}}})",
               R"({"amount":1999,"currency":"GBP"})"},
    BodySchema{"Price", R"({"type":"object","additionalProperties":false,"required":["amount","currency"],"properties":{"amount":{"oneOf":[{"type":"string","pattern":"^[0-9]+(\\.[0-9]{1,4})?$"},{"type":"integer","minimum":0}],"description":"decimal string with at most four decimals, or whole minor units"},"currency":{"type":"string","pattern":"^[A-Z]{3}$"}}})",
               R"({"amount":"2.55","currency":"GBP"})"},
    BodySchema{"Address", R"({"type":"object","additionalProperties":false,"properties":{"name":{"type":"string","maxLength":500},"lines":{"type":"array","minItems":1,"maxItems":5,"items":{"type":"string","maxLength":500}},"city":{"type":"string","maxLength":500},"postcode":{"type":"string","maxLength":500},"phone":{"type":"string","maxLength":500}}})",
               R"({"name":"Ada Byron","lines":["12 St James's Square"],"city":"London","postcode":"SW1Y 4JH"})"},
    BodySchema{"Profile", R"({"type":"object","additionalProperties":false,"properties":{"name":{"type":"string","maxLength":500},"email":{"type":"string","maxLength":500},"phone":{"type":"string","maxLength":500}}})",
               R"({"name":"Ada Byron","email":"ada@example.org"})"},
    BodySchema{"NewProduct", R"({"type":"object","additionalProperties":false,"required":["sku","name","unit_price"],"properties":{"sku":{"type":"string","minLength":1,"maxLength":31},"name":{"type":"string","minLength":1,"maxLength":200},"description":{"type":"string","maxLength":4000},"unit_price":{"$ref":"#/components/schemas/Price"}}})",
               R"({"sku":"85123A","name":"White hanging heart t-light holder","unit_price":{"amount":"2.55","currency":"GBP"}})"},
    BodySchema{"ProductBody", R"({"type":"object","additionalProperties":false,"required":["name","unit_price"],"properties":{"sku":{"type":"string","minLength":1,"maxLength":31,"description":"that of the path, or left out"},"name":{"type":"string","minLength":1,"maxLength":200},"description":{"type":"string","maxLength":4000},"unit_price":{"$ref":"#/components/schemas/Price"}}})",
               R"({"name":"White hanging heart t-light holder","description":"glass and metal","unit_price":{"amount":"2.75","currency":"GBP"}})"},
    BodySchema{"ProductPatch", R"({"type":"object","additionalProperties":false,"properties":{"name":{"type":"string","minLength":1,"maxLength":200},"description":{"type":["string","null"],"maxLength":4000},"unit_price":{"$ref":"#/components/schemas/Price"}}})",
               R"({"unit_price":{"amount":"2.75","currency":"GBP"}})"},
    BodySchema{"StockReceipt", R"({"type":"object","additionalProperties":false,"required":["sku","warehouse","quantity"],"properties":{"sku":{"type":"string","minLength":1,"maxLength":31},"warehouse":{"type":"string","pattern":"^[A-Za-z0-9_-]{1,15}$"},"quantity":{"type":"integer","minimum":1,"maximum":10000000},"reference":{"type":"string","maxLength":64}}})",
               R"({"sku":"85123A","warehouse":"main","quantity":120,"reference":"delivery note 4711"})"},
    BodySchema{"StockAdjustment", R"({"type":"object","additionalProperties":false,"required":["sku","warehouse","delta","reason"],"properties":{"sku":{"type":"string","minLength":1,"maxLength":31},"warehouse":{"type":"string","pattern":"^[A-Za-z0-9_-]{1,15}$"},"delta":{"type":"integer","minimum":-10000000,"maximum":10000000,"not":{"const":0}},"reason":{"type":"string","minLength":1,"maxLength":200}}})",
               R"({"sku":"85123A","warehouse":"main","delta":-2,"reason":"damaged"})"},
    BodySchema{"NewReservation", R"({"type":"object","additionalProperties":false,"required":["sku","warehouse","quantity"],"properties":{"sku":{"type":"string","minLength":1,"maxLength":31},"warehouse":{"type":"string","pattern":"^[A-Za-z0-9_-]{1,15}$"},"quantity":{"type":"integer","minimum":1,"maximum":10000000},"hold_seconds":{"type":"integer","minimum":1,"maximum":900}}})",
               R"({"sku":"85123A","warehouse":"main","quantity":6,"hold_seconds":300})"},
    BodySchema{"ReservationPlace", R"({"type":"object","additionalProperties":false,"required":["sku","warehouse"],"properties":{"sku":{"type":"string","minLength":1,"maxLength":31},"warehouse":{"type":"string","pattern":"^[A-Za-z0-9_-]{1,15}$"}}})",
               R"({"sku":"85123A","warehouse":"main"})"},
    BodySchema{"ReservationRelease", R"({"type":"object","additionalProperties":false,"required":["sku","warehouse"],"properties":{"sku":{"type":"string","minLength":1,"maxLength":31},"warehouse":{"type":"string","pattern":"^[A-Za-z0-9_-]{1,15}$"},"reason":{"type":"string","maxLength":200}}})",
               R"({"sku":"85123A","warehouse":"main","reason":"not needed"})"},
    BodySchema{"NewCustomer", R"({"type":"object","additionalProperties":false,"required":["country"],"properties":{"country":{"type":"string","pattern":"^[A-Z]{2}$"},"profile":{"$ref":"#/components/schemas/Profile"},"address":{"$ref":"#/components/schemas/Address"},"reference":{"type":"string","maxLength":64}}})",
               R"({"country":"GB","profile":{"name":"Ada Byron","email":"ada@example.org"},"address":{"lines":["12 St James's Square"],"city":"London","postcode":"SW1Y 4JH"},"reference":"17850"})"},
    BodySchema{"AddressBody", R"({"type":"object","additionalProperties":false,"required":["country","address"],"properties":{"country":{"type":"string","pattern":"^[A-Z]{2}$"},"address":{"$ref":"#/components/schemas/Address"}}})",
               R"({"country":"GB","address":{"lines":["1 Dorset Street"],"city":"London","postcode":"W1U 4EG"}})"},
    BodySchema{"ErasureWish", R"({"type":"object","additionalProperties":false,"properties":{"ground":{"enum":["asked_for","no_longer_needed","consent_withdrawn","objected","unlawful","legal_duty"]},"despite_orders":{"type":"boolean","description":"do not wait for orders that are under way; needs customers:all"}}})",
               R"({"ground":"consent_withdrawn"})"},
    BodySchema{"PaymentInstruction", R"({"type":"object","additionalProperties":false,"required":["token"],"properties":{"token":{"type":"string","minLength":1,"maxLength":128,"description":"of the payment provider; never a card number"},"method":{"enum":["card","bank_transfer","upi","cash_on_delivery"]}}})",
               R"({"token":"tok_accept","method":"card"})"},
    BodySchema{"NewOrder", R"({"type":"object","additionalProperties":false,"required":["lines","country"],"properties":{"lines":{"type":"array","minItems":1,"maxItems":2000,"items":{"type":"object","additionalProperties":false,"required":["sku","quantity"],"properties":{"sku":{"type":"string","minLength":1,"maxLength":31},"quantity":{"type":"integer","minimum":1,"maximum":10000000},"unit_price":{"$ref":"#/components/schemas/Price","description":"only with the permission orders:import"}}}},"warehouse":{"type":"string","pattern":"^[A-Za-z0-9_-]{1,15}$"},"country":{"type":"string","pattern":"^[A-Z]{2}$"},"ship_to":{"$ref":"#/components/schemas/Address"},"note":{"type":"string","maxLength":500},"payment":{"$ref":"#/components/schemas/PaymentInstruction"},"reference":{"type":"string","maxLength":64},"customer":{"type":"string","pattern":"^cus_[0-9a-f]{32}$","description":"only with the permission orders:import"}}})",
               R"({"lines":[{"sku":"85123A","quantity":6},{"sku":"71053","quantity":6}],"warehouse":"main","country":"GB","ship_to":{"name":"Ada Byron","lines":["12 St James's Square"],"city":"London","postcode":"SW1Y 4JH"},"payment":{"token":"tok_accept","method":"card"},"reference":"536365"})"},
    BodySchema{"InvoiceImport", R"({"type":"object","additionalProperties":false,"required":["source","currency","invoices"],"properties":{"source":{"type":"string","pattern":"^[A-Za-z0-9._-]{1,31}$"},"currency":{"type":"string","pattern":"^[A-Z]{3}$"},"invoices":{"type":"array","minItems":1,"maxItems":500,"items":{"type":"object","additionalProperties":false,"required":["number","occurred_at","lines"],"properties":{"number":{"type":"string","pattern":"^[A-Za-z0-9._-]{1,31}$"},"customer":{"type":"string","maxLength":64},"country":{"type":"string","maxLength":64},"occurred_at":{"type":"string","format":"date-time"},"lines":{"type":"array","minItems":1,"maxItems":2000,"items":{"type":"object","additionalProperties":false,"required":["stock_code","quantity","unit_price"],"properties":{"stock_code":{"type":"string","minLength":1,"maxLength":31},"description":{"type":"string","maxLength":200},"quantity":{"type":"integer","minimum":-10000000,"maximum":10000000},"unit_price":{"type":"string","pattern":"^-?[0-9]+(\\.[0-9]{1,4})?$"},"occurred_at":{"type":"string","format":"date-time","description":"when it is not the invoice's"}}}}}}}}})",
               R"({"source":"online-retail","currency":"GBP","invoices":[{"number":"536365","customer":"17850","country":"United Kingdom","occurred_at":"2010-12-01T08:26:00Z","lines":[{"stock_code":"85123A","description":"WHITE HANGING HEART T-LIGHT HOLDER","quantity":6,"unit_price":"2.55"}]}]})"},
    BodySchema{"OrderStatusBody", R"({"type":"object","additionalProperties":false,"required":["status"],"properties":{"status":{"enum":["PACKED","SHIPPED","DELIVERED","CANCELLED"]},"tracking_number":{"type":"string","maxLength":64},"reason":{"type":"string","maxLength":200}}})",
               R"({"status":"SHIPPED","tracking_number":"HC123456789GB"})"},
    BodySchema{"Cancellation", R"({"type":"object","additionalProperties":false,"properties":{"reason":{"type":"string","maxLength":200}}})", R"({"reason":"ordered twice"})"},
    BodySchema{"Checkout", R"({"type":"object","additionalProperties":false,"required":["order","token"],"properties":{"order":{"type":"string","pattern":"^ord_[0-9a-f]{32}$"},"token":{"type":"string","minLength":1,"maxLength":128},"method":{"enum":["card","bank_transfer","upi","cash_on_delivery"]}}})",
               R"({"order":"ord_0195500000007000800000000000000b","token":"tok_accept","method":"card"})"},
    BodySchema{"OrderRefund", R"({"type":"object","additionalProperties":false,"required":["order"],"properties":{"order":{"type":"string","pattern":"^ord_[0-9a-f]{32}$"},"amount":{"$ref":"#/components/schemas/Money","description":"all that is left when it is not given"},"reason":{"type":"string","maxLength":200}}})",
               R"({"order":"ord_0195500000007000800000000000000b","amount":{"amount":1530,"currency":"GBP"},"reason":"broken on arrival"})"},
    BodySchema{"PaymentRefund", R"({"type":"object","additionalProperties":false,"properties":{"amount":{"$ref":"#/components/schemas/Money"},"reason":{"type":"string","maxLength":200}}})",
               R"({"amount":{"amount":1530,"currency":"GBP"},"reason":"broken on arrival"})"},
    BodySchema{"ShippingQuestion", R"({"type":"object","additionalProperties":false,"required":["country","pieces"],"properties":{"country":{"type":"string","pattern":"^[A-Z]{2}$"},"pieces":{"type":"integer","minimum":1,"maximum":10000000}}})",
               R"({"country":"FR","pieces":12})"},
    BodySchema{"TrackingQuestion", R"({"type":"object","additionalProperties":false,"required":["order"],"properties":{"order":{"type":"string","pattern":"^ord_[0-9a-f]{32}$"}}})",
               R"({"order":"ord_0195500000007000800000000000000b"})"},
    BodySchema{"PaymentNotice", R"({"type":"object","additionalProperties":false,"required":["event_id","type","occurred_at","payment_id","order_id"],"properties":{"event_id":{"type":"string","minLength":1,"maxLength":64},"type":{"enum":["payment.authorized","payment.declined","payment.captured","payment.voided","payment.refunded"]},"occurred_at":{"type":"string","format":"date-time"},"payment_id":{"type":"string","pattern":"^pay_[0-9a-f]{32}$"},"order_id":{"type":"string","pattern":"^ord_[0-9a-f]{32}$"},"amount":{"$ref":"#/components/schemas/Money"},"reference":{"type":"string","maxLength":64},"reason":{"type":"string","minLength":1,"maxLength":200},"refund_id":{"type":"string","pattern":"^ref_[0-9a-f]{32}$"}}})",
               R"({"event_id":"hp_evt_000000000000002a","type":"payment.authorized","occurred_at":"2026-03-01T09:30:00Z","payment_id":"pay_0195500000007000800000000000000a","order_id":"ord_0195500000007000800000000000000b","amount":{"amount":1999,"currency":"GBP"},"reference":"hp_auth_17"})"},
    BodySchema{"ShipmentNotice", R"({"type":"object","additionalProperties":false,"required":["event_id","type","occurred_at","shipment_id","order_id"],"properties":{"event_id":{"type":"string","minLength":1,"maxLength":64},"type":{"enum":["shipment.booked","shipment.packed","shipment.in_transit","shipment.delivered"]},"occurred_at":{"type":"string","format":"date-time"},"shipment_id":{"type":"string","pattern":"^shp_[0-9a-f]{32}$"},"order_id":{"type":"string","pattern":"^ord_[0-9a-f]{32}$"},"tracking_number":{"type":"string","minLength":1,"maxLength":64}}})",
               R"({"event_id":"hc_evt_0000000000000007","type":"shipment.delivered","occurred_at":"2026-03-01T16:05:00Z","shipment_id":"shp_0195500000007000800000000000000c","order_id":"ord_0195500000007000800000000000000b"})"},
    BodySchema{"ProjectionWork", R"({"type":"object","additionalProperties":false,"required":["action"],"properties":{"action":{"enum":["rebuild","verify","promote","discard","cancel"]},"generation":{"type":"integer","minimum":0},"parallel":{"type":"integer","minimum":1,"maximum":16},"records_per_second":{"type":"integer","minimum":1,"maximum":100000000},"unverified":{"type":"boolean"}}})",
               R"({"action":"rebuild"})"},
    BodySchema{"SagaRetry", R"({"type":"object","additionalProperties":false,"properties":{"reason":{"type":"string","maxLength":200}}})", R"({"reason":"the provider is back"})"},
    BodySchema{"SagaSkip", R"({"type":"object","additionalProperties":false,"required":["step","reason"],"properties":{"step":{"type":"string","maxLength":64},"reason":{"type":"string","minLength":1,"maxLength":200}}})",
               R"({"step":"book_shipment","reason":"collected by the customer"})"},
    BodySchema{"SagaCompensation", R"({"type":"object","additionalProperties":false,"required":["reason"],"properties":{"reason":{"type":"string","minLength":1,"maxLength":200}}})",
               R"({"reason":"fraud"})"},
};

}  // namespace

std::span<const BodySchema> request_schemas() { return request_bodies; }

}  // namespace granary::gateway
