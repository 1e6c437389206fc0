// Asking for a person to be erased; the saga carries it out, and the page of the customer, or of the order, shows how far it is.
#include <utility>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/middleware/reading.hpp"
#include "gateway/routes/customers.hpp"

namespace granary::gateway {
namespace {

using ports::CommandAnswer;
using wire::ErasureGround;

constexpr std::string_view ground_words[] = {"asked_for", "no_longer_needed", "consent_withdrawn", "objected", "unlawful", "legal_duty"};
static_assert(std::size(ground_words) == static_cast<std::size_t>(ErasureGround::MAX) + 1);

struct Wish {
    ErasureGround ground = ErasureGround::asked_for;
    bool despite_orders = false;
    Fingerprint fingerprint;
};

// nullopt, and the call has been failed.
std::optional<Wish> read_wish(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return std::nullopt;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto ground = reader.word("ground", optional_field, ground_words);
    const bool despite_orders = reader.boolean("despite_orders", optional_field).value_or(false);
    reader.done();
    if (!errors.empty()) {
        call->fail(std::move(errors).problem());
        return std::nullopt;
    }
    // Who cuts off the address of a parcel that is on its way answers for it.
    if (despite_orders && !call->may(Permission::customers_all)) {
        call->fail(Problem{.code = ProblemCode::forbidden, .detail = "not to wait for orders that are under way needs the permission customers:all", .errors = {{"/despite_orders", "must be left out"}}});
        return std::nullopt;
    }
    return Wish{static_cast<ErasureGround>(ground.value_or(0)), despite_orders, fingerprint_of(*call, *body)};
}

RenderAnswer render_requested(std::string id, std::string page) {
    return [id = std::move(id), page = std::move(page)](const CommandAnswer& answer) {
        JsonWriter json;
        json.begin_object().member("id", id).member("requested", "erasure").member("changed", answer.commit.has_value()).end_object();
        auto response = json_response(202, json.take());
        response.headers.add("location", page);
        return response;
    };
}

void request_erasure(const CallPtr& call, CustomerId id, const Wish& wish) {
    customers::RequestErasureT command;
    command.customer_id = id;
    command.ground = wish.ground;
    command.despite_orders = wish.despite_orders;
    run_command(call, CommandCall{.command = customers::Command(std::move(command)), .id = command_id_for(*call), .fingerprint = wish.fingerprint},
                render_requested(text_of(id), "/v1/customers/" + text_of(id)));
}

// A key may have been made for a customer who never registered, and orders placed with it.
Result<bool> is_known(const Call& call, CustomerId id) {
    if (id == call.principal->customer) return true;
    const auto page = call.services().customers.get(id);
    if (!page) return std::unexpected(page.error());
    if (*page) return true;
    const auto orders = call.services().orders.of_customer(id, {1, {}});
    if (!orders) return std::unexpected(orders.error());
    return !orders->items.empty();
}

void erase_if_known(const CallPtr& call, CustomerId id, const Wish& wish, bool looked_twice) {
    const auto known = is_known(*call, id);
    if (!known) return call->fail(problem_for(known.error()));
    if (*known) return request_erasure(call, id, wish);
    if (looked_twice) return call->fail(ProblemCode::not_found, "there is nothing under this id");
    after_fold(call, {call->services().customers.partition(id)}, [id, wish](const CallPtr& later) { erase_if_known(later, id, wish, true); });
}

}  // namespace

void erase_customer(const CallPtr& call) {
    const auto id = path_customer(call);
    if (!id) return;
    const auto wish = read_wish(call);
    if (wish) erase_if_known(call, *id, *wish, false);
}

void erase_buyer(const CallPtr& call) {
    const auto id = path_id<OrderKind>(call, 2);
    if (!id) return;
    const auto wish = read_wish(call);
    if (!wish) return;
    const auto find = [id = *id](const Call& at) { return at.services().orders.get(id); };
    with_document(call, {call->services().orders.partition(*id)}, Permission::orders_all, find, [id = *id, wish = *wish](const CallPtr& found, const queries::Document&) {
        orders::RequestBuyerErasureT command;
        command.order_id = id;
        command.ground = wish.ground;
        command.despite_orders = wish.despite_orders;
        run_command(found, CommandCall{.command = orders::Command(std::move(command)), .id = command_id_for(*found), .fingerprint = wish.fingerprint},
                    render_requested(text_of(id), "/v1/orders/" + text_of(id)));
    });
}

}  // namespace granary::gateway
