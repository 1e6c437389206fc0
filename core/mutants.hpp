// Bugs that are planted for the simulator, which has to find each of them (docs/testing.md); in every other build there are none.
#pragma once

#ifdef GRANARY_SIMULATION

namespace granary {

// True while the bug of this name is planted. Defined by the simulator.
bool is_planted(const char* mutant);

}  // namespace granary

#define GRANARY_MUTANT(name) (::granary::is_planted(#name))
#else
// The constant false: the compiler drops whatever hangs on it.
#define GRANARY_MUTANT(name) false
#endif
