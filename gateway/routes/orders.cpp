// Placing an order looks prices up, seals what is personal, and leaves every decision to the order itself.
#include "gateway/routes/orders.hpp"

#include <algorithm>
#include <utility>

#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/middleware/personal.hpp"
#include "gateway/routes/orders_request.hpp"
#include "gateway/routes/orders_wait.hpp"
#include "query-side/read_models/orders.hpp"

namespace granary::gateway {
namespace {

using ports::CommandAnswer;
using ports::CommandOutcome;

// An order on its way from the request to the command.
struct Placing {
    OrderRequest order;
    CommandId id;
    OrderId order_id;
    Fingerprint fingerprint;
    bool looked_twice = false;
};

read_models::PersonalField opened(ports::Sealer& sealer, const std::unique_ptr<wire::SealedT>& sealed) {
    if (!sealed || sealed->box.empty()) return {};
    const auto clear = sealer.open(*sealed);
    return {true, clear ? *clear : std::nullopt};
}

// The page of the order as its first commit made it: what GET shows at that position.
http::Response render_placed(ports::Sealer& sealer, const CommandAnswer& answer) {
    const auto* any = answer.commit && !answer.commit->events.empty() ? std::get_if<orders::Event>(&answer.commit->events.front().event) : nullptr;
    const auto* placed = any != nullptr ? std::get_if<orders::OrderPlacedT>(any) : nullptr;
    if (placed == nullptr) return problem_response({}, {}, {});
    read_models::OrderRowT row;
    row.order_id = placed->order_id;
    row.owner = placed->customer;
    row.version = answer.commit->last_version();
    row.status = static_cast<std::uint8_t>(orders::OrderStatus::created);
    row.total = placed->total;
    row.line_count = static_cast<std::uint32_t>(placed->lines.size());
    row.warehouse = placed->warehouse;
    row.country = placed->country;
    row.reference = placed->reference;
    row.payment_method = static_cast<std::uint8_t>(placed->payment_method);
    row.placed_at = answer.commit->events.front().occurred_at;
    row.updated_at = answer.commit->meta.time;
    row.lines = read_models::lines_json(*placed);
    read_models::render(row);
    auto response = json_response(201, read_models::page_json(row, opened(sealer, placed->ship_to), opened(sealer, placed->note)));
    response.headers.add("location", "/v1/orders/" + text_of(placed->order_id));
    return response;
}

orders::PlaceOrderT command_of(const Placing& placing) {
    const auto& order = placing.order;
    orders::PlaceOrderT command;
    command.order_id = placing.order_id;
    command.customer = order.customer;
    command.warehouse = order.warehouse;
    command.country = order.country;
    command.payment_method = order.method;
    command.payment_token = order.token;
    command.reference = order.reference;
    return command;
}

// An anonymous order is a person of its own.
PersonId person_of(const Placing& placing) { return {placing.order.customer.is_nil() ? placing.order_id.value : placing.order.customer.value}; }

bool is_personal(const Placing& placing) { return !placing.order.ship_to.empty() || !placing.order.note.empty(); }

Result<Fingerprint> fingerprint_of(const CallPtr& call, const JsonDocument& body, const Placing& placing) {
    return is_personal(placing) ? personal_fingerprint_of(*call, body, person_of(placing)) : Result<Fingerprint>(fingerprint_of(*call, body));
}

Status seal_personal(ports::Sealer& sealer, const Placing& placing, orders::PlaceOrderT& command) {
    const auto& order = placing.order;
    const PersonId person = person_of(placing);
    auto ship_to = seal_text(sealer, person, order.ship_to);
    if (!ship_to) return std::unexpected(ship_to.error());
    auto note = seal_text(sealer, person, order.note);
    if (!note) return std::unexpected(note.error());
    command.ship_to = std::move(*ship_to);
    command.note = std::move(*note);
    return {};
}

using Prices = std::vector<std::optional<queries::ProductPrice>>;

// Lines that can't be ordered, by pointer.
Problem problem_of_prices(const OrderRequest& order, const Prices& prices) {
    Problem problem{.code = ProblemCode::product_retired};
    for (std::size_t i = 0; i < order.lines.size() && problem.errors.size() < limits::body_errors_max; ++i) {
        const std::string pointer = "/lines/" + std::to_string(i) + "/sku";
        if (!prices[i]) {
            problem.code = ProblemCode::unknown_product;
            problem.errors.push_back({pointer, "there is no product with this SKU"});
        } else if (prices[i]->retired) {
            problem.errors.push_back({pointer, "this product is not sold any more"});
        }
    }
    return problem;
}

std::vector<Partition> partitions_of_unknown(const Call& call, const OrderRequest& order, const Prices& prices) {
    std::vector<Partition> partitions;
    for (std::size_t i = 0; i < order.lines.size(); ++i)
        if (!prices[i]) partitions.push_back(call.services().products.partition(order.lines[i].sku));
    std::ranges::sort(partitions);
    const auto rest = std::ranges::unique(partitions);
    partitions.erase(rest.begin(), rest.end());
    return partitions;
}

void add_lines(orders::PlaceOrderT& command, const OrderRequest& order, const Prices& prices) {
    command.lines.reserve(order.lines.size());
    for (std::size_t i = 0; i < order.lines.size(); ++i) {
        auto line = std::make_unique<orders::OrderLineT>();
        line->sku = order.lines[i].sku;
        line->quantity = order.lines[i].quantity;
        line->unit_price = order.lines[i].unit_price.value_or(prices[i]->unit_price);
        line->name = prices[i]->name;
        command.lines.push_back(std::move(line));
    }
    command.currency = command.lines.front()->unit_price.currency.code;
}

// The domain names the fields of its command; the client knows those of its body.
Refusal in_terms_of_body(Refusal refusal) {
    if (refusal.pointer == "/payment_token") refusal.pointer = "/payment/token";
    if (refusal.pointer == "/payment_method") refusal.pointer = "/payment/method";
    return refusal;
}

void submit_order(const CallPtr& call, const Placing& placing, const Prices& prices) {
    auto command = command_of(placing);
    add_lines(command, placing.order, prices);
    if (const auto sealed = seal_personal(call->services().sealer, placing, command); !sealed) return fail_sealing(call, sealed.error());
    CommandCall wish{.command = orders::Command(std::move(command)), .id = placing.id, .fingerprint = placing.fingerprint};
    const auto wait = preferred_wait(call->request.headers);
    submit_command(call, std::move(wish), [wait, order = placing.order_id](const CallPtr& done, const CommandAnswer& answer) {
        if (answer.outcome == CommandOutcome::refused) return done->fail(problem_for(in_terms_of_body(answer.refusal)));
        if (const auto problem = problem_for(answer)) return done->fail(*problem);
        auto response = render_placed(done->services().sealer, answer);
        write_command_headers(response.headers, answer);
        if (wait) answer_when_settled(done, order, *wait, answer, std::move(response));
        else done->answer(std::move(response));
    });
}

// Somebody may have placed this order before a product went away, or before the customer asked to be erased: then the retry gets
// that answer.
void refuse_order(const CallPtr& call, const Placing& placing, Problem problem) {
    CommandCall wish{.command = orders::Command(command_of(placing)), .id = placing.id, .fingerprint = placing.fingerprint};
    const auto render = [call](const CommandAnswer& answer) { return render_placed(call->services().sealer, answer); };
    replay_or_fail(call, std::move(wish), render, std::move(problem));
}

void price_order(const CallPtr& call, Placing placing) {
    std::vector<Sku> skus;
    skus.reserve(placing.order.lines.size());
    for (const auto& line : placing.order.lines) skus.push_back(line.sku);
    const auto prices = call->services().products.prices(skus);
    if (!prices) return call->fail(problem_for_view(prices.error()));
    const bool unknown = std::ranges::any_of(*prices, [](const auto& price) { return !price; });
    if (unknown && !placing.looked_twice) {
        placing.looked_twice = true;
        const auto partitions = partitions_of_unknown(*call, placing.order, *prices);
        return after_fold(call, partitions, [placing = std::move(placing)](const CallPtr& later) { price_order(later, placing); });
    }
    const bool retired = std::ranges::any_of(*prices, [](const auto& price) { return price && price->retired; });
    if (unknown || retired) return refuse_order(call, placing, problem_of_prices(placing.order, *prices));
    submit_order(call, placing, *prices);
}

// The person's key, if there is one to be made, is at hand.
void begin_order(const CallPtr& call, const JsonDocument& body, Placing placing) {
    const auto fingerprint = fingerprint_of(call, body, placing);
    if (!fingerprint) return fail_sealing(call, fingerprint.error());
    placing.fingerprint = *fingerprint;
    const auto takes_data = placing.order.customer.is_nil() ? Result<bool>(true) : call->services().customers.takes_data(placing.order.customer);
    if (!takes_data) return call->fail(problem_for(takes_data.error()));
    if (!*takes_data) return refuse_order(call, placing, Problem{.code = ProblemCode::customer_erased});
    price_order(call, std::move(placing));
}

}  // namespace

void place_order(const CallPtr& call) {
    auto body = parse_body(call);
    if (!body) return;
    auto order = read_order_request(call, *body);
    if (!order) return;
    Placing placing{.order = std::move(*order), .id = command_id_for(*call)};
    placing.order_id = derive<OrderKind>(call->edge->command_secret(), placing.id);
    if (!is_personal(placing)) return begin_order(call, *body, std::move(placing));
    const auto person = person_of(placing);
    with_person_key(call, person, [body = std::make_shared<JsonDocument>(std::move(*body)), placing = std::move(placing)](const CallPtr& at) { begin_order(at, *body, placing); });
}

}  // namespace granary::gateway
