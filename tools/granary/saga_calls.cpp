// Requests and pages of /admin/v1/sagas; what comes back is shown as the server sends it.
#include "tools/granary/saga_calls.hpp"

#include <algorithm>
#include <utility>

#include "core/ids.hpp"
#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

constexpr std::string_view base = "/admin/v1/sagas";
constexpr std::string_view erasures = "/admin/v1/erasures";

std::string path_of(const std::string& id, bool erasure) {
    return std::string(erasure || parse_id<CustomerKind>(id) ? erasures : base) + "/" + percent_encoded(id);
}

std::size_t column_of(Table& table, const std::string& name) {
    const auto found = std::ranges::find(table.columns, name, &Column::name);
    if (found != table.columns.end()) return static_cast<std::size_t>(found - table.columns.begin());
    table.columns.push_back({name, true});
    return table.columns.size() - 1;
}

}  // namespace

CallResult<SagaList> list_sagas(ServerCalls& server, bool parked_only, std::size_t count_max) {
    SagaList list{{JsonValue::Kind::array, {}, {}, {}}, false};
    const auto more = server.each_page(std::string(base) + (parked_only ? "?parked=true" : ""), count_max, [&](const JsonValue& items) {
        list.instances.items.insert(list.instances.items.end(), items.items.begin(), items.items.end());
        return Status();
    });
    if (!more) return std::unexpected(more.error());
    list.more = *more;
    return list;
}

CallResult<JsonValue> show_saga(ServerCalls& server, const std::string& id, bool erasure) { return server.get(path_of(id, erasure)); }

CallResult<JsonValue> act_on_saga(ServerCalls& server, const SagaAction& action, const std::string& idempotency_key) {
    JsonWriter body;
    body.begin_object();
    if (!action.reason.empty()) body.member("reason", action.reason);
    if (!action.step.empty()) body.member("step", action.step);
    body.end_object();
    const std::string path = path_of(action.order_id, action.erasure) + "/" + action.verb + (action.dry_run ? "?dry_run=true" : "");
    return server.post(path, body.take(), idempotency_key);
}

CallResult<JsonValue> act_with_consent(ServerCalls& server, const SagaAction& action, const std::string& idempotency_key, const Consent& agrees) {
    if (action.verb == "retry" || action.dry_run) return act_on_saga(server, action, idempotency_key);
    JsonValue plan;
    if (action.verb == "compensate") {
        auto dry = action;
        dry.dry_run = true;
        auto shown = act_on_saga(server, dry, idempotency_key + "/dry-run");
        if (!shown) return shown;
        plan = std::move(*shown);
    }
    if (!agrees(action, plan)) return std::unexpected(CallFailure{exit_usage, "nothing was done: say --yes to do it"});
    return act_on_saga(server, action, idempotency_key);
}

Table table_of_objects(const JsonValue& objects) {
    Table table;
    for (const auto& object : objects.items) {
        auto& row = table.rows.emplace_back(table.columns.size());
        for (std::size_t i = 0; i < object.items.size(); ++i) {
            const std::size_t column = column_of(table, object.names[i]);
            row.resize(std::max(row.size(), table.columns.size()));
            row[column] = object.items[i].cell();
            const auto kind = object.items[i].kind;
            if (kind != JsonValue::Kind::number && kind != JsonValue::Kind::null) table.columns[column].numeric = false;
        }
    }
    for (auto& row : table.rows) row.resize(table.columns.size());
    return table;
}

Table table_of_fields(const JsonValue& object) {
    Table table{{{"field"}, {"value"}}, {}};
    for (std::size_t i = 0; i < object.items.size(); ++i) table.rows.push_back({object.names[i], object.items[i].cell()});
    return table;
}

}  // namespace granary::cli
