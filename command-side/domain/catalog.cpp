// Creating, changing and retiring products.
#include "command-side/domain/catalog.hpp"

#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/limits.hpp"

namespace granary::catalog {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

Objection check_fields(const CreateProductT& c) {
    return domain::first_of(domain::check_sku(c.sku, "/sku"), domain::check_required_text(c.name, limits::product_name_bytes_max, "/name"),
                            domain::check_text(c.description, limits::product_description_bytes_max, "/description"),
                            domain::check_price(c.unit_price, "/unit_price"));
}

Objection check_fields(const UpdateProductT& c) {
    return domain::first_of(
        domain::check_sku(c.sku, "/sku"),
        c.has_name ? domain::check_required_text(c.name, limits::product_name_bytes_max, "/name") : Objection(),
        c.has_description ? domain::check_text(c.description, limits::product_description_bytes_max, "/description") : Objection(),
        c.has_unit_price ? domain::check_price(c.unit_price, "/unit_price") : Objection());
}

Objection check_fields(const RetireProductT& c) {
    return domain::first_of(domain::check_sku(c.sku, "/sku"), domain::check_text(c.reason, limits::reason_bytes_max, "/reason"));
}

Decision not_there() { return refuse(RefusalCode::not_found, "/sku", "there is no such product"); }

// Decides on a command whose own fields are in order.
struct Decider {
    const ProductStateT& state;

    Decision operator()(const CreateProductT& c) const {
        if (state.exists) return refuse(RefusalCode::already_exists, "/sku", "there is, or was, a product under this SKU");
        ProductCreatedT event;
        event.sku = c.sku;
        event.name = c.name;
        event.description = c.description;
        event.unit_price = c.unit_price;
        return std::vector<Event>{std::move(event)};
    }

    Decision operator()(const UpdateProductT& c) const {
        if (!state.exists) return not_there();
        if (state.retired) return refuse(RefusalCode::product_retired, "/sku", "this product is retired; create another one");
        ProductUpdatedT event;
        event.sku = c.sku;
        event.name = c.has_name ? c.name : state.name;
        event.description = c.has_description ? c.description : state.description;
        event.unit_price = c.has_unit_price ? c.unit_price : state.unit_price;
        const bool same = event.name == state.name && event.description == state.description && event.unit_price == state.unit_price;
        if (same) return std::vector<Event>();
        return std::vector<Event>{std::move(event)};
    }

    Decision operator()(const RetireProductT& c) const {
        if (!state.exists) return not_there();
        if (state.retired) return std::vector<Event>();
        ProductRetiredT event;
        event.sku = c.sku;
        event.reason = c.reason;
        return std::vector<Event>{std::move(event)};
    }
};

struct Folder {
    ProductStateT& state;

    template <class E>
    void take(const E& e) const {
        state.sku = e.sku;
        state.exists = true;
        state.name = e.name;
        state.description = e.description;
        state.unit_price = e.unit_price;
    }
    void operator()(const ProductCreatedT& e) const { take(e); }
    void operator()(const ProductUpdatedT& e) const { take(e); }
    void operator()(const ProductRetiredT&) const { state.retired = true; }
};

}  // namespace

std::expected<std::vector<Event>, Refusal> decide(const ProductStateT& state, const Command& command, Time) {
    if (auto wrong = std::visit([](const auto& c) { return check_fields(c); }, command)) return std::unexpected(std::move(*wrong));
    return std::visit(Decider{state}, command);
}

void evolve(ProductStateT& state, const Event& event) { std::visit(Folder{state}, event); }

}  // namespace granary::catalog
