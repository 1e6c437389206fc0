// All that is held about one customer, in one piece.
#pragma once

#include <optional>
#include <string>

#include "core/ids.hpp"
#include "core/json_writer.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/commits.hpp"
#include "query-side/queries/customers.hpp"
#include "query-side/queries/orders.hpp"
#include "query-side/queries/payments.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

// Thread-safe; reads the store, the keys and the log, and takes as long as there are orders, so it is no work for a thread that answers
// clients.
class PersonExport {
  public:
    // Commits outlive this.
    PersonExport(const Source& source, ports::Commits& commits) : source_(source), customers_(source), orders_(source), payments_(source), commits_(commits) {}

    // {"id", "exported_at", "position", "customer": the page or null, "personal_data": [every state of it that was ever given, with its time],
    // "orders": [{"order": the page, "payments", "timeline"}]}, newest order first. What was erased is null. nullopt: nothing is known.
    // unsupported: more than limits::person_export_bytes_max.
    Result<std::optional<std::string>> run(CustomerId id, Time now) const;

  private:
    Status write_given(JsonWriter& json, CustomerId id) const;
    Status write_orders(JsonWriter& json, CustomerId id, bool& any) const;
    Status write_order(JsonWriter& json, OrderId id) const;

    Source source_;
    CustomerQueries customers_;
    OrderQueries orders_;
    PaymentQueries payments_;
    ports::Commits& commits_;
};

}  // namespace granary::queries
