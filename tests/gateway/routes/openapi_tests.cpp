// The API's description against the route table, and its examples against the routes themselves.
#include <doctest/doctest.h>

#include <set>

#include "core/http1.hpp"
#include "gateway/openapi/document.hpp"
#include "gateway/openapi/schemas.hpp"
#include "gateway/routes/route_table.hpp"
#include "tests/gateway/routes/shop.hpp"

using namespace granary;
using namespace granary::gateway;
using namespace granary::testing;

namespace {

// Parts of the document are larger than a request body may be, so it is searched as text and parsed part by part.
const BodySchema* find_schema(std::string_view name) {
    for (const auto table : {request_schemas(), answer_schemas()})
        for (const auto& body : table)
            if (body.name == name) return &body;
    return nullptr;
}

void check_objects_are_closed(JsonNode schema, std::string_view name) {
    if (schema.kind() == JsonKind::object) {
        const auto type = schema.member("type");
        if (type && type.kind() == JsonKind::string && type.text() == "object") {
            const auto closed = schema.member("additionalProperties");
            CHECK_MESSAGE((closed && closed.kind() == JsonKind::boolean && !closed.boolean()), name << schema.pointer());
        }
    }
    if (schema.kind() == JsonKind::object || schema.kind() == JsonKind::array)
        for (auto item = schema.first(); item; item = item.next()) check_objects_are_closed(item, name);
}

}  // namespace

TEST_CASE("every route is described once, and every reference leads somewhere") {
    const auto document = openapi_document(route_table());
    std::set<std::string_view> operations;
    for (const auto& route : route_table()) {
        CAPTURE(route.operation);
        CHECK(operations.insert(route.operation).second);
        CHECK(document.contains("\"operationId\":\"" + std::string(route.operation) + "\""));
        CHECK(document.contains("\"" + std::string(route.pattern) + "\":{"));
        if (!route.request_schema.empty()) CHECK(find_schema(route.request_schema) != nullptr);
        if (!route.response_schema.empty()) CHECK(find_schema(route.response_schema) != nullptr);
        CHECK((route.body == BodyKind::none) == route.request_schema.empty());
    }
    std::size_t references = 0;
    constexpr std::string_view start = "\"$ref\":\"#/components/";
    for (auto at = document.find(start); at != std::string::npos; at = document.find(start, at + 1), ++references) {
        const auto path = document.substr(at + start.size(), document.find('"', at + start.size()) - at - start.size());
        const auto kind = path.substr(0, path.find('/')), name = path.substr(path.find('/') + 1);
        const auto section = document.find("\"" + kind + "\":{", document.find("\"components\":{"));
        CAPTURE(path);
        REQUIRE(section != std::string::npos);
        CHECK(document.find("\"" + name + "\":{", section) != std::string::npos);
    }
    CHECK(references > route_table().size());
    constexpr std::string_view link = "\"operationId\":\"";
    for (auto at = document.find(link); at != std::string::npos; at = document.find(link, at + 1)) {
        const auto id = document.substr(at + link.size(), document.find('"', at + link.size()) - at - link.size());
        CHECK(operations.contains(id));
    }
}

TEST_CASE("schemas and examples are JSON, and requests refuse unknown fields") {
    for (const auto table : {request_schemas(), answer_schemas()}) {
        for (const auto& body : table) {
            CAPTURE(body.name);
            const auto schema = JsonDocument::parse(body.schema), example = JsonDocument::parse(body.example);
            REQUIRE((schema && example));
            if (table.data() == request_schemas().data()) check_objects_are_closed(schema->root(), body.name);
        }
    }
}

TEST_CASE("the example of every request passes its route's reader") {
    Shop shop;
    for (const auto& route : route_table()) {
        if (route.request_schema.empty()) continue;
        CAPTURE(route.operation);
        std::string path(route.pattern);
        for (auto at = path.find('{'); at != std::string::npos; at = path.find('{')) {
            const std::string_view id = path.contains("/orders/") || path.contains("/sagas/") ? "ord_0195500000007000800000000000000b"
                                        : path.contains("/payments/")                         ? "pay_0195500000007000800000000000000a"
                                        : path.contains("/reservations/")                     ? "rsv_0195500000007000800000000000000d"
                                        : path.contains("/customers/")                        ? "cus_0195500000007000800000000000000e"
                                                                                              : "85123A";
            path.replace(at, path.find('}') - at + 1, id);
        }
        const std::string body(find_schema(route.request_schema)->example);
        Shop::Fields fields = {{"idempotency-key", "k"}, {"if-match", "*"}, {"granary-signature", shop.callback_signature(body)}};
        if (route.body == BodyKind::merge_patch) fields.emplace_back("content-type", "application/merge-patch+json");
        const auto answer = shop.send(route.method, path, "admin", body, fields);
        CAPTURE(answer.body);
        CHECK(answer.status != 400);
        CHECK(answer.status != 403);
        CHECK(answer.status != 415);
        CHECK(answer.status != 500);
        CHECK(answer.member("code") != "invalid");
    }
    CHECK(shop.get("/openapi.json", "").body == openapi_document(route_table()));
    CHECK(shop.get("/problems/pending", "").member("status") == "503");
}
