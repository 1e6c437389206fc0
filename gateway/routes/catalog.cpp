// A product's id in the path is its SKU, percent-encoded.
#include "gateway/routes/catalog.hpp"

#include <utility>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/paging.hpp"
#include "gateway/middleware/reading.hpp"
#include "query-side/read_models/catalog.hpp"

namespace granary::gateway {
namespace {

constexpr std::size_t sku_segment = 2;  // of /v1/products/{id}

std::optional<Sku> path_sku(const CallPtr& call) {
    const auto sku = Sku::parse(call->segment(sku_segment));
    if (!sku) call->fail(ProblemCode::not_found, "there is no such product");
    return sku;
}

template <class Event>
std::string product_json(const Event& event, Time created_at, const ports::CommandAnswer& answer) {
    read_models::ProductRowT row;
    row.sku = event.sku;
    row.version = answer.version;
    row.name = event.name;
    row.description = event.description;
    row.unit_price = event.unit_price;
    row.created_at = created_at;
    row.updated_at = answer.commit->meta.time;
    read_models::render(row);
    return std::move(row.json);
}

// A replay shows the product as that commit made it, so its version is the commit's, not today's.
ports::CommandAnswer at_commit(ports::CommandAnswer answer) {
    if (answer.commit) answer.version = answer.commit->last_version();
    return answer;
}

http::Response render_created(const ports::CommandAnswer& given) {
    const auto answer = at_commit(given);
    const auto* event = answer.commit ? std::get_if<catalog::ProductCreatedT>(&std::get<catalog::Event>(answer.commit->events.front().event)) : nullptr;
    if (event == nullptr) return problem_response({}, {}, {});
    auto response = json_response(201, product_json(*event, answer.commit->meta.time, answer));
    response.headers.add("location", "/v1/products/" + percent_encoded(event->sku.view()));
    return response;
}

http::Response render_updated(const Sku& sku, const ports::CommandAnswer& given) {
    const auto answer = at_commit(given);
    if (answer.commit) {
        const auto* event = std::get_if<catalog::ProductUpdatedT>(&std::get<catalog::Event>(answer.commit->events.front().event));
        if (event != nullptr) return json_response(200, product_json(*event, {}, answer));
    }
    JsonWriter json;
    json.begin_object().member("sku", sku.view()).member("version", static_cast<std::int64_t>(answer.version)).end_object();
    return json_response(200, json.take());
}

struct ProductFields {
    std::optional<std::string_view> name, description;
    std::optional<Amount> unit_price;
};

ProductFields read_fields(ObjectReader& body, Presence presence) {
    ProductFields fields;
    fields.name = body.text("name", presence, limits::product_name_bytes_max, 1);
    fields.description = body.text("description", optional_field, limits::product_description_bytes_max);
    fields.unit_price = body.price("unit_price", presence);
    return fields;
}

catalog::CreateProductT creation_of(const Sku& sku, const ProductFields& fields) {
    catalog::CreateProductT command;
    command.sku = sku;
    command.name = *fields.name;
    command.description = fields.description.value_or("");
    command.unit_price = *fields.unit_price;
    return command;
}

void create(const CallPtr& call, const JsonDocument& body, catalog::CreateProductT command, std::optional<std::uint64_t> expected) {
    const auto id = command_id_for(*call, command.sku.view());
    CommandCall wish{.command = catalog::Command(std::move(command)), .id = id, .fingerprint = fingerprint_of(*call, body), .expected_version = expected};
    run_command(call, std::move(wish), render_created);
}

void update(const CallPtr& call, const JsonDocument& body, catalog::UpdateProductT command, const Precondition& precondition) {
    const Sku sku = command.sku;
    CommandCall wish{.command = catalog::Command(std::move(command)),
                     .id = command_id_for(*call),
                     .fingerprint = fingerprint_of(*call, body),
                     .expected_version = precondition.version};
    run_command(call, std::move(wish), [sku](const ports::CommandAnswer& answer) { return render_updated(sku, answer); });
}

// A merge patch can't take a name or price away: both are required. A null description empties it.
bool refuses_null(const CallPtr& call, const JsonDocument& body) {
    BodyErrors errors;
    for (const std::string_view name : {"name", "unit_price"})
        if (const auto node = body.root().member(name); node && node.kind() == JsonKind::null) errors.malformed(node.pointer(), "can't be removed");
    if (errors.empty()) return false;
    call->fail(std::move(errors).problem());
    return true;
}

}  // namespace

void create_product(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto sku = reader.sku("sku", required);
    const auto fields = read_fields(reader, required);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    create(call, *body, creation_of(*sku, fields), std::nullopt);
}

void list_products(const CallPtr& call) {
    bool retired = false;
    if (const auto* text = call->request.query_value("include_retired")) {
        if (*text != "true" && *text != "false") return call->fail(ProblemCode::invalid_parameter, "include_retired must be true or false");
        retired = *text == "true";
    }
    answer_page(call, [&](const queries::PageRequest& page) { return call->services().products.list(retired, page); });
}

void get_product(const CallPtr& call) {
    const auto sku = path_sku(call);
    if (!sku) return;
    const auto find = [sku = *sku](const Call& at) { return at.services().products.get(sku); };
    with_document(call, {call->services().products.partition(*sku)}, Permission::anyone, find, answer_document);
}

void put_product(const CallPtr& call) {
    const auto sku = path_sku(call);
    if (!sku) return;
    const auto precondition = update_precondition(call->request.headers, true);
    if (!precondition) return call->fail(precondition.error());
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto named = reader.sku("sku", optional_field);
    if (named && *named != *sku) reader.out_of_range("sku", "must be the SKU of the path, or left out");
    const auto fields = read_fields(reader, required);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    if (precondition->version == std::uint64_t{0}) return create(call, *body, creation_of(*sku, fields), 0);
    catalog::UpdateProductT command;
    command.sku = *sku;
    command.has_name = command.has_description = command.has_unit_price = true;
    command.name = *fields.name;
    command.description = fields.description.value_or("");
    command.unit_price = *fields.unit_price;
    update(call, *body, std::move(command), *precondition);
}

void patch_product(const CallPtr& call) {
    const auto sku = path_sku(call);
    if (!sku) return;
    const auto precondition = update_precondition(call->request.headers, false);
    if (!precondition) return call->fail(precondition.error());
    const auto body = parse_body(call);
    if (!body || refuses_null(call, *body)) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    catalog::UpdateProductT command;
    command.sku = *sku;
    const auto description = body->root().member("description");
    const bool clears_description = description && description.kind() == JsonKind::null;
    if (clears_description) reader.node("description", optional_field);
    const auto name = reader.text("name", optional_field, limits::product_name_bytes_max, 1);
    const auto text = clears_description ? std::optional<std::string_view>("") : reader.text("description", optional_field, limits::product_description_bytes_max);
    const auto price = reader.price("unit_price", optional_field);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    command.has_name = name.has_value();
    command.name = name.value_or("");
    command.has_description = text.has_value();
    command.description = text.value_or("");
    command.has_unit_price = price.has_value();
    command.unit_price = price.value_or(Amount{});
    update(call, *body, std::move(command), *precondition);
}

void retire_product(const CallPtr& call) {
    const auto sku = path_sku(call);
    if (!sku) return;
    const auto precondition = update_precondition(call->request.headers, false);
    if (!precondition) return call->fail(precondition.error());
    catalog::RetireProductT command;
    command.sku = *sku;
    CommandCall wish{.command = catalog::Command(std::move(command)), .id = command_id_for(*call), .expected_version = precondition->version};
    run_command(call, std::move(wish), [](const ports::CommandAnswer&) { return http::Response{.status = 204}; });
}

}  // namespace granary::gateway
