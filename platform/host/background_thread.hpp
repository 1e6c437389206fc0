// Threads whose work may wait give way to those that answer clients.
#pragma once

namespace granary {

// Names the calling thread (at most 15 characters, for profilers and top) and makes the kernel prefer others to it while
// processors are scarce: a burst at the door is answered first, and what follows from it is worked off behind it. It still
// gets its share, about a third of what an ordinary thread gets. Where the kernel refuses, the thread keeps its priority.
void run_in_background(const char* name);

// The same for work that somebody asked for and nobody waits for, such as building a view anew: it gives way to the others in
// the background as well, and gets about a tenth of what an ordinary thread gets.
void run_at_leisure(const char* name);

}  // namespace granary
