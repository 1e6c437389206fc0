// Each seed runs in a process of its own: a planted bug may well end it.
#include "tests/simulation/planted.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <optional>

#include "core/check.hpp"
#include "tests/child_limits.hpp"
#include "tests/simulation/mutants.hpp"
#include "tests/simulation/world.hpp"

namespace granary::simulation {
namespace {

// A bug may also make a world go round in circles.
constexpr rlim_t cpu_seconds_max = 60;

[[noreturn]] void run_child(int out, const Mutant* mutant, const RunOptions& options) {
    tests::limit_this_process(cpu_seconds_max);
    (void)std::freopen("/dev/null", "w", stderr);
    plant(mutant);
    const auto result = run_seed(options);
    if (!result.findings.empty()) (void)!write(out, result.findings.front().data(), result.findings.front().size());
    _exit(result.findings.empty() ? 0 : 1);
}

std::string name_of_end(int signal) {
    if (signal == SIGABRT) return "the process ends by a failed check";
    if (signal == SIGXCPU) return "the world goes round in circles";
    return "the process ends by signal " + std::to_string(signal);
}

// What the seed shows of the bug; nothing when it passes.
std::optional<std::string> symptom(const Mutant* mutant, const RunOptions& options) {
    std::array<int, 2> ends{};
    GRANARY_CHECK(pipe(ends.data()) == 0);
    std::fflush(stdout);
    const pid_t child = fork();
    GRANARY_CHECK(child >= 0);
    if (child == 0) run_child(ends[1], mutant, options);
    close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = read(ends[0], buffer.data(), buffer.size())) > 0;) text.append(buffer.data(), static_cast<std::size_t>(count));
    close(ends[0]);
    int status = 0;
    GRANARY_CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) return name_of_end(WTERMSIG(status));
    if (WEXITSTATUS(status) == 0) return std::nullopt;
    return text;
}

void show(const Mutant& mutant, const std::string& what) {
    std::string line(mutant.name);
    line.resize(std::max<std::size_t>(line.size(), 26), ' ');
    line += " " + what + "\n";
    (void)!write(STDOUT_FILENO, line.data(), line.size());
}

bool search(const Mutant& mutant, const SearchOptions& options) {
    for (std::uint64_t i = 0; i < options.seeds; ++i) {
        const RunOptions run{.seed = options.from + i, .mix = options.mix};
        const auto shown = symptom(&mutant, run);
        if (!shown) continue;
        if (symptom(nullptr, run)) {
            show(mutant, "seed " + std::to_string(run.seed) + " fails without it, too");
            continue;
        }
        show(mutant, "found by seed " + std::to_string(run.seed) + ", the " + std::to_string(i + 1) + ".: " + *shown);
        return true;
    }
    show(mutant, "NOT found within " + std::to_string(options.seeds) + " seeds: " + std::string(mutant.what));
    return false;
}

// How many are not found.
std::size_t search_all(const SearchOptions& options) {
    std::size_t missed = 0, running = 0;
    const auto wait_for_one = [&] {
        int status = 0;
        GRANARY_CHECK(wait(&status) > 0);
        --running;
        missed += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0U : 1U;
    };
    for (const auto& mutant : all_mutants()) {
        if (running == options.jobs) wait_for_one();
        std::fflush(stdout);
        const pid_t child = fork();
        GRANARY_CHECK(child >= 0);
        if (child == 0) _exit(search(mutant, options) ? 0 : 1);
        ++running;
    }
    while (running > 0) wait_for_one();
    return missed;
}

void list(std::FILE* out) {
    for (const auto& one : all_mutants()) std::fprintf(out, "%-26s %-52s %s\n", one.name, std::string(one.where).c_str(), std::string(one.what).c_str());
}

}  // namespace

int search_planted(const std::string& name, const SearchOptions& options) {
    if (name == "list") {
        list(stdout);
        return 0;
    }
    if (name != "all") {
        const Mutant* mutant = find_mutant(name);
        if (mutant != nullptr) return search(*mutant, options) ? 0 : 1;
        std::fprintf(stderr, "there is no planted bug of this name; there are\n");
        list(stderr);
        return 2;
    }
    const std::size_t missed = search_all(options);
    std::printf("%zu planted, %zu not found\n", all_mutants().size(), missed);
    return missed == 0 ? 0 : 1;
}

}  // namespace granary::simulation
