// The state of one aggregate of any kind, folded event by event with the rules of its context.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/stream.hpp"
#include "schemas/messages.hpp"

namespace granary::cli {

// Not thread-safe.
class AggregateState {
  public:
    virtual ~AggregateState() = default;

    // corrupt: the event is of another context than the aggregate.
    virtual Status fold(const Event& event) = 0;
    // The state as a JSON object. For stock: the counters, and the reservation that the last event named, if it is kept.
    virtual std::string json() const = 0;
};

// The empty state of this kind, which is not `none`.
std::unique_ptr<AggregateState> make_aggregate_state(StreamKind kind);

}  // namespace granary::cli
