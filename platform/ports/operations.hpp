// What operators do with sagas and views of a running server: the gateway's admin routes ask, the program's root connects
// them with what runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace granary::ports {

enum class ProjectionAction { rebuild, verify, promote, discard, cancel };

struct ProjectionWish {
    ProjectionAction action = ProjectionAction::verify;
    std::optional<std::uint64_t> generation;  // of promote and discard; else the newest, or all that are not live
    std::size_t parallel = 0;                 // threads of rebuild and verify; 0: as many as the node thinks fit
    std::uint64_t records_per_second = 0;     // at most, of rebuild and verify; 0: as many as the node's other work leaves room for
    bool unverified = false;                  // of promote: although it was not found equal to the live one
};

struct SagaFilter {
    bool parked_only = false;  // else all that have not ended
    std::size_t limit = 100;
    std::string cursor;      // as given out before, or empty
};

struct SagaPage {
    std::string items_json;   // a JSON array
    std::string next_cursor;  // empty when there is nothing more
};

// Thread-safe. All answers are complete JSON. Called on the gateway's threads, so nothing here may take long.
class Operations {
  public:
    virtual ~Operations() = default;

    // An array: every generation of every view, with positions and lag.
    virtual Result<std::string> projections() = 0;
    // An object: the generations of one view, and the last piece of work on it with its progress. nullopt: no such view.
    virtual Result<std::optional<std::string>> projection(std::string_view view) = 0;
    // Starts the work on a thread of its own, or asks that on this view to stop, and answers at once; `projection` shows how
    // far it is. conflict: some work is under way, or none that could be stopped; not_found: no such view or generation.
    virtual Status begin(std::string_view view, const ProjectionWish& wish) = 0;

    virtual Result<SagaPage> sagas(const SagaFilter& filter) = 0;
    // An object: where the saga of this order stands, what it holds and waits for. nullopt: there is none. unavailable:
    // another node drives it.
    virtual Result<std::optional<std::string>> saga(OrderId order) = 0;
    // An object: where the erasure of this customer, or of the buyer of this order, stands. One of the two is nil. As `saga`.
    virtual Result<std::optional<std::string>> erasure(CustomerId customer, OrderId order) = 0;
    // An object: what a compensation would ask for and drop now. Changes nothing. nullopt: there is no saga.
    // unavailable: as above.
    virtual Result<std::optional<std::string>> compensation_plan(OrderId order) = 0;
};

}  // namespace granary::ports
