// Writes each access of a batch as a row of its own.
#include "projections/views/access.hpp"

#include "query-side/read_models/keys.hpp"
#include "schemas/json_values.hpp"

namespace granary::views {
namespace {

read_models::AccessRowT row_of(const access::AccessesRecordedT& batch, const access::AccessT& access, const Fact& fact) {
    JsonWriter json;
    json.begin_object();
    write_member(json, "at", access.at);
    json.member("principal", batch.principal).member("role", batch.role).member("key", batch.key).member("operation", access.operation);
    json.member("target", access.target).member("status", static_cast<std::int64_t>(access.status)).member("trace_id", access.trace_id);
    write_member(json, "position", fact.position);
    json.end_object();
    read_models::AccessRowT row;
    row.operation = access.operation;
    row.json = json.take();
    return row;
}

}  // namespace

void apply_access_log(Rows& rows, const Fact& fact) {
    const auto* event = std::get_if<access::Event>(&fact.event);
    if (event == nullptr) return;
    const auto& batch = std::get<access::AccessesRecordedT>(*event);
    const auto all = read_models::access_prefix();
    const auto own = read_models::access_prefix_of(batch.principal);
    for (std::uint32_t i = 0; i < batch.accesses.size(); ++i) {
        const auto place = read_models::access_place(batch.accesses[i]->at, fact.position, fact.index, i);
        auto row = row_of(batch, *batch.accesses[i], fact);
        rows.replace(own + place, row);
        rows.replace(all + place, std::move(row));
    }
}

}  // namespace granary::views
