// The program behind `tools/faults power`: worlds in processes of their own, until so much power was lost; what does not hold out.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "tests/faults/machine/mutants.hpp"
#include "tests/faults/power/worlds.hpp"

namespace granary::faults {
namespace {

constexpr std::uint64_t failures_shown_max = 20;  // a program that is broken fails in every world

struct Wishes {
    std::uint64_t losses = 200;
    std::uint64_t from = 1;
    std::uint64_t replay = 0;
    std::uint64_t worlds_max = 2000;  // of a search for a planted bug
    unsigned jobs = 2;
    std::string mutant;
    bool lies = false;
};

void show_failure(const SeedResult& result, bool lies) {
    std::printf("world %llu fails:\n", static_cast<unsigned long long>(result.seed));
    for (const auto& finding : result.world.findings) std::printf("  - %s\n", finding.c_str());
    std::printf("  again: tools/faults power --replay %llu%s\n", static_cast<unsigned long long>(result.seed), lies ? " --lies" : "");
    std::fflush(stdout);
}

int run_worlds(const Wishes& wishes) {
    WorldResult sum;
    std::uint64_t worlds = 0, failed = 0;
    const auto began = std::chrono::steady_clock::now();
    SeedRunner runner({.from = wishes.from, .jobs = wishes.jobs, .lies = wishes.lies});
    runner.run([&](const SeedResult& result) {
        ++worlds;
        failed += result.world.findings.empty() ? 0U : 1U;
        if (!result.world.findings.empty()) show_failure(result, wishes.lies);
        add(sum, result.world);
        if (worlds % 100 == 0) {
            std::fprintf(stderr, "%llu losses of power in %llu worlds, %llu failed\n", static_cast<unsigned long long>(sum.losses), static_cast<unsigned long long>(worlds), static_cast<unsigned long long>(failed));
        }
        return sum.losses < wishes.losses && failed < failures_shown_max;
    });
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto row = [](const char* name, std::uint64_t value) { std::printf("  %-34s %10llu\n", name, static_cast<unsigned long long>(value)); };
    std::printf("losses of power, worlds from %llu (%.0f s)\n", static_cast<unsigned long long>(wishes.from), took);
    row("tried", sum.losses);
    row("of them while coming up", sum.at_start);
    row("worlds", worlds);
    row("orders placed", sum.orders);
    row("records in their logs", sum.records);
    row("answers that said `durable`", sum.acknowledged);
    if (wishes.lies) row("lies noticed, records being gone", sum.noticed);
    row("acknowledged, and lost", sum.lost);
    row("applied twice", sum.twice);
    row("worlds with anything wrong", failed);
    const bool has_noticed = !wishes.lies || sum.noticed > 0;
    if (!has_noticed) std::printf("no start was refused, and no read: the lies of the disk went unnoticed, or it told none\n");
    return failed == 0 && has_noticed ? 0 : 1;
}

int replay(const Wishes& wishes) {
    const auto result = run_one({.seed = wishes.replay, .lies = wishes.lies, .tell = true});
    if (result.findings.empty()) {
        std::printf("world %llu passes: %llu losses of power\n", static_cast<unsigned long long>(wishes.replay), static_cast<unsigned long long>(result.losses));
        return 0;
    }
    show_failure({wishes.replay, result}, wishes.lies);
    return 1;
}

bool search(const Mutant& mutant, const Wishes& wishes) {
    const bool lies = mutant.found_by == FoundBy::lies;
    std::uint64_t worlds = 0;
    bool found = false;
    SeedRunner runner({.from = wishes.from, .jobs = wishes.jobs, .mutant = &mutant, .lies = lies});
    runner.run([&](const SeedResult& result) {
        ++worlds;
        if (result.world.findings.empty()) return worlds < wishes.worlds_max;
        // Only what passes without it shows the bug.
        if (!SeedRunner({.from = result.seed, .lies = lies}).run_alone(result.seed).findings.empty()) return worlds < wishes.worlds_max;
        std::printf("%-28s found by world %llu: %s\n", mutant.name, static_cast<unsigned long long>(result.seed), result.world.findings.front().c_str());
        found = true;
        return false;
    });
    if (!found) std::printf("%-28s NOT found in %llu worlds: %s\n", mutant.name, static_cast<unsigned long long>(worlds), std::string(mutant.what).c_str());
    std::fflush(stdout);
    return found;
}

int search_planted(const Wishes& wishes) {
    if (wishes.mutant == "list") {
        for (const auto& one : all_mutants()) std::printf("%-28s %-48s %s\n", one.name, std::string(one.where).c_str(), std::string(one.what).c_str());
        return 0;
    }
    if (wishes.mutant != "all") {
        const Mutant* mutant = find_mutant(wishes.mutant);
        if (mutant != nullptr) return search(*mutant, wishes) ? 0 : 1;
        std::fprintf(stderr, "there is no planted bug of this name; --mutant list tells which there are\n");
        return 2;
    }
    std::size_t missed = 0;
    for (const auto& mutant : all_mutants()) {
        if (mutant.found_by != FoundBy::flips && !search(mutant, wishes)) ++missed;
    }
    return missed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace granary::faults

int main(int argc, char** argv) {
    using namespace granary::faults;
    Wishes wishes;
    CLI::App app("Loses the power of machines with real stores and a real log, again and again, and checks what is left.", "tools/faults power");
    app.add_option("--count", wishes.losses, "so many losses of power, in as many worlds as it takes (200)");
    app.add_option("--seed", wishes.from, "the first world (1)");
    app.add_option("--replay", wishes.replay, "this world alone, telling what happens on standard error");
    app.add_option("--mutant", wishes.mutant, "plant this bug and look for a world that finds it; `all`: each in turn; `list`: which there are");
    app.add_option("--worlds", wishes.worlds_max, "so many worlds at most for each planted bug (2000)");
    app.add_option("--jobs", wishes.jobs, "processes at once (2)")->check(CLI::Range(1, 64));
    app.add_flag("--lies", wishes.lies, "the disk answers syncs of the log's files and does not do them");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (!wishes.mutant.empty()) return search_planted(wishes);
    return wishes.replay != 0 ? replay(wishes) : run_worlds(wishes);
}
