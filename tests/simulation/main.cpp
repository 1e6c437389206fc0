// The program behind tools/simulate: seeds in, what does not hold out.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "tests/simulation/campaign.hpp"
#include "tests/simulation/marks.hpp"
#include "tests/simulation/planted.hpp"

namespace granary::simulation {
namespace {

struct Wishes {
    CampaignOptions campaign;
    std::string workload;
    std::uint32_t seconds = 0;
    std::uint64_t replay = 0;
    bool quiet = false;
    std::string mutant;
    std::string marks;
};

int run(Wishes wishes) {
    if (!wishes.workload.empty()) {
        wishes.campaign.mix = find_mix(wishes.workload);
        wishes.campaign.mix_option = " --workload " + wishes.workload;
    }
    if (!wishes.workload.empty() && wishes.campaign.mix == nullptr) {
        std::fprintf(stderr, "there is no workload of this name:\n");
        for (const auto& one : all_mixes()) std::fprintf(stderr, "  %-16s %s\n", std::string(one.name).c_str(), std::string(one.about).c_str());
        return 2;
    }
    if (wishes.marks == "list") {
        for (const auto& mark : all_marks()) std::printf("%-28s %-52s %s\n", std::string(mark.name).c_str(), std::string(mark.where).c_str(), std::string(mark.what).c_str());
        return 0;
    }
    const auto& campaign = wishes.campaign;
    if (!wishes.mutant.empty()) return search_planted(wishes.mutant, {.from = campaign.from, .seeds = campaign.seeds, .jobs = campaign.jobs, .mix = campaign.mix});
    if (wishes.replay != 0) return replay(wishes.replay, campaign, wishes.quiet);
    wishes.campaign.wants_marks = !wishes.marks.empty();
    if (wishes.seconds != 0) wishes.campaign.until = std::chrono::steady_clock::now() + std::chrono::seconds(wishes.seconds);
    return run_campaign(wishes.campaign);
}

}  // namespace
}  // namespace granary::simulation

int main(int argc, char** argv) {
    granary::simulation::Wishes wishes;
    CLI::App app{"Runs whole worlds of Granary nodes on a virtual clock, one per seed, and checks what must hold (docs/testing.md)."};
    app.add_option("--seeds", wishes.campaign.seeds, "How many seeds")->capture_default_str();
    app.add_option("--from", wishes.campaign.from, "The first seed")->capture_default_str();
    app.add_option("--seconds", wishes.seconds, "Begin no seed after so long, however many are left; 0: run them all")->capture_default_str();
    app.add_option("--jobs", wishes.campaign.jobs, "In so many processes at once")->capture_default_str()->check(CLI::Range(1U, 256U));
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
    return granary::simulation::run(wishes);
}
