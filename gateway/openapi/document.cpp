// https://spec.openapis.org/oas/v3.1.0, written member by member from the tables.
#include "gateway/openapi/document.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/http1.hpp"
#include "core/json_writer.hpp"
#include "gateway/middleware/problem.hpp"
#include "gateway/openapi/schemas.hpp"

namespace granary::gateway {
namespace {

using http::Method;

// From what was made to how it is read.
struct ReadLink {
    std::string_view from;  // operation that creates
    std::string_view name;
    std::string_view to;    // operation that reads
    std::string_view parameter;
    std::string_view value;  // runtime expression
};
constexpr std::array links = {
    ReadLink{"placeOrder", "order", "getOrder", "id", "$response.body#/id"},
    ReadLink{"placeOrder", "timeline", "getOrderTimeline", "id", "$response.body#/id"},
    ReadLink{"createProduct", "product", "getProduct", "id", "$response.body#/sku"},
    ReadLink{"receiveStock", "stock", "getStock", "id", "$response.body#/sku"},
    ReadLink{"adjustStock", "stock", "getStock", "id", "$response.body#/sku"},
    ReadLink{"createReservation", "stock", "getStock", "id", "$response.body#/sku"},
    ReadLink{"registerCustomer", "customer", "getCustomer", "id", "$response.body#/id"},
    ReadLink{"eraseCustomer", "customer", "getCustomer", "id", "$response.body#/id"},
    ReadLink{"eraseBuyer", "order", "getOrder", "id", "$response.body#/id"},
    ReadLink{"checkout", "payments", "listOrderPayments", "id", "$response.body#/order"},
    ReadLink{"payOrder", "payments", "listOrderPayments", "id", "$response.body#/order"},
    ReadLink{"refundOrder", "payment", "getPayment", "id", "$response.body#/payment"},
    ReadLink{"refundPayment", "payment", "getPayment", "id", "$response.body#/payment"},
};

// Path segments tell what a route is about.
std::string_view tag_of(const Route& route) {
    const auto path = route.pattern;
    for (const auto& [part, tag] : std::initializer_list<std::pair<std::string_view, std::string_view>>{{"/access-log", "access"},
                                                                                                       {"/exports", "exports"},
                                                                                                       {"/imports", "imports"},
                                                                                                       {"/products", "catalog"},
                                                                                                       {"/stock", "inventory"},
                                                                                                       {"/reservations", "inventory"},
                                                                                                       {"/customers", "customers"},
                                                                                                       {"/callbacks", "callbacks"},
                                                                                                       {"/admin", "operations"},
                                                                                                       {"/payment", "payments"},
                                                                                                       {"/shipping", "delivery"},
                                                                                                       {"/shipments", "delivery"},
                                                                                                       {"/reports", "reports"},
                                                                                                       {"/orders", "orders"}}) {
        if (path.contains(part)) return tag;
    }
    return "operations";
}

void write_ref(JsonWriter& json, std::string_view kind, std::string_view name) {
    json.begin_object().member("$ref", "#/components/" + std::string(kind) + "/" + std::string(name)).end_object();
}

void write_parameter(JsonWriter& json, std::string_view name, std::string_view place, bool is_required) {
    json.begin_object().member("name", name).member("in", place).member("required", is_required);
    json.key("schema").begin_object();
    if (name == "limit") json.member("type", "integer").member("minimum", std::int64_t{1}).member("maximum", std::int64_t{100}).member("default", std::int64_t{20});
    else json.member("type", "string");
    json.end_object().end_object();
}

void write_parameters(JsonWriter& json, const Route& route) {
    json.key("parameters").begin_array();
    for (std::size_t at = route.pattern.find('{'); at != std::string_view::npos; at = route.pattern.find('{', at + 1)) {
        write_parameter(json, route.pattern.substr(at + 1, route.pattern.find('}', at) - at - 1), "path", true);
    }
    for (std::string_view rest = route.parameters; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        write_parameter(json, rest.substr(0, comma), "query", false);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (route.idempotency == Key::needed) write_ref(json, "parameters", "IdempotencyKey");
    const bool is_update = route.method == Method::put || route.method == Method::patch || route.method == Method::del;
    if (is_update) write_ref(json, "parameters", "IfMatch");
    if (route.method == Method::get && route.pattern.starts_with("/v1/")) write_ref(json, "parameters", "MinPosition");
    if (route.operation == "placeOrder") write_ref(json, "parameters", "Prefer");
    json.end_array();
}

std::string_view example_of(std::string_view name) {
    for (const auto table : {request_schemas(), answer_schemas()})
        if (const auto found = std::ranges::find(table, name, &BodySchema::name); found != table.end()) return found->example;
    return "{}";
}

void write_content(JsonWriter& json, std::string_view media, std::string_view schema) {
    json.key("content").begin_object().key(media).begin_object().key("schema");
    write_ref(json, "schemas", schema);
    json.key("example").raw(example_of(schema)).end_object().end_object();
}

void write_request(JsonWriter& json, const Route& route) {
    if (route.request_schema.empty()) return;
    json.key("requestBody").begin_object().member("required", route.body != BodyKind::optional_json);
    write_content(json, route.body == BodyKind::merge_patch ? "application/merge-patch+json" : "application/json", route.request_schema);
    json.end_object();
}

void write_links(JsonWriter& json, const Route& route) {
    if (std::ranges::find(links, route.operation, &ReadLink::from) == links.end()) return;
    json.key("links").begin_object();
    for (const auto& link : links) {
        if (link.from != route.operation) continue;
        json.key(link.name).begin_object().member("operationId", link.to);
        json.key("parameters").begin_object().member(link.parameter, link.value).end_object().end_object();
    }
    json.end_object();
}

void write_success(JsonWriter& json, const Route& route) {
    json.key(std::to_string(route.success)).begin_object().member("description", route.summary);
    if (route.success == 201 || route.success == 202) {
        json.key("headers").begin_object().key("Location");
        write_ref(json, "headers", "Location");
        json.key("Granary-Position");
        write_ref(json, "headers", "GranaryPosition");
        json.end_object();
    }
    if (!route.response_schema.empty()) write_content(json, "application/json", route.response_schema);
    write_links(json, route);
    json.end_object();
}

// Statuses of problems that this route's kind can have; `default` covers the rest.
std::vector<int> problem_statuses(const Route& route) {
    std::vector<int> statuses = {400};
    if (route.policy.permission != Permission::anyone) statuses.insert(statuses.end(), {401, 403, 429});
    if (route.pattern.contains('{')) statuses.push_back(404);
    if (route.body != BodyKind::none) statuses.insert(statuses.end(), {413, 415, 422});
    if (route.method == Method::put || route.method == Method::patch || route.method == Method::del) statuses.insert(statuses.end(), {412, 428});
    if (route.method != Method::get) statuses.push_back(409);
    statuses.push_back(503);
    std::ranges::sort(statuses);
    return statuses;
}

void write_responses(JsonWriter& json, const Route& route) {
    json.key("responses").begin_object();
    write_success(json, route);
    for (const int status : problem_statuses(route)) {
        json.key(std::to_string(status));
        write_ref(json, "responses", "Problem");
    }
    json.key("default");
    write_ref(json, "responses", "Problem");
    json.end_object();
}

std::string_view word_of(Audit audit) {
    switch (audit) {
        case Audit::unrecorded: return "unrecorded";
        case Audit::of_others: return "of_others";
        case Audit::always: return "always";
        case Audit::by_event: return "by_event";
    }
    return "";
}

void write_operation(JsonWriter& json, const Route& route) {
    json.key(http1::lower_case(name_of(route.method))).begin_object();
    json.member("operationId", route.operation).member("summary", route.summary);
    json.key("tags").begin_array().string(tag_of(route)).end_array();
    json.key("security").begin_array();
    if (route.policy.permission != Permission::anyone) json.begin_object().key("apiKey").begin_array().end_array().end_object();
    json.end_array();
    if (route.policy.permission != Permission::anyone) json.member("x-permission", name_of(route.policy.permission)).member("x-audit", word_of(route.audit));
    write_parameters(json, route);
    write_request(json, route);
    write_responses(json, route);
    json.end_object();
}

void write_paths(JsonWriter& json, std::span<const Route> routes) {
    json.key("paths").begin_object();
    std::vector<std::string_view> written;
    for (const Route& route : routes) {
        if (std::ranges::find(written, route.pattern) != written.end()) continue;
        written.push_back(route.pattern);
        json.key(route.pattern).begin_object();
        for (const Route& same : routes)
            if (same.pattern == route.pattern) write_operation(json, same);
        json.end_object();
    }
    json.end_object();
}

void write_shared_parameter(JsonWriter& json, std::string_view key, std::string_view name, bool is_required, std::string_view description) {
    json.key(key).begin_object().member("name", name).member("in", "header").member("required", is_required).member("description", description);
    json.key("schema").begin_object().member("type", "string").end_object().end_object();
}

void write_components(JsonWriter& json) {
    json.key("components").begin_object().key("schemas").begin_object();
    for (const auto table : {request_schemas(), answer_schemas()})
        for (const auto& body : table) json.key(body.name).raw(body.schema);
    json.end_object();
    json.key("parameters").begin_object();
    write_shared_parameter(json, "IdempotencyKey", "Idempotency-Key", true, "one per intention, the same for a retry: at most 255 printable characters, bare or quoted. It counts for the caller, method and path; in requests about stock, products and payments of an order that the body names, for that SKU or order");
    write_shared_parameter(json, "IfMatch", "If-Match", false, "the ETag that the change rests on; 428 without it");
    write_shared_parameter(json, "MinPosition", "Granary-Min-Position", false, "partition:offset of an earlier answer, or several: the answer is at least as new");
    write_shared_parameter(json, "Prefer", "Prefer", false, "wait=N: hold the answer for at most N seconds (10 at most)");
    json.end_object().key("headers").begin_object();
    json.key("Location").begin_object().member("description", "what was made, or where its progress shows").key("schema").begin_object().member("type", "string").end_object().end_object();
    json.key("GranaryPosition").begin_object().member("description", "partition:offset of the record").key("schema").begin_object().member("type", "string").end_object().end_object();
    json.end_object().key("responses").begin_object().key("Problem").begin_object().member("description", "a problem (RFC 9457); `code` is stable");
    write_content(json, "application/problem+json", "Problem");
    json.end_object().end_object().key("securitySchemes").begin_object();
    json.key("apiKey").begin_object().member("type", "http").member("scheme", "bearer").member("bearerFormat", "grn_<id>_<secret>").end_object();
    json.end_object().end_object();
}

}  // namespace

std::string openapi_document(std::span<const Route> routes) {
    JsonWriter json;
    json.begin_object().member("openapi", "3.1.0");
    json.key("info").begin_object().member("title", "Granary").member("version", "1").member("summary", "An event-sourced commerce backend");
    json.key("license").begin_object().member("name", "Apache-2.0").member("identifier", "Apache-2.0").end_object().end_object();
    json.member("jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema");
    write_paths(json, routes);
    write_components(json);
    json.end_object();
    return json.take();
}

}  // namespace granary::gateway
