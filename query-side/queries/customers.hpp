// Questions about customers: the profile, with personal fields opened.
#pragma once

#include <optional>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

// Thread-safe; every call reads the store and the keys, and blocks no longer than that.
class CustomerQueries {
  public:
    explicit CustomerQueries(const Source& source) : source_(source) {}

    Partition partition(CustomerId id) const;
    // {"id", "country", "reference", "registered_at", "updated_at", "erasure", "profile", "address"}; owner is the customer.
    Result<std::optional<Document>> get(CustomerId id) const;
    // Whether anything new may be kept about the customer, as far as this view knows: true until somebody has asked for the
    // erasure, also of a customer who never registered.
    Result<bool> takes_data(CustomerId id) const;

  private:
    Source source_;
};

}  // namespace granary::queries
