// Work in a process of its own, whose result comes back as text: what is tried there may well end it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace granary::faults {

struct Child {
    int process = -1;
    int out = -1;
};

struct ChildEnd {
    std::string text;  // what the work answered; cut short when the process was ended
    int signal = 0;    // 0: it came to its end
    int code = 0;      // of exit
};

// Of this process a copy that does the work, writes what it answers and ends at once. Computing time is limited, so that a busy machine finds no bugs of its own.
// To be called before anything of this process has made a thread. `quiet`: what it says on standard error is dropped.
Child begin_child(const std::function<std::string()>& work, bool quiet);
// The same for work that answers piece by piece: what it told before it was ended is in the text.
using Tell = std::function<void(std::string_view)>;
Child begin_child(const std::function<void(const Tell&)>& work, bool quiet);
// Waits for its end.
ChildEnd finish_child(const Child& child);
// In words, for a finding.
std::string name_of_end(int signal);

}  // namespace granary::faults
