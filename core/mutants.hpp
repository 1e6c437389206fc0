// Bugs that are planted for the simulator and the tools of faults, which have to find each of them (docs/testing.md). Only in copies that are compiled for them.
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
