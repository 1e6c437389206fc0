// What is answered. Answers may gain members within /v1, so they don't refuse unknown ones.
#include <array>

#include "gateway/openapi/schemas.hpp"

namespace granary::gateway {
namespace {

#define GRANARY_LIST_SCHEMA(item) \
    R"({"type":"object","required":["data","next_cursor","has_more"],"properties":{"data":{"type":"array","items":)" item R"(},"next_cursor":{"type":["string","null"]},"has_more":{"type":"boolean"}}})"
#define GRANARY_LIST_EXAMPLE(item) R"({"data":[)" item R"(],"next_cursor":null,"has_more":false})"
#define GRANARY_REF(name) R"({"$ref":"#/components/schemas/)" name R"("})"

#define PRODUCT_EXAMPLE R"({"sku":"85123A","name":"White hanging heart t-light holder","description":"","unit_price":{"amount":"2.55","currency":"GBP"},"retired":false,"created_at":"2026-03-01T09:00:00Z","updated_at":"2026-03-01T09:00:00Z","version":1})"
#define STOCK_EXAMPLE R"({"sku":"85123A","warehouse":"main","on_hand":120,"reserved":6,"available":114,"sold":0,"updated_at":"2026-03-01T09:00:00Z","version":2})"
#define ORDER_EXAMPLE R"({"id":"ord_0195500000007000800000000000000b","status":"CREATED","total":{"amount":1530,"currency":"GBP"},"line_count":1,"warehouse":"main","country":"GB","placed_at":"2026-03-01T09:30:00Z","updated_at":"2026-03-01T09:30:00Z","version":1,"payment_method":"card","lines":[{"sku":"85123A","name":"White hanging heart t-light holder","quantity":6,"unit_price":"2.55","amount":"15.30"}]})"
#define SUMMARY_EXAMPLE R"({"id":"ord_0195500000007000800000000000000b","status":"PAID","total":{"amount":1530,"currency":"GBP"},"line_count":1,"warehouse":"main","country":"GB","placed_at":"2026-03-01T09:30:00Z","updated_at":"2026-03-01T09:30:01Z"})"
#define PAYMENT_EXAMPLE R"({"id":"pay_0195500000007000800000000000000a","order_id":"ord_0195500000007000800000000000000b","status":"captured","method":"card","amount":{"amount":1530,"currency":"GBP"},"captured":{"amount":1530,"currency":"GBP"},"refunds":[],"started_at":"2026-03-01T09:30:00Z","updated_at":"2026-03-01T09:30:01Z","version":4})"
#define SHIPMENT_EXAMPLE R"({"id":"shp_0195500000007000800000000000000c","status":"in_transit","tracking_number":"HC123456789GB"})"

constexpr std::array table = {
    BodySchema{"Problem", R"({"type":"object","required":["type","title","status","detail","code"],"properties":{"type":{"type":"string","format":"uri-reference"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},"instance":{"type":"string"},"code":{"type":"string"},"trace_id":{"type":"string"},"errors":{"type":"array","items":{"type":"object","required":["pointer","detail"],"properties":{"pointer":{"type":"string"},"detail":{"type":"string"}}}}}})",
               R"({"type":"/problems/invalid","title":"A value is out of its range","status":422,"detail":"one field is not as it must be: must be from 1 to 10000000","instance":"/v1/orders","code":"invalid","trace_id":"0af7651916cd43dd8448eb211c80319c","errors":[{"pointer":"/lines/0/quantity","detail":"must be from 1 to 10000000"}]})"},
    BodySchema{"Product", R"({"type":"object","required":["sku","name","unit_price","version"],"properties":{"sku":{"type":"string"},"name":{"type":"string"},"description":{"type":"string"},"unit_price":{"$ref":"#/components/schemas/Price"},"retired":{"type":"boolean"},"created_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"},"version":{"type":"integer"}}})", PRODUCT_EXAMPLE},
    BodySchema{"ProductList", GRANARY_LIST_SCHEMA(GRANARY_REF("Product")), GRANARY_LIST_EXAMPLE(PRODUCT_EXAMPLE)},
    BodySchema{"Stock", R"({"type":"object","required":["sku","warehouse","on_hand","reserved","available","sold"],"properties":{"sku":{"type":"string"},"warehouse":{"type":"string"},"on_hand":{"type":"integer"},"reserved":{"type":"integer"},"available":{"type":"integer"},"sold":{"type":"integer"},"updated_at":{"type":"string","format":"date-time"},"version":{"type":"integer"}}})", STOCK_EXAMPLE},
    BodySchema{"StockList", GRANARY_LIST_SCHEMA(GRANARY_REF("Stock")), GRANARY_LIST_EXAMPLE(STOCK_EXAMPLE)},
    BodySchema{"StockAnswer", R"({"description":"a list; with ?warehouse= the one","anyOf":[{"$ref":"#/components/schemas/StockList"},{"$ref":"#/components/schemas/Stock"}]})", STOCK_EXAMPLE},
    BodySchema{"StockReceiptResult", R"({"type":"object","required":["sku","warehouse","quantity"],"properties":{"sku":{"type":"string"},"warehouse":{"type":"string"},"quantity":{"type":"integer"},"recorded_at":{"type":"string","format":"date-time"}}})",
               R"({"sku":"85123A","warehouse":"main","quantity":120,"recorded_at":"2026-03-01T09:00:00Z"})"},
    BodySchema{"StockAdjustmentResult", R"({"type":"object","required":["sku","warehouse","delta"],"properties":{"sku":{"type":"string"},"warehouse":{"type":"string"},"delta":{"type":"integer"},"recorded_at":{"type":"string","format":"date-time"}}})",
               R"({"sku":"85123A","warehouse":"main","delta":-2,"recorded_at":"2026-03-01T09:00:00Z"})"},
    BodySchema{"Reservation", R"({"type":"object","required":["id","sku","warehouse","quantity","status","expires_at"],"properties":{"id":{"type":"string"},"sku":{"type":"string"},"warehouse":{"type":"string"},"quantity":{"type":"integer"},"status":{"type":"string"},"expires_at":{"type":"string","format":"date-time"},"recorded_at":{"type":"string","format":"date-time"}}})",
               R"({"id":"rsv_0195500000007000800000000000000d","sku":"85123A","warehouse":"main","quantity":6,"status":"open","expires_at":"2026-03-01T09:45:00Z","recorded_at":"2026-03-01T09:30:00Z"})"},
    BodySchema{"ReservationChange", R"({"type":"object","required":["id","status"],"properties":{"id":{"type":"string"},"sku":{"type":"string"},"warehouse":{"type":"string"},"status":{"type":"string"}}})",
               R"({"id":"rsv_0195500000007000800000000000000d","sku":"85123A","warehouse":"main","status":"committed"})"},
    BodySchema{"CustomerRegistered", R"({"type":"object","required":["id","country"],"properties":{"id":{"type":"string"},"country":{"type":"string"},"reference":{"type":"string"},"registered_at":{"type":"string","format":"date-time"}}})",
               R"({"id":"cus_0195500000007000800000000000000e","country":"GB","reference":"17850","registered_at":"2026-03-01T09:00:00Z"})"},
    BodySchema{"Customer", R"({"type":"object","required":["id","country"],"properties":{"id":{"type":"string"},"country":{"type":"string"},"reference":{"type":"string"},"registered_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"},"profile":{"type":["object","null"],"description":"null when it was erased"},"address":{"type":["object","null"]},"version":{"type":"integer"}}})",
               R"({"id":"cus_0195500000007000800000000000000e","country":"GB","reference":"17850","registered_at":"2026-03-01T09:00:00Z","updated_at":"2026-03-01T09:00:00Z","version":1,"profile":{"name":"Ada Byron"},"address":{"city":"London"}})"},
    BodySchema{"CustomerChange", R"({"type":"object","required":["id","changed"],"properties":{"id":{"type":"string"},"changed":{"type":"boolean"}}})", R"({"id":"cus_0195500000007000800000000000000e","changed":true})"},
    BodySchema{"Order", R"({"type":"object","required":["id","status","total","lines","version"],"properties":{"id":{"type":"string"},"status":{"enum":["CREATED","PAID","PACKED","SHIPPED","DELIVERED","FAILED","CANCELLED","RETURNED","REFUNDED"]},"customer":{"type":"string"},"reference":{"type":"string"},"total":{"$ref":"#/components/schemas/Money"},"line_count":{"type":"integer"},"warehouse":{"type":"string"},"country":{"type":"string"},"reason":{"type":"string"},"placed_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"},"version":{"type":"integer"},"payment_method":{"type":"string"},"payment":{"type":"object"},"shipment":{"type":"object"},"lines":{"type":"array","items":{"type":"object"}},"ship_to":{"type":["object","null"]},"note":{"type":["string","null"]}}})", ORDER_EXAMPLE},
    BodySchema{"OrderSummary", R"({"type":"object","required":["id","status","total"],"properties":{"id":{"type":"string"},"status":{"type":"string"},"customer":{"type":"string"},"reference":{"type":"string"},"total":{"$ref":"#/components/schemas/Money"},"line_count":{"type":"integer"},"warehouse":{"type":"string"},"country":{"type":"string"},"placed_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"}}})", SUMMARY_EXAMPLE},
    BodySchema{"OrderList", GRANARY_LIST_SCHEMA(GRANARY_REF("OrderSummary")), GRANARY_LIST_EXAMPLE(SUMMARY_EXAMPLE)},
    BodySchema{"Timeline", GRANARY_LIST_SCHEMA(R"({"type":"object","required":["type","position"],"properties":{"type":{"type":"string"},"occurred_at":{"type":"string","format":"date-time"},"recorded_at":{"type":"string","format":"date-time"},"position":{"type":"string"}}})"),
               GRANARY_LIST_EXAMPLE(R"({"type":"order_placed","occurred_at":"2026-03-01T09:30:00Z","recorded_at":"2026-03-01T09:30:00Z","position":"12:3456"})")},
    BodySchema{"OrderStatusResult", R"({"type":"object","required":["id","changed"],"properties":{"id":{"type":"string"},"status":{"type":"string","description":"after the change; left out when nothing changed"},"changed":{"type":"boolean"}}})",
               R"({"id":"ord_0195500000007000800000000000000b","status":"SHIPPED","changed":true})"},
    BodySchema{"PaymentSubmitted", R"({"type":"object","required":["order","status"],"properties":{"order":{"type":"string"},"status":{"type":"string"}}})", R"({"order":"ord_0195500000007000800000000000000b","status":"submitted"})"},
    BodySchema{"PaymentStatus", R"({"type":"object","required":["order","order_status","payment"],"properties":{"order":{"type":"string"},"order_status":{"type":"string"},"payment":{"type":["object","null"]}}})",
               R"({"order":"ord_0195500000007000800000000000000b","order_status":"PAID","payment":{"id":"pay_0195500000007000800000000000000a","status":"captured","method":"card","amount":{"amount":1530,"currency":"GBP"}}})"},
    BodySchema{"Payment", R"({"type":"object","required":["id","order_id","status","amount"],"properties":{"id":{"type":"string"},"order_id":{"type":"string"},"status":{"type":"string"},"method":{"type":"string"},"amount":{"$ref":"#/components/schemas/Money"},"captured":{"$ref":"#/components/schemas/Money"},"refunded":{"$ref":"#/components/schemas/Money"},"reason":{"type":"string"},"refunds":{"type":"array","items":{"type":"object"}},"version":{"type":"integer"}}})", PAYMENT_EXAMPLE},
    BodySchema{"PaymentList", GRANARY_LIST_SCHEMA(GRANARY_REF("Payment")), GRANARY_LIST_EXAMPLE(PAYMENT_EXAMPLE)},
    BodySchema{"RefundRequested", R"({"type":"object","required":["id","payment","order","status","amount"],"properties":{"id":{"type":"string"},"payment":{"type":"string"},"order":{"type":"string"},"status":{"type":"string"},"amount":{"$ref":"#/components/schemas/Money"}}})",
               R"({"id":"ref_0195500000007000800000000000000f","payment":"pay_0195500000007000800000000000000a","order":"ord_0195500000007000800000000000000b","status":"requested","amount":{"amount":1530,"currency":"GBP"}})"},
    BodySchema{"ShippingPrice", R"({"type":"object","required":["zone","price"],"properties":{"country":{"type":"string"},"pieces":{"type":"integer"},"zone":{"type":"string"},"price":{"$ref":"#/components/schemas/Money"},"days_min":{"type":"integer"},"days_max":{"type":"integer"}}})",
               R"({"country":"FR","pieces":12,"zone":"europe","price":{"amount":1495,"currency":"GBP"},"days_min":3,"days_max":5})"},
    BodySchema{"Shipment", R"({"type":"object","required":["id","status"],"properties":{"id":{"type":"string"},"status":{"type":"string"},"tracking_number":{"type":"string"}}})", SHIPMENT_EXAMPLE},
    BodySchema{"Tracking", R"({"type":"object","required":["order","shipment"],"properties":{"order":{"type":"string"},"shipment":{"anyOf":[{"$ref":"#/components/schemas/Shipment"},{"type":"null"}]}}})",
               R"({"order":"ord_0195500000007000800000000000000b","shipment":)" SHIPMENT_EXAMPLE R"(})"},
    BodySchema{"ShipmentList", GRANARY_LIST_SCHEMA(GRANARY_REF("Shipment")), GRANARY_LIST_EXAMPLE(SHIPMENT_EXAMPLE)},
    BodySchema{"InvoiceImportResult", R"({"type":"object","required":["imported","already_there","refused","lines","position"],"properties":{"imported":{"type":"integer"},"already_there":{"type":"integer"},"refused":{"type":"array","items":{"type":"object","required":["number","code"],"properties":{"number":{"type":"string"},"code":{"type":"string"},"pointer":{"type":"string"},"detail":{"type":"string"}}}},"lines":{"type":"object","properties":{"sale":{"type":"integer"},"cancel":{"type":"integer"},"adjust":{"type":"integer"},"zero":{"type":"integer"}}},"position":{"type":"string"}}})",
               R"({"imported":1,"already_there":0,"refused":[],"lines":{"sale":1,"cancel":0,"adjust":0,"zero":0},"position":"12:3456"})"},
    BodySchema{"Report", R"({"type":"object","required":["rows","position"],"properties":{"report":{"type":"string"},"by":{"type":"string"},"columns":{"type":"array","items":{"type":"object","required":["name","kind"],"properties":{"name":{"type":"string"},"kind":{"enum":["text","integer","amount","ratio"]}}}},"rows":{"type":"array","items":{"type":"object"}},"position":{"type":"string","description":"the position vector that the report answers for"}}})",
               R"({"report":"sales","by":"country","columns":[{"name":"country","kind":"text"},{"name":"gross","kind":"amount"}],"rows":[{"country":"EIRE","gross":"15.300"}],"position":"12:3460"})"},
    BodySchema{"ProblemDescription", R"({"type":"object","required":["type","code","status","title","remedy"],"properties":{"type":{"type":"string"},"code":{"type":"string"},"status":{"type":"integer"},"title":{"type":"string"},"remedy":{"type":"string"}}})",
               R"({"type":"/problems/pending","code":"pending","status":503,"title":"The view has not got that far","remedy":"Wait as long as Retry-After says and ask again with the same Granary-Min-Position."})"},
    BodySchema{"Health", R"({"type":"object","required":["status"],"properties":{"status":{"type":"string"},"detail":{"type":"string"}}})", R"({"status":"ready","detail":""})"},
    BodySchema{"ProjectionWorkBegun", R"({"type":"object","required":["view","action","status"],"properties":{"view":{"type":"string"},"action":{"type":"string"},"status":{"type":"string"}}})", R"({"view":"orders","action":"rebuild","status":"begun"})"},
    BodySchema{"SagaRequested", R"({"type":"object","required":["order","requested"],"properties":{"order":{"type":"string"},"requested":{"type":"string"},"dry_run":{"type":"boolean"},"plan":{"type":"object"}}})", R"({"order":"ord_0195500000007000800000000000000b","requested":"retry"})"},
    BodySchema{"AnyObject", R"({"type":"object"})", R"({})"},
    BodySchema{"AnyList", GRANARY_LIST_SCHEMA(R"({"type":"object"})"), GRANARY_LIST_EXAMPLE("")},
};

}  // namespace

std::span<const BodySchema> answer_schemas() { return table; }

}  // namespace granary::gateway
