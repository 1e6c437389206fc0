// States are compared as JSON, leaf by leaf, so that every kind of aggregate is compared in the same way.
#include "tools/granary/state_difference.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/json_writer.hpp"
#include "tools/granary/json_value.hpp"

namespace granary::cli {
namespace {

struct Leaf {
    std::string path;
    std::string json;
};

void flatten(const JsonValue& value, const std::string& path, std::vector<Leaf>& leaves) {
    const bool is_list = value.kind == JsonValue::Kind::array;
    const bool has_parts = (is_list || value.kind == JsonValue::Kind::object) && !value.items.empty();
    if (!has_parts) {
        if (!path.empty()) leaves.push_back({path, value.json()});
        return;
    }
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        std::string part = is_list ? path + '[' + std::to_string(i) + ']' : path.empty() ? value.names[i] : path + '.' + value.names[i];
        flatten(value.items[i], part, leaves);
    }
}

Result<std::vector<Leaf>> leaves_of(std::string_view text) {
    std::vector<Leaf> leaves;
    if (text.empty()) return leaves;
    const auto value = parse_json(text);
    if (!value) return std::unexpected(value.error());
    flatten(*value, "", leaves);
    return leaves;
}

std::unordered_map<std::string, std::string> by_path(const std::vector<Leaf>& leaves) {
    std::unordered_map<std::string, std::string> map;
    for (const auto& leaf : leaves) map.emplace(leaf.path, leaf.json);
    return map;
}

std::string state_in(const History& history) { return history.events.empty() ? std::string() : history.events.back().state_json; }

Result<History> read_at(ports::Log& log, HistoryQuery query, std::string_view moment, std::size_t threads) {
    if (auto parsed = parse_as_of(moment, query); !parsed) return std::unexpected(parsed.error());
    query.with_states = true;
    query.last = 1;
    return read_history(log, query, threads);
}

void write_moment(JsonWriter& json, std::string_view name, const History& history) {
    json.key(name);
    if (history.events.empty()) {
        json.null();
        return;
    }
    const auto& event = history.events.back();
    json.begin_object().member("position", text_of(event.position)).member("version", static_cast<std::int64_t>(event.version));
    json.member("time", rfc3339_of(event.time)).member("event", event.name).end_object();
}

void write_value(JsonWriter& json, std::string_view name, const std::string& value) {
    json.key(name);
    value.empty() ? json.null() : json.raw(value);
}

}  // namespace

Result<std::vector<ChangedField>> changed_fields(std::string_view before, std::string_view after) {
    const auto old_leaves = leaves_of(before);
    if (!old_leaves) return std::unexpected(old_leaves.error());
    const auto new_leaves = leaves_of(after);
    if (!new_leaves) return std::unexpected(new_leaves.error());
    const auto was = by_path(*old_leaves);
    const auto is = by_path(*new_leaves);
    std::vector<ChangedField> changes;
    for (const auto& leaf : *new_leaves) {
        const auto old = was.find(leaf.path);
        if (old == was.end() || old->second != leaf.json) changes.push_back({leaf.path, old == was.end() ? std::string() : old->second, leaf.json});
    }
    for (const auto& leaf : *old_leaves) {
        if (!is.contains(leaf.path)) changes.push_back({leaf.path, leaf.json, {}});
    }
    return changes;
}

Result<StateDifference> difference_between(History before, History after) {
    auto fields = changed_fields(state_in(before), state_in(after));
    if (!fields) return std::unexpected(fields.error());
    return StateDifference{std::move(before), std::move(after), std::move(*fields)};
}

Result<StateDifference> read_difference(ports::Log& log, const HistoryQuery& query, std::string_view from, std::string_view to, std::size_t threads) {
    auto before = read_at(log, query, from, threads);
    if (!before) return std::unexpected(before.error());
    auto after = read_at(log, query, to, threads);
    if (!after) return std::unexpected(after.error());
    return difference_between(std::move(*before), std::move(*after));
}

Table table_of(const StateDifference& difference) {
    Table table{{{"field"}, {"before"}, {"after"}}, {}};
    for (const auto& change : difference.fields) table.rows.push_back({change.field, change.before, change.after});
    return table;
}

std::string json_of(const HistoryQuery& query, const StateDifference& difference) {
    JsonWriter json;
    json.begin_object().member("kind", name_of(query.stream.kind)).member("id", query.stream.key);
    write_moment(json, "before", difference.before);
    write_moment(json, "after", difference.after);
    json.key("changes").begin_array();
    for (const auto& change : difference.fields) {
        json.begin_object().member("field", change.field);
        write_value(json, "before", change.before);
        write_value(json, "after", change.after);
        json.end_object();
    }
    json.end_array().end_object();
    return json.take() + "\n";
}

}  // namespace granary::cli
