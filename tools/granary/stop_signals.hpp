// The signals that ask a program to end, taken in order instead of in a handler.
#pragma once

#include <csignal>

namespace granary::cli {

// Blocks SIGTERM and SIGINT in this thread and those that it starts, so that no handler runs at a bad moment, and ignores
// SIGPIPE; call it before any thread is started, and hand the set to sigwait.
sigset_t block_stop_signals();

}  // namespace granary::cli
