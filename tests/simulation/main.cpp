// The program behind tools/simulate: seeds in, what does not hold out.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "platform/host/logging.hpp"
#include "tests/simulation/marks.hpp"
#include "tests/simulation/planted.hpp"
#include "tests/simulation/world.hpp"

namespace granary::simulation {
namespace {

constexpr std::size_t findings_shown_max = 12;
constexpr std::uint64_t repeat_one_in = 100;

struct Wishes {
    std::uint64_t seeds = 100;
    std::uint64_t from = 1;
    std::string workload;
    std::uint64_t replay = 0;
    bool quiet = false;
    std::string mutant;
    std::string marks;
};

struct Sums {
    std::uint64_t seeds = 0, failed = 0, steps = 0, records = 0, voids = 0, claims = 0, commits = 0, repeated = 0;
    std::map<std::string, std::uint64_t> workloads;
    std::vector<std::uint64_t> reached = std::vector<std::uint64_t>(all_marks().size());  // by so many seeds

    bool all_reached() const { return std::ranges::find(reached, 0U) == reached.end(); }
    void add(const RunResult& result) {
        const auto taken = take_reached();
        for (std::size_t i = 0; i < taken.size(); ++i) reached[i] += taken[i] ? 1U : 0U;
        ++seeds;
        failed += result.findings.empty() ? 0U : 1U;
        steps += result.steps;
        records += result.records;
        voids += result.voids;
        claims += result.claims;
        commits += result.commits;
        ++workloads[result.workload];
    }
};

void show_failure(const RunResult& result, const Wishes& wishes) {
    std::printf("seed %llu (%s) fails after %lld s of its time:\n", static_cast<unsigned long long>(result.seed), result.workload.c_str(),
                static_cast<long long>(result.lasted.us / 1'000'000));
    for (std::size_t i = 0; i < std::min(result.findings.size(), findings_shown_max); ++i) std::printf("  - %s\n", result.findings[i].c_str());
    if (result.findings.size() > findings_shown_max) std::printf("  - and %zu more\n", result.findings.size() - findings_shown_max);
    std::printf("  replay: tools/simulate --replay %llu%s%s\n", static_cast<unsigned long long>(result.seed), wishes.workload.empty() ? "" : " --workload ",
                wishes.workload.c_str());
    std::fflush(stdout);
}

RunResult run_checked(std::uint64_t seed, const Mix* mix, Sums& sums) {
    auto result = run_seed({.seed = seed, .mix = mix});
    if (seed % repeat_one_in != 0) return result;
    ++sums.repeated;
    const auto again = run_seed({.seed = seed, .mix = mix});
    if (again.trace_hash != result.trace_hash) result.findings.push_back("the same seed went another way the second time");
    return result;
}

void show_sums(const Sums& sums, double elapsed) {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const double minutes = elapsed / 60;
    std::printf("%llu seeds, %llu failed, %llu run twice and compared; %.0f seeds a minute\n", static_cast<unsigned long long>(sums.seeds),
                static_cast<unsigned long long>(sums.failed), static_cast<unsigned long long>(sums.repeated), static_cast<double>(sums.seeds) / minutes);
    std::printf("%llu records (%llu void, %llu claims), %llu commits, %llu steps; %ld MiB at most\n", static_cast<unsigned long long>(sums.records),
                static_cast<unsigned long long>(sums.voids), static_cast<unsigned long long>(sums.claims), static_cast<unsigned long long>(sums.commits),
                static_cast<unsigned long long>(sums.steps), used.ru_maxrss / 1024);
    for (const auto& [name, count] : sums.workloads) std::printf("  %-16s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
}

// All of them with the number of seeds, or those that none has reached.
void show_marks(const Sums& sums, bool all) {
    for (std::size_t i = 0; i < sums.reached.size(); ++i) {
        const auto& mark = all_marks()[i];
        const std::string name(mark.name), where(mark.where), what(mark.what);
        if (sums.reached[i] == 0) std::printf("never reached: %s in %s: %s\n", name.c_str(), where.c_str(), what.c_str());
        else if (all) std::printf("  %-28s %6llu  %s\n", name.c_str(), static_cast<unsigned long long>(sums.reached[i]), what.c_str());
    }
}

int run(const Wishes& wishes) {
    const Mix* mix = wishes.workload.empty() ? nullptr : find_mix(wishes.workload);
    if (!wishes.workload.empty() && mix == nullptr) {
        std::fprintf(stderr, "there is no workload of this name:\n");
        for (const auto& one : all_mixes()) std::fprintf(stderr, "  %-16s %s\n", std::string(one.name).c_str(), std::string(one.about).c_str());
        return 2;
    }
    if (wishes.marks == "list") {
        for (const auto& mark : all_marks()) std::printf("%-28s %-52s %s\n", std::string(mark.name).c_str(), std::string(mark.where).c_str(), std::string(mark.what).c_str());
        return 0;
    }
    if (!wishes.mutant.empty()) return search_planted(wishes.mutant, {.from = wishes.from, .seeds = wishes.seeds, .mix = mix});
    Sums sums;
    const auto begun = std::chrono::steady_clock::now();
    if (wishes.replay != 0) {
        const auto result = run_seed({.seed = wishes.replay, .mix = mix, .tell = !wishes.quiet});
        sums.add(result);
        if (!result.findings.empty()) show_failure(result, wishes);
        std::printf("trace %016llx\n", static_cast<unsigned long long>(result.trace_hash));
    } else {
        for (std::uint64_t seed = wishes.from; seed < wishes.from + wishes.seeds; ++seed) {
            const auto result = run_checked(seed, mix, sums);
            sums.add(result);
            if (!result.findings.empty()) show_failure(result, wishes);
        }
    }
    show_sums(sums, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    const bool wants_marks = !wishes.marks.empty();
    if (wishes.replay == 0) show_marks(sums, wants_marks);
    return sums.failed == 0 && (!wants_marks || sums.all_reached()) ? 0 : 1;
}

}  // namespace
}  // namespace granary::simulation

int main(int argc, char** argv) {
    granary::simulation::Wishes wishes;
    CLI::App app{"Runs whole worlds of Granary nodes on a virtual clock, one per seed, and checks what must hold (docs/testing.md)."};
    app.add_option("--seeds", wishes.seeds, "How many seeds")->capture_default_str();
    app.add_option("--from", wishes.from, "The first seed")->capture_default_str();
    app.add_option("--workload", wishes.workload, "Only this one; else each seed chooses");
    app.add_option("--replay", wishes.replay, "This seed alone, with its trace on standard error");
    app.add_option("--mutant", wishes.mutant, "Plants this bug, or each in turn for `all`, and looks how many seeds find it; `list`: which there are");
    app.add_option("--marks", wishes.marks, "`all`: how many seeds reach each marked branch, and 1 when one is never reached; `list`: which there are")
        ->check(CLI::IsMember({"all", "list"}));
    app.add_flag("--quiet", wishes.quiet, "No trace");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    granary::logging::configure(granary::logging::Level::error, granary::logging::Style::text);
    return granary::simulation::run(wishes);
}
