// Fuzzes JSON bodies: what is accepted has one canonical form, and taking fields out of it never goes wrong.
// Input: the body.
#include <string>

#include "core/check.hpp"
#include "core/http1.hpp"
#include "core/limits.hpp"
#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/json_document.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace granary;
using namespace granary::gateway;

std::size_t visit(const JsonNode& node, std::size_t depth) {
    GRANARY_CHECK(depth <= limits::json_depth_max);
    GRANARY_CHECK(http1::is_utf8(node.name()));
    if (node.kind() == JsonKind::string) GRANARY_CHECK(http1::is_utf8(node.text()));
    if (depth < 3) GRANARY_CHECK(http1::is_utf8(node.pointer()));
    std::size_t count = 1;
    for (auto child = node.first(); child; child = child.next()) count += visit(child, depth + 1);
    return count;
}

void read_line(JsonNode node, BodyErrors& errors) {
    ObjectReader line(node, errors);
    (void)line.sku("sku", required);
    (void)line.integer("quantity", required, {1, limits::quantity_max});
    (void)line.price("unit_price", optional_field);
    line.done();
}

// The members that requests of this API have, whatever the body is.
void read_fields(const JsonDocument& document) {
    static constexpr std::string_view words[] = {"card", "upi"};
    BodyErrors errors;
    ObjectReader body(document.root(), errors);
    for (const auto& line : body.items("lines", required, 1, limits::order_lines_max)) read_line(line, errors);
    (void)body.warehouse("warehouse", optional_field);
    (void)body.country("country", required);
    (void)body.id<OrderId>("order", optional_field);
    (void)body.time("occurred_at", optional_field);
    (void)body.money("amount", optional_field, {1, 1'000'000});
    (void)body.boolean("live", optional_field);
    (void)body.text("note", optional_field, limits::reason_bytes_max);
    if (auto payment = body.node("payment", optional_field)) {
        ObjectReader reader(payment, errors);
        (void)reader.word("method", required, words);
        (void)reader.text("token", required, 255, 1);
        reader.done();
    }
    body.done();
    if (errors.empty()) return;
    const auto answer = problem_response(std::move(errors).problem(), "/v1/orders", "0123");
    GRANARY_CHECK(JsonDocument::parse(answer.body).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto document = JsonDocument::parse(body);
    if (!document) {
        GRANARY_CHECK(!document.error().detail.empty() && http1::is_utf8(document.error().pointer));
        return 0;
    }
    GRANARY_CHECK(visit(document->root(), 0) <= limits::json_nodes_max);
    const auto canonical = document->canonical();
    const auto again = JsonDocument::parse(canonical);
    GRANARY_CHECK(again.has_value() && again->canonical() == canonical);
    read_fields(*document);
    return 0;
}
