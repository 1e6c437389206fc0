// What changes a saga is a command like any other: it stands in the log with who did it and why.
#include "gateway/routes/operations.hpp"

#include <utility>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/paging.hpp"
#include "gateway/middleware/reading.hpp"

namespace granary::gateway {
namespace {

using ports::CommandAnswer;

constexpr std::size_t admin_segment = 3;  // of /admin/v1/sagas/{id}
constexpr std::int64_t projection_rate_max = 100'000'000;

ports::Operations* operations_of(const CallPtr& call) {
    auto* operations = call->services().operations;
    if (operations == nullptr) call->fail(ProblemCode::not_supported, "this node runs neither sagas nor views");
    return operations;
}

void answer_found(const CallPtr& call, const Result<std::optional<std::string>>& found) {
    if (!found) return call->fail(problem_for(found.error()));
    if (!*found) return call->fail(ProblemCode::not_found);
    call->answer(json_response(200, **found));
}

http::Response text_response(std::string_view type, std::string body) {
    http::Response response;
    response.headers.add("content-type", std::string(type));
    response.headers.add("cache-control", "no-store");
    response.body = std::move(body);
    return response;
}

struct Subject {
    CustomerId customer;  // or else
    OrderId order;
};

// Whose erasure the path names. nullopt, and the call has been failed.
std::optional<Subject> path_subject(const CallPtr& call) {
    const auto& text = call->segment(admin_segment);
    if (const auto customer = parse_id<CustomerKind>(text)) return Subject{*customer, {}};
    if (const auto order = parse_id<OrderKind>(text)) return Subject{{}, *order};
    call->fail(ProblemCode::not_found, "there is nothing under this id");
    return std::nullopt;
}

// `what` is under way, and shows at `page` + id.
RenderAnswer render_wished(std::string_view member, std::string id, std::string_view what, std::string_view page) {
    return [member, id = std::move(id), what, page](const CommandAnswer&) {
        JsonWriter json;
        json.begin_object().member(member, id).member("requested", what).end_object();
        auto response = json_response(202, json.take());
        response.headers.add("location", std::string(page) + id);
        return response;
    };
}

// Gives an order_fulfilment command to the saga's stream; with a problem, only a repetition of what was accepted before.
template <class CommandType>
void steer(const CallPtr& call, const JsonDocument& body, OrderId order, CommandType command, std::string_view what, const std::optional<Problem>& problem = {}) {
    CommandCall wish{.command = order_fulfilment::Command(std::move(command)), .id = command_id_for(*call), .fingerprint = fingerprint_of(*call, body)};
    auto render = render_wished("order", text_of(order), what, "/admin/v1/sagas/");
    if (problem) return replay_or_fail(call, std::move(wish), std::move(render), *problem);
    run_command(call, std::move(wish), std::move(render));
}

std::optional<order_fulfilment::Step> parse_step(std::string_view text) {
    for (const auto step : order_fulfilment::EnumValuesStep())
        if (step != order_fulfilment::Step::none && text == order_fulfilment::EnumNameStep(step)) return step;
    return std::nullopt;
}

void begin_work(const CallPtr& call, const ports::ProjectionWish& wish, std::string_view action) {
    const auto& view = call->segment(admin_segment);
    const auto begun = call->services().operations->begin(view, wish);
    if (!begun) return call->fail(problem_for(begun.error()));
    call->audited = false;  // it was, before it began
    JsonWriter json;
    json.begin_object().member("view", view).member("action", action).member("status", "begun").end_object();
    auto response = json_response(202, json.take());
    response.headers.add("location", "/admin/v1/projections/" + percent_encoded(view));
    call->answer(std::move(response));
}

}  // namespace

void get_livez(const CallPtr& call) { call->answer(json_response(200, "{\"status\":\"alive\"}")); }

void get_readyz(const CallPtr& call) {
    const Readiness readiness = call->services().ready ? call->services().ready() : Readiness{true, {}};
    if (!readiness.ready) return call->fail(Problem{.code = ProblemCode::not_ready, .detail = readiness.detail});
    JsonWriter json;
    json.begin_object().member("status", "ready").member("detail", readiness.detail).end_object();
    call->answer(json_response(200, json.take()));
}

void get_metrics(const CallPtr& call) {
    call->answer(text_response("text/plain; version=0.0.4; charset=utf-8", call->services().metrics ? call->services().metrics() : std::string()));
}

void get_openapi(const CallPtr& call) { call->answer(json_response(200, call->edge->openapi)); }

void get_problem(const CallPtr& call) {
    const auto code = parse_problem_code(call->segment(1));
    if (!code) return call->fail(ProblemCode::not_found, "there is no problem of this name");
    const auto& info = info_of(*code);
    JsonWriter json;
    json.begin_object().member("type", "/problems/" + std::string(info.name)).member("code", info.name).member("status", std::int64_t{info.status});
    json.member("title", info.title).member("remedy", info.remedy).end_object();
    call->answer(json_response(200, json.take()));
}

void list_projections(const CallPtr& call) {
    auto* operations = operations_of(call);
    if (operations == nullptr) return;
    const auto found = operations->projections();
    if (!found) return call->fail(problem_for(found.error()));
    call->answer(json_response(200, "{\"data\":" + *found + "}"));
}

void get_projection(const CallPtr& call) {
    if (auto* operations = operations_of(call)) answer_found(call, operations->projection(call->segment(admin_segment)));
}

void begin_projection_work(const CallPtr& call) {
    if (operations_of(call) == nullptr) return;
    const auto body = parse_body(call);
    if (!body) return;
    constexpr std::string_view words[] = {"rebuild", "verify", "promote", "discard", "cancel"};
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto action = reader.word("action", required, words);
    const auto generation = reader.integer("generation", optional_field, {0, INT64_MAX});
    const auto parallel = reader.integer("parallel", optional_field, {1, limits::rebuild_threads_max});
    const auto rate = reader.integer("records_per_second", optional_field, {1, projection_rate_max});
    const bool unverified = reader.boolean("unverified", optional_field).value_or(false);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    using enum ports::ProjectionAction;
    constexpr ports::ProjectionAction actions[] = {rebuild, verify, promote, discard, cancel};
    ports::ProjectionWish wish{.action = actions[*action], .parallel = static_cast<std::size_t>(parallel.value_or(0)), .records_per_second = static_cast<std::uint64_t>(rate.value_or(0)), .unverified = unverified};
    if (generation) wish.generation = static_cast<std::uint64_t>(*generation);
    const std::string_view word = words[*action];
    call->looked_at = "action=" + std::string(word) + (generation ? "&generation=" + std::to_string(*generation) : "");
    call->act_once_recorded([wish, word](const CallPtr& recorded) { begin_work(recorded, wish, word); });
}

void list_sagas(const CallPtr& call) {
    auto* operations = operations_of(call);
    if (operations == nullptr) return;
    const auto list = list_name(call->request);
    auto parameters = page_parameters(call->request, call->edge->cursor_secret(), list);
    if (!parameters) return call->fail(parameters.error());
    const auto* parked = call->request.query_value("parked");
    if (parked != nullptr && *parked != "true" && *parked != "false") return call->fail(ProblemCode::invalid_parameter, "parked must be true or false");
    const auto page = operations->sagas({parked != nullptr && *parked == "true", parameters->limit, std::move(parameters->cursor)});
    if (!page && page.error().code == FaultCode::invalid_argument) return call->fail(ProblemCode::invalid_parameter, page.error().message);
    if (!page) return call->fail(problem_for(page.error()));
    const std::string cursor = page->next_cursor.empty() ? std::string() : sign_cursor(call->edge->cursor_secret(), list, page->next_cursor);
    JsonWriter json;
    json.begin_object().key("data").raw(page->items_json).key("next_cursor");
    if (cursor.empty()) json.null();
    else json.string(cursor);
    json.member("has_more", !cursor.empty()).end_object();
    call->answer(json_response(200, json.take()));
}

void get_saga(const CallPtr& call) {
    const auto order = path_id<OrderKind>(call, admin_segment);
    if (!order) return;
    if (auto* operations = operations_of(call)) answer_found(call, operations->saga(*order));
}

void get_erasure(const CallPtr& call) {
    const auto subject = path_subject(call);
    if (!subject) return;
    if (auto* operations = operations_of(call)) answer_found(call, operations->erasure(subject->customer, subject->order));
}

void retry_erasure(const CallPtr& call) {
    const auto subject = path_subject(call);
    if (!subject) return;
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    customer_erasure::RetryErasureT command;
    command.person = {subject->customer.is_nil() ? subject->order.value : subject->customer.value};
    command.customer = subject->customer;
    command.order = subject->order;
    command.reason = reader.text("reason", optional_field, limits::reason_bytes_max).value_or("");
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    CommandCall wish{.command = customer_erasure::Command(std::move(command)), .id = command_id_for(*call), .fingerprint = fingerprint_of(*call, *body)};
    run_command(call, std::move(wish), render_wished("id", std::string(call->segment(admin_segment)), "retry", "/admin/v1/erasures/"));
}

void retry_saga(const CallPtr& call) {
    const auto order = path_id<OrderKind>(call, admin_segment);
    if (!order) return;
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    order_fulfilment::RetryT command;
    command.order_id = *order;
    command.reason = reader.text("reason", optional_field, limits::reason_bytes_max).value_or("");
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    steer(call, *body, *order, std::move(command), "retry");
}

void skip_saga_step(const CallPtr& call) {
    const auto order = path_id<OrderKind>(call, admin_segment);
    if (!order) return;
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto step_text = reader.text("step", required, 64);
    const auto step = step_text ? parse_step(*step_text) : std::nullopt;
    if (step_text && !step) reader.malformed("step", "must be a step of order_fulfilment, such as `reserve`");
    order_fulfilment::SkipT command;
    command.order_id = *order;
    command.reason = reader.text("reason", required, limits::reason_bytes_max, 1).value_or("");
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    command.step = *step;
    steer(call, *body, *order, std::move(command), "skip");
}

void compensate_saga(const CallPtr& call) {
    const auto order = path_id<OrderKind>(call, admin_segment);
    if (!order) return;
    const auto* dry = call->request.query_value("dry_run");
    if (dry != nullptr && *dry != "true" && *dry != "false") return call->fail(ProblemCode::invalid_parameter, "dry_run must be true or false");
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    order_fulfilment::CompensateT command;
    command.order_id = *order;
    command.reason = reader.text("reason", required, limits::reason_bytes_max, 1).value_or("");
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    const bool is_dry = dry != nullptr && *dry == "true";
    // A node that runs no sagas can't tell whether there is one; the saga's own node will.
    auto* operations = is_dry ? operations_of(call) : call->services().operations;
    if (operations == nullptr) return is_dry ? void() : steer(call, *body, *order, std::move(command), "compensate");
    const auto plan = operations->compensation_plan(*order);
    // Another node drives it, and can tell.
    if (!plan && plan.error().code == FaultCode::unavailable && !is_dry) return steer(call, *body, *order, std::move(command), "compensate");
    if (!plan) return call->fail(problem_for(plan.error()));
    // Asked of a saga that has ended, or of none, it would stand in the history and do nothing.
    std::optional<Problem> problem;
    if (!*plan) problem = Problem{.code = ProblemCode::not_found, .detail = "there is no saga of this order that has not ended"};
    if (!is_dry) return steer(call, *body, *order, std::move(command), "compensate", problem);
    if (problem) return call->fail(*problem);
    JsonWriter json;
    json.begin_object().member("order", text_of(*order)).member("requested", "compensate").member("dry_run", true).key("plan").raw(**plan).end_object();
    call->answer(json_response(200, json.take()));
}

}  // namespace granary::gateway
