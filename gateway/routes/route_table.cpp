// Every route of the API: method, path, operation, permission, handler. docs and /openapi.json follow this order.
#include "gateway/routes/route_table.hpp"

#include <algorithm>
#include <array>

#include "gateway/routes/access.hpp"
#include "gateway/routes/callbacks.hpp"
#include "gateway/routes/catalog.hpp"
#include "gateway/routes/customers.hpp"
#include "gateway/routes/delivery.hpp"
#include "gateway/routes/exports.hpp"
#include "gateway/routes/inventory.hpp"
#include "gateway/routes/invoices.hpp"
#include "gateway/routes/operations.hpp"
#include "gateway/routes/orders.hpp"
#include "gateway/routes/payments.hpp"
#include "gateway/routes/sales.hpp"

namespace granary::gateway {
namespace {

using enum Permission;
using enum Audit;
using enum http::Method;
using enum BodyKind;
constexpr auto keyed = Key::needed;
constexpr auto unkeyed = Key::not_used;
constexpr std::size_t large = limits::http_large_body_bytes_max;

constexpr std::array table = {
    // catalog
    Route{get, "/v1/products", "listProducts", catalog_read, unrecorded, list_products, "List products by SKU", 200, {}, "ProductList", BodyKind::none, unkeyed, "limit,cursor,include_retired"},
    Route{post, "/v1/products", "createProduct", catalog_write, by_event, create_product, "Create a product", 201, "NewProduct", "Product", json, keyed},
    Route{get, "/v1/products/{id}", "getProduct", catalog_read, unrecorded, get_product, "Read a product; the id is its SKU", 200, {}, "Product"},
    Route{put, "/v1/products/{id}", "putProduct", catalog_write, by_event, put_product, "Replace a product, or create it with If-None-Match: *", 200, "ProductBody", "Product", json},
    Route{patch, "/v1/products/{id}", "patchProduct", catalog_write, by_event, patch_product, "Change some fields of a product (RFC 7396)", 200, "ProductPatch", "Product", merge_patch},
    Route{del, "/v1/products/{id}", "retireProduct", catalog_write, by_event, retire_product, "Retire a product: it is not sold any more, its history stays", 204},
    // inventory
    Route{get, "/v1/stock", "listStock", stock_read, unrecorded, list_warehouse_stock, "Stock of one warehouse, by SKU", 200, {}, "StockList", BodyKind::none, unkeyed, "limit,cursor,warehouse"},
    Route{post, "/v1/stock/receipts", "receiveStock", stock_write, by_event, receive_stock, "Take goods into a warehouse", 201, "StockReceipt", "StockReceiptResult", json, keyed},
    Route{post, "/v1/stock/adjustments", "adjustStock", stock_write, by_event, adjust_stock, "Correct the stock, with a reason", 201, "StockAdjustment", "StockAdjustmentResult", json, keyed},
    Route{get, "/v1/stock/{id}", "getStock", stock_read, unrecorded, get_stock, "Stock of one SKU: by warehouse, or of the one that is named", 200, {}, "StockAnswer", BodyKind::none, unkeyed, "limit,cursor,warehouse"},
    Route{post, "/v1/reservations", "createReservation", stock_write, by_event, create_reservation, "Hold stock for a while", 201, "NewReservation", "Reservation", json, keyed},
    Route{post, "/v1/reservations/{id}/commit", "commitReservation", stock_write, by_event, commit_reservation, "Take held stock for good", 200, "ReservationPlace", "ReservationChange", json, keyed},
    Route{post, "/v1/reservations/{id}/release", "releaseReservation", stock_write, by_event, release_reservation, "Give held stock back", 200, "ReservationRelease", "ReservationChange", json, keyed},
    // customers
    Route{post, "/v1/customers", "registerCustomer", customers_register, by_event, register_customer, "Register a customer", 201, "NewCustomer", "CustomerRegistered", json, keyed},
    Route{get, "/v1/customers/{id}", "getCustomer", customers_own, of_others, get_customer, "Read a customer; `me` is the one that the key belongs to", 200, {}, "Customer"},
    Route{put, "/v1/customers/{id}/address", "putAddress", customers_own, by_event, put_address, "Change a customer's address", 200, "AddressBody", "CustomerChange", json},
    Route{get, "/v1/customers/{id}/export", "exportCustomer", customers_export, always, export_customer, "All that is held about a customer: the profile, every address, orders with their payments and what happened to them", 200, {}, "PersonExport"},
    Route{post, "/v1/customers/{id}/erasure", "eraseCustomer", customers_erase, by_event, erase_customer, "Erase a customer's personal data, once no order is under way; the customer's page shows how far it is", 202, "ErasureWish", "ErasureRequested", optional_json, keyed},
    // orders
    Route{post, "/v1/orders", "placeOrder", orders_place, by_event, place_order, "Place an order; Prefer: wait=N holds the answer until it is PAID or has ended", 201, "NewOrder", "Order", json, keyed, {}, large},
    Route{get, "/v1/orders", "listOrders", orders_read, of_others, list_orders, "A customer's own orders, newest first; for staff those of all, by status", 200, {}, "OrderList", BodyKind::none, unkeyed, "limit,cursor,status,customer"},
    Route{get, "/v1/orders/{id}", "getOrder", orders_read, of_others, get_order, "Read an order", 200, {}, "Order"},
    Route{get, "/v1/orders/{id}/timeline", "getOrderTimeline", orders_read, of_others, get_order_timeline, "What happened to an order, oldest first", 200, {}, "Timeline", BodyKind::none, unkeyed, "limit,cursor"},
    Route{get, "/v1/orders/{id}/history", "getOrderHistory", history_read, always, get_order_history, "Every event of an order, its payments, shipments and sagas: who caused it, why, and the state after it; oldest first; as_of: what the log knew at that position or time", 200, {}, "History", BodyKind::none, unkeyed, "limit,cursor,as_of"},
    Route{get, "/v1/orders/{id}/history/changes", "getOrderChanges", history_read, always, get_order_changes, "Which fields of an order differ between two moments, each a position of its partition or a time; to: now, if left out", 200, {}, "OrderChanges", BodyKind::none, unkeyed, "from,to"},
    Route{put, "/v1/orders/{id}/status", "putOrderStatus", orders_status, by_event, put_order_status, "Change an order's status by hand", 200, "OrderStatusBody", "OrderStatusResult", json},
    Route{post, "/v1/orders/{id}/cancel", "cancelOrder", orders_cancel, by_event, cancel_order, "Cancel an order that has not been packed", 200, "Cancellation", "OrderStatusResult", optional_json, keyed},
    Route{post, "/v1/orders/{id}/erasure", "eraseBuyer", customers_erase, by_event, erase_buyer, "Erase the personal data of an order without a customer, once it has ended; the order's page shows how far it is", 202, "ErasureWish", "ErasureRequested", optional_json, keyed},
    // payments
    Route{post, "/v1/payment/checkout", "checkout", payments_pay, by_event, checkout, "Pay for an order, or try again", 202, "Checkout", "PaymentSubmitted", json, keyed},
    Route{get, "/v1/payment/status", "getPaymentStatus", payments_read, of_others, get_payment_status, "How far the payment of an order is", 200, {}, "PaymentStatus", BodyKind::none, unkeyed, "order"},
    Route{post, "/v1/payment/refund", "refundOrder", payments_refund, by_event, refund_order, "Pay an order's money back, all or in part", 202, "OrderRefund", "RefundRequested", json, keyed},
    Route{get, "/v1/payments/{id}", "getPayment", payments_read, of_others, get_payment, "Read a payment", 200, {}, "Payment"},
    Route{post, "/v1/payments/{id}/refunds", "refundPayment", payments_refund, by_event, refund_payment, "Pay money of one payment back", 202, "PaymentRefund", "RefundRequested", json, keyed},
    Route{get, "/v1/orders/{id}/payments", "listOrderPayments", payments_read, of_others, list_order_payments, "All attempts to pay an order", 200, {}, "PaymentList", BodyKind::none, unkeyed, "limit,cursor"},
    Route{post, "/v1/orders/{id}/payments", "payOrder", payments_pay, by_event, pay_order, "Pay for this order, or try again", 202, "PaymentInstruction", "PaymentSubmitted", json, keyed},
    // delivery
    Route{post, "/v1/shipping/calculate", "calculateShipping", catalog_read, unrecorded, calculate_shipping, "What shipping would cost", 200, "ShippingQuestion", "ShippingPrice", json},
    Route{post, "/v1/shipping/track", "trackShipment", shipments_read, of_others, track_shipment, "Where the shipment of an order is", 200, "TrackingQuestion", "Tracking", json},
    Route{get, "/v1/orders/{id}/shipments", "listOrderShipments", shipments_read, of_others, list_order_shipments, "Shipments of an order", 200, {}, "ShipmentList"},
    // imports
    Route{post, "/v1/imports/orders", "importOrders", orders_import, by_event, import_orders, "Take over invoices that another system booked, each once", 200, "InvoiceImport", "InvoiceImportResult", json, unkeyed, {}, large},
    // reports
    Route{get, "/v1/reports/sales", "reportSales", reports_read, always, report_sales, "Sales of imported invoices (by day, month, hour, weekday, country, product or customer), or of the orders placed here (of=orders: by day or product)", 200, {}, "Report", BodyKind::none, unkeyed, "of,by,as_of,until,currency,from,to"},
    Route{get, "/v1/reports/products", "reportProducts", reports_read, always, report_products, "The products of imported invoices that sold for most", 200, {}, "Report", BodyKind::none, unkeyed, "top,as_of,until,currency"},
    Route{get, "/v1/reports/cohorts", "reportCohorts", reports_read, always, report_cohorts, "Of the customers who first ordered in one month, how many ordered in each month from then on", 200, {}, "Report", BodyKind::none, unkeyed, "as_of,until,currency"},
    Route{get, "/v1/reports/pairs", "reportPairs", reports_read, always, report_pairs, "The two products that are most often in one order", 200, {}, "Report", BodyKind::none, unkeyed, "top,as_of,until,currency"},
    Route{get, "/v1/reports/stock", "reportStock", reports_read, always, report_stock, "What lies where, what of it is promised, and what it is worth at list prices", 200, {}, "Report", BodyKind::none, unkeyed, "warehouse"},
    Route{get, "/v1/reports/sagas", "reportSagas", reports_read, always, report_sagas, "How many sagas stand where and how old they are (by=status), or how long each step took (by=step)", 200, {}, "Report", BodyKind::none, unkeyed, "by"},
    // access, and exports of personal data
    Route{get, "/v1/access-log", "listAccesses", access_read, always, list_accesses, "Who was given what that is not their own, newest first", 200, {}, "AccessList", BodyKind::none, unkeyed, "limit,cursor,principal,operation,from,to"},
    Route{get, "/v1/exports/{view}", "exportRows", exports_personal, always, export_rows, "The rows of orders or customers with their personal data, by id, for exports", 200, {}, "AnyList", BodyKind::none, unkeyed, "limit,cursor"},
    // callbacks
    Route{post, "/v1/callbacks/payments", "paymentCallback", anyone, unrecorded, payment_callback, "Signed notices of the payment provider", 204, "PaymentNotice", {}, json},
    Route{post, "/v1/callbacks/carrier", "carrierCallback", anyone, unrecorded, carrier_callback, "Signed notices of the carrier", 204, "ShipmentNotice", {}, json},
    // about the API itself
    Route{get, "/openapi.json", "getOpenApi", anyone, unrecorded, get_openapi, "This description", 200, {}, "AnyObject"},
    Route{get, "/problems/{code}", "getProblem", anyone, unrecorded, get_problem, "What a problem code means, and its remedy", 200, {}, "ProblemDescription"},
    // operations
    Route{get, "/livez", "getLivez", anyone, unrecorded, get_livez, "Is the process alive", 200, {}, "Health"},
    Route{get, "/readyz", "getReadyz", anyone, unrecorded, get_readyz, "Is it ready to serve", 200, {}, "Health"},
    Route{get, "/metrics", "getMetrics", anyone, unrecorded, get_metrics, "Metrics as Prometheus text", 200},
    Route{get, "/admin/v1/projections", "listProjections", operations_read, always, list_projections, "All generations of all views", 200, {}, "AnyObject"},
    Route{get, "/admin/v1/projections/{view}", "getProjection", operations_read, always, get_projection, "One view, and the work on it", 200, {}, "AnyObject"},
    Route{post, "/admin/v1/projections/{view}/work", "beginProjectionWork", projections_write, always, begin_projection_work, "Rebuild, verify, promote or discard; or cancel what is under way", 202, "ProjectionWork", "ProjectionWorkBegun", json},
    Route{get, "/admin/v1/sagas", "listSagas", operations_read, always, list_sagas, "Sagas that have not ended; with parked=true those that wait for an operator", 200, {}, "AnyList", BodyKind::none, unkeyed, "limit,cursor,parked"},
    Route{get, "/admin/v1/sagas/{id}", "getSaga", operations_read, always, get_saga, "The saga of one order", 200, {}, "AnyObject"},
    Route{get, "/admin/v1/erasures/{id}", "getErasure", operations_read, always, get_erasure, "The saga that erases a customer, or the buyer of an order without one", 200, {}, "AnyObject"},
    Route{post, "/admin/v1/erasures/{id}/retry", "retryErasure", operations_write, always, retry_erasure, "Let a parked erasure go on", 202, "SagaRetry", "ErasureRequested", json, keyed},
    Route{post, "/admin/v1/sagas/{id}/retry", "retrySaga", operations_write, always, retry_saga, "Let a parked saga go on", 202, "SagaRetry", "SagaRequested", json, keyed},
    Route{post, "/admin/v1/sagas/{id}/skip", "skipSagaStep", operations_write, always, skip_saga_step, "Take one step of a saga as done", 202, "SagaSkip", "SagaRequested", json, keyed},
    Route{post, "/admin/v1/sagas/{id}/compensate", "compensateSaga", operations_write, always, compensate_saga, "Undo what a saga has done; ?dry_run=true only lists it", 202, "SagaCompensation", "SagaRequested", json, keyed, "dry_run"},
};

constexpr bool is_operational(const Route& route) {
    return route.pattern.starts_with("/admin/") || route.pattern == "/livez" || route.pattern == "/readyz" || route.pattern == "/metrics";
}

// The operational routes stand last, so each surface is one part of the table.
constexpr std::size_t first_operational = static_cast<std::size_t>(std::ranges::find_if(table, is_operational) - table.begin());
static_assert(std::ranges::all_of(table.begin() + first_operational, table.end(), is_operational), "operational routes stand last");

consteval bool every_change_is_guarded() {
    // A POST for a principal that makes something needs an Idempotency-Key; PUT, PATCH and DELETE are guarded by If-Match.
    return std::ranges::all_of(table, [](const Route& route) {
        const bool creates = route.method == post && route.policy.permission != anyone && (route.success == 201 || route.pattern.starts_with("/v1/orders"));
        return !creates || route.idempotency == keyed;
    });
}
static_assert(every_change_is_guarded());

consteval bool whoever_looks_is_recorded() {
    return std::ranges::all_of(table, [](const Route& route) {
        const Permission permission = route.policy.permission;
        if (permission == anyone) return route.audit == unrecorded;
        constexpr std::string_view privileged[] = {"/admin/", "/v1/reports/", "/v1/access-log", "/v1/exports/"};
        const bool is_privileged = std::ranges::any_of(privileged, [&](std::string_view start) { return route.pattern.starts_with(start); });
        if (is_privileged || permission == history_read || permission == customers_export) return route.audit == always;
        if (route.method == get) return permission == catalog_read || permission == stock_read ? route.audit == unrecorded : route.audit == of_others;
        return route.audit != always;
    });
}
static_assert(whoever_looks_is_recorded());

}  // namespace

std::span<const Route> route_table() { return table; }

std::span<const Route> routes_of(Surface surface) {
    switch (surface) {
        case Surface::everything: return table;
        case Surface::public_api: return std::span<const Route>(table).first(first_operational);
        case Surface::operations: return std::span<const Route>(table).subspan(first_operational);
    }
    return table;
}

}  // namespace granary::gateway
