// Each process takes every n-th seed and counts in a part of shared memory of its own; one that dies is replaced behind the seed that it died of.
#include "tests/simulation/campaign.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>

#include "core/check.hpp"
#include "tests/simulation/marks.hpp"
#include "tests/simulation/world.hpp"

namespace granary::simulation {
namespace {

constexpr std::size_t findings_shown_max = 12;
constexpr std::uint64_t repeat_one_in = 100;

struct Desk {
    Sums sums;
    std::uint64_t at = 0;     // the seed in hand
    bool done = false;
};

void add(Sums& sums, const RunResult& result) {
    const auto taken = take_reached();
    for (std::size_t i = 0; i < taken.size(); ++i) sums.reached[i] += taken[i] ? 1U : 0U;
    ++sums.seeds;
    sums.failed += result.findings.empty() ? 0U : 1U;
    sums.steps += result.steps;
    sums.records += result.records;
    sums.voids += result.voids;
    sums.claims += result.claims;
    sums.commits += result.commits;
    sums.requests += result.requests;
    sums.unsettled += result.unsettled;
    for (std::size_t i = 0; i < all_mixes().size(); ++i) sums.workloads[i] += all_mixes()[i].name == result.workload ? 1U : 0U;
}

void add(Sums& sums, const Sums& more) {
    sums.seeds += more.seeds;
    sums.failed += more.failed;
    sums.steps += more.steps;
    sums.records += more.records;
    sums.voids += more.voids;
    sums.claims += more.claims;
    sums.commits += more.commits;
    sums.repeated += more.repeated;
    sums.requests += more.requests;
    sums.unsettled += more.unsettled;
    for (std::size_t i = 0; i < sums.workloads.size(); ++i) sums.workloads[i] += more.workloads[i];
    for (std::size_t i = 0; i < sums.reached.size(); ++i) sums.reached[i] += more.reached[i];
}

bool is_over(const CampaignOptions& options) { return std::chrono::steady_clock::now() >= options.until; }

// In one write, so that processes don't mix.
void print(const std::string& text) {
    std::fflush(stdout);
    (void)!write(STDOUT_FILENO, text.data(), text.size());
}

std::string replay_line(std::uint64_t seed, const CampaignOptions& options) { return "  replay: tools/simulate --replay " + std::to_string(seed) + options.mix_option + "\n"; }

void show_failure(const RunResult& result, const CampaignOptions& options) {
    std::string text = "seed " + std::to_string(result.seed) + " (" + result.workload + ") fails after " + std::to_string(result.lasted.us / 1'000'000) + " s of its time:\n";
    for (std::size_t i = 0; i < std::min(result.findings.size(), findings_shown_max); ++i) text += "  - " + result.findings[i] + "\n";
    if (result.findings.size() > findings_shown_max) text += "  - and " + std::to_string(result.findings.size() - findings_shown_max) + " more\n";
    print(text + replay_line(result.seed, options));
}

RunResult run_checked(std::uint64_t seed, const Mix* mix, Sums& sums) {
    auto result = run_seed({.seed = seed, .mix = mix});
    if (seed % repeat_one_in != 0) return result;
    ++sums.repeated;
    const auto again = run_seed({.seed = seed, .mix = mix});
    if (again.trace_hash != result.trace_hash) result.findings.push_back("the same seed went another way the second time");
    return result;
}

[[noreturn]] void work(Desk& desk, std::uint64_t first, const CampaignOptions& options) {
    for (std::uint64_t seed = first; seed < options.from + options.seeds && !is_over(options); seed += options.jobs) {
        desk.at = seed;
        const auto result = run_checked(seed, options.mix, desk.sums);
        add(desk.sums, result);
        if (!result.findings.empty()) show_failure(result, options);
    }
    desk.done = true;
    _exit(0);
}

pid_t begin(Desk& desk, std::uint64_t first, const CampaignOptions& options) {
    desk.at = first;
    std::fflush(stdout);
    const pid_t child = fork();
    GRANARY_CHECK(child >= 0);
    if (child == 0) work(desk, first, options);
    return child;
}

// Whoever died of a seed is replaced.
void run_all(std::span<Desk> desks, const CampaignOptions& options) {
    std::map<pid_t, std::size_t> workers;
    for (std::size_t i = 0; i < desks.size(); ++i) {
        if (i < options.seeds) workers[begin(desks[i], options.from + i, options)] = i;
    }
    while (!workers.empty()) {
        int status = 0;
        const pid_t ended = wait(&status);
        GRANARY_CHECK(ended > 0);
        const auto found = workers.find(ended);
        if (found == workers.end()) continue;
        const std::size_t place = found->second;
        Desk& desk = desks[place];
        workers.erase(found);
        if (desk.done) continue;
        ++desk.sums.seeds;
        ++desk.sums.failed;
        print("seed " + std::to_string(desk.at) + " ends its process, by signal " + std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0) + "\n" + replay_line(desk.at, options));
        const std::uint64_t next = desk.at + options.jobs;
        if (next < options.from + options.seeds && !is_over(options)) workers[begin(desk, next, options)] = place;
    }
}

void show_sums(const Sums& sums, double seconds, std::uint32_t jobs) {
    rusage used{};
    getrusage(RUSAGE_CHILDREN, &used);
    const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    const auto count = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf("%llu seeds, %llu failed, %llu run twice and compared; %.0f seeds a minute in %u processes, %.0f a minute of one processor\n", count(sums.seeds), count(sums.failed),
                count(sums.repeated), static_cast<double>(sums.seeds) / seconds * 60, jobs, static_cast<double>(sums.seeds) / std::max(cpu, 0.001) * 60);
    std::printf("%llu records (%llu void, %llu claims), %llu commits, %llu requests at gateways, %llu steps; %ld MiB at most\n", count(sums.records), count(sums.voids), count(sums.claims),
                count(sums.commits), count(sums.requests), count(sums.steps), used.ru_maxrss / 1024);
    if (sums.unsettled != 0) std::printf("%llu objects whose history was too long to be settled as linearizable or not\n", count(sums.unsettled));
    for (std::size_t i = 0; i < all_mixes().size(); ++i) {
        if (sums.workloads[i] != 0) std::printf("  %-16s %llu\n", std::string(all_mixes()[i].name).c_str(), count(sums.workloads[i]));
    }
}

// All of them with the number of seeds, or those that none has reached. True: none is missing.
bool show_marks(const Sums& sums, bool all) {
    bool complete = true;
    for (std::size_t i = 0; i < all_marks().size(); ++i) {
        const auto& mark = all_marks()[i];
        const std::string name(mark.name), where(mark.where), what(mark.what);
        complete = complete && sums.reached[i] != 0;
        if (sums.reached[i] == 0) std::printf("never reached: %s in %s: %s\n", name.c_str(), where.c_str(), what.c_str());
        else if (all) std::printf("  %-28s %6llu  %s\n", name.c_str(), static_cast<unsigned long long>(sums.reached[i]), what.c_str());
    }
    return complete;
}

}  // namespace

int run_campaign(const CampaignOptions& options) {
    GRANARY_CHECK(all_mixes().size() <= std::size(Sums().workloads) && all_marks().size() <= std::size(Sums().reached));
    const std::size_t bytes = sizeof(Desk) * options.jobs;
    void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    GRANARY_CHECK(memory != MAP_FAILED);
    const std::span<Desk> desks(new (memory) Desk[options.jobs], options.jobs);
    const auto begun = std::chrono::steady_clock::now();
    run_all(desks, options);
    Sums sums;
    for (const auto& desk : desks) add(sums, desk.sums);
    show_sums(sums, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(), options.jobs);
    if (sums.seeds < options.seeds) std::printf("time was up: %llu of %llu seeds\n", static_cast<unsigned long long>(sums.seeds), static_cast<unsigned long long>(options.seeds));
    const bool complete = show_marks(sums, options.wants_marks);
    munmap(memory, bytes);
    return sums.failed == 0 && (!options.wants_marks || complete) ? 0 : 1;
}

int replay(std::uint64_t seed, const CampaignOptions& options, bool quiet) {
    const auto result = run_seed({.seed = seed, .mix = options.mix, .tell = !quiet});
    if (!result.findings.empty()) show_failure(result, options);
    else print("seed " + std::to_string(seed) + " (" + result.workload + ") passes after " + std::to_string(result.lasted.us / 1'000'000) + " s of its time\n");
    std::printf("trace %016llx\n", static_cast<unsigned long long>(result.trace_hash));
    return result.findings.empty() ? 0 : 1;
}

}  // namespace granary::simulation
