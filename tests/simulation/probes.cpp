// People without a plan: they read what there is, page through lists, and try every route with whatever key they have.
#include <array>
#include <utility>

#include "gateway/routes/route_table.hpp"
#include "sagas/processes/order_fulfilment.hpp"
#include "tests/simulation/visitors.hpp"

namespace granary::simulation {
namespace {

using http::Method;

constexpr std::array<std::string_view, 8> status_words{"CREATED", "PAID", "PACKED", "SHIPPED", "DELIVERED", "CANCELLED", "FAILED", "processing"};

// What must not be kept: a number of a card, in each field where somebody might put it.
std::string with_card(std::uint64_t field, const std::string& sku, const std::string& number) {
    const std::string line = R"({"country":"GB","warehouse":"WH1","lines":[{"sku":")" + sku + R"(","quantity":1}])";
    if (field == 0) return line + R"(,"payment":{"token":")" + number + R"("}})";
    if (field == 1) return line + R"(,"note":"my card is )" + number + R"("})";
    if (field == 2) return line + R"(,"reference":")" + number + R"("})";
    return line + R"(,"ship_to":{"name":")" + number + R"("}})";
}

}  // namespace

void Visitors::look_around() {
    Dice& dice = around_.schedule.dice();
    const SessionPtr who = somebody();
    switch (dice.below(6)) {
        case 0: return walk(who, "/v1/products");
        case 1: return walk(who, "/v1/stock?warehouse=WH1");
        case 2: return walk(who, "/v1/orders?status=" + std::string(status_words[dice.below(status_words.size())]));
        case 3: return walk(of(*around_.people.customers()[dice.below(3)]), "/v1/orders");
        case 4: return walk(of(around_.people.one(dice.chance(500) ? Role::admin : Role::auditor)), "/v1/orders");
        default: break;
    }
    if (bought_.empty()) return;
    const auto& bought = bought_[dice.below(bought_.size())];
    walk(dice.chance(600) ? bought.buyer : of(around_.people.one(Role::admin)), "/v1/orders/" + bought.id + (dice.chance(500) ? "/timeline" : "/payments"));
}

// The path of a random route, with something in it that there is, or not; the body is plausible where the route has effects worth trying.
std::string Visitors::random_target(Method& method, std::string& body) {
    Dice& dice = around_.schedule.dice();
    const auto routes = gateway::route_table();
    // Few ask to be forgotten, or everybody would be soon.
    const auto* chosen = &routes[dice.below(routes.size())];
    while (chosen->pattern.ends_with("/erasure") && !dice.chance(100)) chosen = &routes[dice.below(routes.size())];
    const auto& route = *chosen;
    method = route.method;
    const bool known = !bought_.empty() && !dice.chance(100);
    const std::string order = known ? bought_[dice.below(bought_.size())].id : "ord_0195500000007000800000000000000b";
    const auto& customers = around_.people.customers();
    const Principal& whose = *customers[dice.below(customers.size())];
    const std::string customer = text_of(whose.customer);
    std::string path(route.pattern);
    const std::string_view op = route.operation;
    std::string id = order;
    if (path.starts_with("/v1/products") || path.starts_with("/v1/stock")) id = article();
    else if (path.starts_with("/v1/customers")) id = (op == "getCustomer" || op == "exportCustomer") && dice.chance(300) ? "me" : customer;
    else if (path.starts_with("/v1/payments")) id = text_of(sagas::payment_id_of(*parse_id<OrderKind>(order), 1));
    else if (path.starts_with("/v1/reservations")) id = "rsv_0195500000007000800000000000000b";
    if (const auto at = path.find('{'); at != std::string::npos) path.replace(at, path.find('}') - at + 1, path.starts_with("/admin/v1/projections") || path.starts_with("/v1/exports") ? "orders" : path.starts_with("/problems") ? "not_found" : id);
    if (route.body != gateway::BodyKind::none) body = "{}";
    if (op == "checkout") body = R"({"order":")" + order + R"(","token":")" + "tok_accept:" + marked(Secret::payment_token, 0, next_mark_++) + R"("})";
    else if (op == "payOrder") body = payment();
    else if (op == "refundOrder" || op == "trackShipment") body = R"({"order":")" + order + R"("})";
    else if (op == "putOrderStatus") body = R"({"status":"CANCELLED"})";
    else if (op == "putAddress") body = R"({"country":"GB","address":{"name":")" + marked(Secret::personal, whose.number, next_mark_++) + R"("}})";
    else if (op == "receiveStock") body = R"({"sku":")" + article() + R"(","warehouse":"WH1","quantity":1})";
    else if (op == "placeOrder") body = R"({"country":"GB","warehouse":"WH1","customer":")" + customer + R"(","lines":[{"sku":")" + article() + R"(","quantity":1}]})";
    else if (op == "calculateShipping") body = R"({"country":"GB","pieces":3})";
    else if (op == "compensateSaga" || op == "retrySaga" || op == "retryErasure") body = R"({"reason":"tried"})";
    if (op == "getPaymentStatus") path += "?order=" + order;
    return path;
}

void Visitors::probe() {
    Dice& dice = around_.schedule.dice();
    Wish wish;
    if (!dice.chance(80)) wish.session = somebody();
    wish.persistent = dice.chance(500);
    wish.with_token = dice.chance(700);
    if (wish.session && wish.session->who != nullptr && dice.chance(80)) {
        wish.method = Method::post;
        wish.target = "/v1/orders";
        wish.body = with_card(dice.below(4), article(), marked_card_number(wish.session->who->number, next_mark_++));
    } else {
        wish.target = random_target(wish.method, wish.body);
        if (wish.target.contains("/callbacks/") && dice.chance(500)) wish.fields.emplace_back("granary-signature", "t=1700000000,v1=" + std::string(64, 'a'));
    }
    if (wish.method == Method::post && !dice.chance(50)) wish.fields.emplace_back("idempotency-key", key());
    if ((wish.method == Method::put || wish.method == Method::patch) && dice.chance(700)) wish.fields.emplace_back("if-match", dice.chance(500) ? "*" : "\"1-0\"");
    if (wish.method == Method::get && dice.chance(50)) wish.method = Method::head;
    browser_.send(std::move(wish));
}

}  // namespace granary::simulation
