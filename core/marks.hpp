// Marks of branches that are seldom taken: the simulator tells which of them no world has reached. Only in copies that are compiled with planted bugs (mutants.hpp).
#pragma once

#ifdef GRANARY_SIMULATION

namespace granary {

// The branch of this name is taken. Defined by the simulator.
void reach(const char* mark);

}  // namespace granary

#define GRANARY_MARK(name) ::granary::reach(#name)
#define GRANARY_MARK_WHEN(name, condition) ((condition) ? ::granary::reach(#name) : static_cast<void>(0))
#else
#define GRANARY_MARK(name) static_cast<void>(0)
// The condition is not looked at.
#define GRANARY_MARK_WHEN(name, condition) static_cast<void>(0)
#endif
