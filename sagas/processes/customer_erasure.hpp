// The process that erases one person: waits for the orders that are under way, has the key destroyed, and says so.
// Pure: its state is a fold of what stands in the person's own partition, so a re-run repeats itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "sagas/processes/customer_erasure_state_messages.hpp"
#include "sagas/processes/input.hpp"

namespace granary::sagas {

// Whose key it is: that of a customer, or of the order of somebody who is none. One of the two ids is nil.
struct ErasureSubject {
    PersonId person;
    CustomerId customer;
    OrderId order;

    bool operator==(const ErasureSubject&) const = default;
};
ErasureSubject subject_of(const ErasureStateT& state);
// Its customer's or order's id: how people name an erasure.
std::string id_text(const ErasureSubject& subject);

// The erasure that must see this event; nullopt: none.
std::optional<ErasureSubject> erasure_of(const Event& event);
bool begins_erasure(const Event& event);

// An erasure begins with the request for it; any other first event leaves the state empty (phase none). Afterwards `state`
// says what is asked for next: `step` under `action`, not before `not_before`, and nothing while it is parked.
// Orders under way are looked at at once, then ever less often. What none of them, a request that does not want to wait, or
// limits::erasure_wait_max ends is the waiting.
void react(ErasureStateT& state, const Input& input);

// Nothing is asked for any more.
bool has_ended(const ErasureStateT& state);
// An answer was found or a thing done: the command that records it. `orders_under_way` matters where orders were looked for.
Command record_of(const ErasureStateT& state, std::uint32_t orders_under_way);
Command park_command_of(const ErasureStateT& state, std::string reason);
// The command of an operator.
Command retry_command_of(const ErasureSubject& subject, std::string reason);

}  // namespace granary::sagas
