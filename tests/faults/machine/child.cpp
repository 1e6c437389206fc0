// A fork and a pipe.
#include "tests/faults/machine/child.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "core/check.hpp"
#include "tests/child_limits.hpp"

namespace granary::faults {
namespace {

constexpr rlim_t cpu_seconds_max = 300;

}  // namespace

Child begin_child(const std::function<std::string()>& work, bool quiet) {
    return begin_child([&work](const Tell& tell) { tell(work()); }, quiet);
}

Child begin_child(const std::function<void(const Tell&)>& work, bool quiet) {
    std::array<int, 2> ends{};
    GRANARY_CHECK(pipe(ends.data()) == 0);
    std::fflush(stdout);
    const pid_t process = fork();
    GRANARY_CHECK(process >= 0);
    if (process != 0) {
        close(ends[1]);
        return {process, ends[0]};
    }
    tests::limit_this_process(cpu_seconds_max);
    if (quiet) (void)std::freopen("/dev/null", "w", stderr);
    work([out = ends[1]](std::string_view text) {
        while (!text.empty()) {
            const auto written = write(out, text.data(), text.size());
            if (written <= 0) break;
            text.remove_prefix(static_cast<std::size_t>(written));
        }
    });
    _exit(0);
}

ChildEnd finish_child(const Child& child) {
    ChildEnd end;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = read(child.out, buffer.data(), buffer.size())) > 0;) end.text.append(buffer.data(), static_cast<std::size_t>(count));
    close(child.out);
    int status = 0;
    GRANARY_CHECK(waitpid(child.process, &status, 0) == child.process);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
    return end;
}

std::string name_of_end(int signal) {
    if (signal == SIGABRT) return "the process ends by a failed check";
    if (signal == SIGXCPU) return "the process goes round in circles";
    if (signal == SIGALRM) return "the process waits for what never comes";
    return "the process ends by signal " + std::to_string(signal);
}

}  // namespace granary::faults
