// Reads rows of a running host's store; acts by commands only.
#include "sagas/runtime/saga_admin.hpp"

#include <algorithm>
#include <utility>

#include "core/hex.hpp"
#include "core/limits.hpp"
#include "core/routing.hpp"
#include "sagas/runtime/action_words.hpp"
#include "sagas/runtime/saga_runner.hpp"
#include "sagas/runtime/saga_tables.hpp"

namespace granary::sagas {
namespace {

constexpr std::size_t rows_per_call_max = 10'000;
// Before a cursor among erasures, which come behind the orders.
constexpr char erasures_mark = 'e';

SagaSummary summary_of(const FulfilmentStateT& state) {
    SagaSummary summary;
    summary.process = "order_fulfilment";
    summary.id = text_of(state.order_id);
    summary.phase = EnumNamePhase(state.phase);
    summary.parked = state.parked;
    const auto step = state.parked ? state.parked_step : state.open.empty() ? order_fulfilment::Step::none : state.open.front()->step;
    summary.step = order_fulfilment::EnumNameStep(step);
    summary.reason = state.parked ? state.parked_reason : state.end_reason;
    summary.begun_at = state.placed_at;
    summary.open = state.open.size();
    return summary;
}

SagaSummary summary_of(const ErasureStateT& state) {
    SagaSummary summary;
    summary.process = "customer_erasure";
    summary.id = id_text(subject_of(state));
    summary.phase = EnumNameErasurePhase(state.phase);
    summary.parked = state.parked;
    summary.step = customer_erasure::EnumNameStep(state.parked ? state.parked_step : state.step);
    summary.reason = state.parked_reason;
    summary.begun_at = state.requested_at;
    summary.open = state.orders_under_way;
    return summary;
}

std::optional<std::string> unhex(std::string_view text) {
    if (text.size() % 2 != 0 || text.size() > 2 * limits::external_reference_bytes_max) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = hex_digit_of(text[i]);
        const auto low = hex_digit_of(text[i + 1]);
        if (!high || !low) return std::nullopt;
        bytes += static_cast<char>(*high << 4 | *low);
    }
    return bytes;
}

// What another node drives is not known here, whatever rows of earlier days say.
bool is_of_another_node(const Status& caught_up) { return !caught_up && caught_up.error().code == FaultCode::unavailable; }

}  // namespace

void write_json(JsonWriter& json, const SagaSummary& summary) {
    json.begin_object().member("process", summary.process).member("id", summary.id);
    json.member("phase", summary.phase).member("parked", summary.parked).member("step", summary.step).member("reason", summary.reason);
    json.member("begun_at", rfc3339_of(summary.begun_at)).member("open", static_cast<std::int64_t>(summary.open)).end_object();
}

std::optional<order_fulfilment::Step> parse_step(std::string_view text) {
    for (const auto step : order_fulfilment::EnumValuesStep()) {
        if (text == order_fulfilment::EnumNameStep(step) && step != order_fulfilment::Step::none) return step;
    }
    return std::nullopt;
}

Result<SagaPage> SagaAdmin::list(const SagaFilter& filter, std::size_t limit, std::string_view cursor) const {
    const bool among_erasures = cursor.starts_with(erasures_mark);
    const auto from = unhex(among_erasures ? cursor.substr(1) : cursor);
    if (!from) return fault(FaultCode::invalid_argument, "the cursor is not one of a list of sagas");
    limit = std::clamp<std::size_t>(limit, 1, limits::saga_list_max);
    SagaPage page;
    if (!among_erasures) {
        if (auto listed = list_orders(filter, limit, *from, page); !listed) return std::unexpected(listed.error());
        if (!page.next_cursor.empty() || filter.phase) return page;
    }
    if (page.sagas.size() == limit) {
        page.next_cursor = erasures_mark;
        return page;
    }
    if (auto listed = list_erasures(filter, limit, among_erasures ? *from : "", page); !listed) return std::unexpected(listed.error());
    return page;
}

Status SagaAdmin::list_orders(const SagaFilter& filter, std::size_t limit, std::string_view from, SagaPage& page) const {
    // The index of the parked ones holds no rows, so keys are gathered first and looked up then.
    const auto table = filter.parked_only ? tables::parked : tables::instances;
    std::size_t looked_at = 0;
    Status inner;
    const auto visit = [&](std::string_view key, std::string_view value) {
        if (page.sagas.size() == limit || ++looked_at > rows_per_call_max) {
            page.next_cursor = hex_of_bytes(key);
            return false;
        }
        std::string row(value);
        if (filter.parked_only) {
            auto found = store_.get(tables::instances, key);
            if (!found || !*found) return true;  // resumed or ended meanwhile
            row = std::move(**found);
        }
        const auto state = decode_fulfilment_state(row);
        if (!state) {
            inner = std::unexpected(state.error());
            return false;
        }
        if (!filter.phase || state->phase == *filter.phase) page.sagas.push_back(summary_of(*state));
        return true;
    };
    auto scanned = store_.scan(table, from, "", visit);
    return scanned ? inner : scanned;
}

Status SagaAdmin::list_erasures(const SagaFilter& filter, std::size_t limit, std::string_view from, SagaPage& page) const {
    std::size_t looked_at = 0;
    Status inner;
    const auto visit = [&](std::string_view key, std::string_view value) {
        if (page.sagas.size() == limit || ++looked_at > rows_per_call_max) {
            page.next_cursor = erasures_mark + hex_of_bytes(key);
            return false;
        }
        const auto state = decode_erasure_state(value);
        if (!state) {
            inner = std::unexpected(state.error());
            return false;
        }
        if (!filter.parked_only || state->parked) page.sagas.push_back(summary_of(*state));
        return true;
    };
    auto scanned = store_.scan(tables::erasures, from, "", visit);
    return scanned ? inner : scanned;
}

Partition SagaAdmin::partition_of_order(OrderId order) const { return partition_of(text_of(order), partitions_); }

Status SagaAdmin::catch_up(Partition partition) const { return catch_up_ ? catch_up_(partition) : Status(); }

Result<std::optional<FulfilmentStateT>> SagaAdmin::load(OrderId order) const {
    const auto row = store_.get(tables::instances, tables::order_key(partition_of_order(order), order));
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    auto state = decode_fulfilment_state(**row);
    if (!state) return std::unexpected(state.error());
    return std::optional(std::move(*state));
}

Result<std::optional<std::string>> SagaAdmin::show(OrderId order) const {
    const auto caught_up = catch_up(partition_of_order(order));
    if (is_of_another_node(caught_up)) return std::unexpected(caught_up.error());
    const auto state = load(order);
    if (!state) return std::unexpected(state.error());
    JsonWriter json;
    if (*state) {
        write_json(json, **state);
        return std::optional(json.take());
    }
    const auto row = store_.get(tables::ended, tables::order_key(partition_of_order(order), order));
    if (!row) return std::unexpected(row.error());
    if (!*row) return caught_up ? Result<std::optional<std::string>>(std::nullopt) : std::unexpected(caught_up.error());
    const auto tombstone = decode_ended_instance(**row);
    if (!tombstone) return std::unexpected(tombstone.error());
    write_json(json, *tombstone);
    return std::optional(json.take());
}

Result<std::optional<std::string>> SagaAdmin::show(const ErasureSubject& subject) const {
    const Partition partition = partition_of(id_text(subject), partitions_);
    const auto caught_up = catch_up(partition);
    if (is_of_another_node(caught_up)) return std::unexpected(caught_up.error());
    const auto key = tables::person_key(partition, subject.person);
    const auto row = store_.get(tables::erasures, key);
    if (!row) return std::unexpected(row.error());
    JsonWriter json;
    if (*row) {
        const auto state = decode_erasure_state(**row);
        if (!state) return std::unexpected(state.error());
        write_json(json, *state);
        return std::optional(json.take());
    }
    const auto tombstone = store_.get(tables::erased, key);
    if (!tombstone) return std::unexpected(tombstone.error());
    if (!*tombstone) return caught_up ? Result<std::optional<std::string>>(std::nullopt) : std::unexpected(caught_up.error());
    json.begin_object().member("person", text_of(subject.person)).member("phase", EnumNameErasurePhase(ErasurePhase::erased)).end_object();
    return std::optional(json.take());
}

Result<std::optional<SagaAdmin::Plan>> SagaAdmin::would_compensate(OrderId order, std::string_view reason) const {
    const auto caught_up = catch_up(partition_of_order(order));
    if (is_of_another_node(caught_up)) return std::unexpected(caught_up.error());
    auto state = load(order);
    if (!state) return std::unexpected(state.error());
    if (!*state) return caught_up ? Result<std::optional<Plan>>(std::nullopt) : std::unexpected(caught_up.error());
    auto& copy = **state;
    const auto before = decode_fulfilment_state(encode(copy));
    if (!before) return std::unexpected(before.error());
    order_fulfilment::CompensationRequestedT request;
    request.order_id = order;
    request.reason = reason;
    const Event event{order_fulfilment::Event(std::move(request))};
    const auto reaction = react(copy, {event, EventId{Uuid{0, 1}}, {}, copy.placed_at, copy.correlation, {}});
    Plan plan;
    for (const CommandId id : reaction.opened) {
        if (const auto* action = open_action(copy, id)) plan.asks.push_back(describe(copy, *action));
    }
    for (const CommandId id : reaction.closed) {
        if (const auto* action = open_action(*before, id)) plan.drops.push_back(describe(*before, *action));
    }
    return std::optional(std::move(plan));
}

std::string SagaAdmin::json_of(OrderId order, const Plan& plan) {
    JsonWriter json;
    json.begin_object().member("order_id", text_of(order)).member("dry_run", true).key("asks").begin_array();
    for (const auto& ask : plan.asks) json.string(ask);
    json.end_array().key("drops").begin_array();
    for (const auto& drop : plan.drops) json.string(drop);
    json.end_array().end_object();
    return json.take();
}

void SagaAdmin::submit(Command command, OperatorRequest request, Done done) {
    ports::CommandRequest sent;
    sent.command = std::move(command);
    sent.id = request.id;
    sent.fingerprint = request.fingerprint;
    sent.actor = std::move(request.actor);
    sent.traceparent = std::move(request.traceparent);
    sent.deadline = request.deadline;
    bus_.submit(std::move(sent), std::move(done));
}

void SagaAdmin::retry(OrderId order, std::string reason, OperatorRequest request, Done done) {
    order_fulfilment::RetryT command;
    command.order_id = order;
    command.reason = std::move(reason);
    submit(order_fulfilment::Command(std::move(command)), std::move(request), std::move(done));
}

void SagaAdmin::retry(const ErasureSubject& subject, std::string reason, OperatorRequest request, Done done) {
    submit(retry_command_of(subject, std::move(reason)), std::move(request), std::move(done));
}

void SagaAdmin::skip(OrderId order, order_fulfilment::Step step, std::string reason, OperatorRequest request, Done done) {
    order_fulfilment::SkipT command;
    command.order_id = order;
    command.step = step;
    command.reason = std::move(reason);
    submit(order_fulfilment::Command(std::move(command)), std::move(request), std::move(done));
}

void SagaAdmin::compensate(OrderId order, std::string reason, OperatorRequest request, Done done) {
    order_fulfilment::CompensateT command;
    command.order_id = order;
    command.reason = std::move(reason);
    submit(order_fulfilment::Command(std::move(command)), std::move(request), std::move(done));
}

}  // namespace granary::sagas
