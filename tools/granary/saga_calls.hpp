// What operators ask of sagas through the admin API of a running server: list, show, retry, skip, compensate.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "tools/granary/output.hpp"
#include "tools/granary/server_calls.hpp"

namespace granary::cli {

// Instances as the server lists them, page by page, at most `count_max`. `more`: there were more than that.
struct SagaList {
    JsonValue instances;  // an array of objects
    bool more = false;
};
CallResult<SagaList> list_sagas(ServerCalls& server, bool parked_only, std::size_t count_max);

// Of an order's saga, or with `erasure` of the one that erases the order's buyer; a customer's id means that erasure anyhow.
CallResult<JsonValue> show_saga(ServerCalls& server, const std::string& id, bool erasure = false);

// An operator's decision about one instance. A dry run answers what would be done, and does nothing.
struct SagaAction {
    std::string verb;      // retry, skip, compensate
    std::string order_id;  // or a customer's, for a retry of an erasure
    std::string reason;    // may be empty for retry
    std::string step;      // skip only
    bool dry_run = false;  // compensate only
    bool erasure = false;  // retry only: of the saga that erases the order's buyer
};
CallResult<JsonValue> act_on_saga(ServerCalls& server, const SagaAction& action, const std::string& idempotency_key);

// Shown what an action would do (of a compensation the server's dry run, else nothing); false leaves everything as it is.
using Consent = std::function<bool(const SagaAction& action, const JsonValue& plan)>;
// act_on_saga, but for skip and compensate, which nobody can take back, only with consent. Without it: exit_usage, and
// nothing was done. A dry run needs none.
CallResult<JsonValue> act_with_consent(ServerCalls& server, const SagaAction& action, const std::string& idempotency_key, const Consent& agrees);

// An array of objects as a table: a column for each member name, in the order of first sight; numbers to the right.
Table table_of_objects(const JsonValue& objects);
// One object as a table of two columns, field and value.
Table table_of_fields(const JsonValue& object);

}  // namespace granary::cli
