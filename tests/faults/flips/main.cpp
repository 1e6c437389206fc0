// The program behind `tools/faults flips`: an image, changed bytes one at a time, and a table of what came of them.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/faults/flips/flip.hpp"
#include "tests/faults/machine/child.hpp"
#include "tests/faults/machine/mutants.hpp"
#include "tests/faults/memory_folder.hpp"

namespace granary::faults {
namespace {

struct Wishes {
    std::uint64_t count = 2000;
    std::uint64_t seed = 1;
    std::uint64_t events = 200;
    unsigned jobs = 2;
    bool every = false;
    std::string image;
    std::string flip;
    std::string mutant;
};

// A process costs several times what a trial of the log alone does.
constexpr std::size_t log_trials_max = 64;
constexpr char end_of_answer = '\0';

bool is_wrong(const Outcome& outcome) { return outcome.verdict == Verdict::silent || outcome.verdict == Verdict::stuck; }

using Counts = std::array<std::uint64_t, std::size(verdict_names)>;

class Run {
  public:
    Run(const Wishes& wishes, const Image& image, MemoryFolder& folder) : wishes_(wishes), image_(image), folder_(folder) {}

    // Until all are done, or (with a planted bug) one of them shows it.
    void all(const std::vector<Flip>& flips);
    bool is_sound() const { return sum_[static_cast<std::size_t>(Verdict::silent)] + sum_[static_cast<std::size_t>(Verdict::stuck)] == 0; }
    void report() const;
    const std::string& first() const { return first_; }
    const std::optional<Flip>& first_flip() const { return first_flip_; }

  private:
    struct Running {
        std::vector<Trial> trials;
        Child child;
    };
    Trial trial_of(const Flip& flip);
    std::vector<Trial> take_trials(const std::vector<Flip>& flips, std::size_t& next);
    void begin(std::vector<Trial> trials);
    void finish(Running running);
    void judge(Trial& trial, const ChildEnd& end, bool alone);
    void count(const Flip& flip, const Outcome& outcome);
    bool is_over() const { return !wishes_.mutant.empty() && !is_sound(); }

    const Wishes& wishes_;
    const Image& image_;
    MemoryFolder& folder_;
    std::deque<Running> running_;
    std::map<std::string, Counts> kinds_;
    Counts sum_{};
    std::uint64_t done_ = 0, number_ = 0;
    std::string first_;
    std::optional<Flip> first_flip_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

Trial Run::trial_of(const Flip& flip) {
    return {image_, flip, folder_.at("trial-" + std::to_string(number_++)), wishes_.mutant.empty() ? nullptr : wishes_.mutant.c_str()};
}

// Those of the log alone share a process.
std::vector<Trial> Run::take_trials(const std::vector<Flip>& flips, std::size_t& next) {
    std::vector<Trial> trials{trial_of(flips[next++])};
    if (!trials.front().flip().in_log()) return trials;
    while (next < flips.size() && trials.size() < log_trials_max && flips[next].in_log()) trials.push_back(trial_of(flips[next++]));
    return trials;
}

void Run::begin(std::vector<Trial> trials) {
    const auto work = [&trials](const Tell& tell) {
        for (auto& trial : trials) tell(trial.run() + end_of_answer);
    };
    const Child child = begin_child(work, wishes_.flip.empty());
    running_.push_back({std::move(trials), child});
}

// One that ended the process ends no other's: those behind it are begun again.
void Run::finish(Running running) {
    const auto end = finish_child(running.child);
    const bool alone = running.trials.size() == 1;
    std::string_view text = end.text;
    std::size_t at = 0;
    for (; at < running.trials.size(); ++at) {
        const auto length = text.find(end_of_answer);
        if (length == std::string_view::npos) break;
        judge(running.trials[at], {std::string(text.substr(0, length)), 0, 0}, alone);
        text.remove_prefix(length + 1);
    }
    if (at == running.trials.size()) return;
    judge(running.trials[at], {std::string(text), end.signal, end.code}, true);
    if (at + 1 < running.trials.size()) begin({std::make_move_iterator(running.trials.begin()) + static_cast<std::ptrdiff_t>(at + 1), std::make_move_iterator(running.trials.end())});
}

void Run::judge(Trial& trial, const ChildEnd& end, bool alone) {
    const auto outcome = trial.take(end);
    if (!outcome) begin({std::move(trial)});
    // In company it may have met what another left behind.
    else if (!alone && is_wrong(*outcome)) begin({trial_of(trial.flip())});
    else count(trial.flip(), *outcome);
}

void Run::count(const Flip& flip, const Outcome& outcome) {
    const auto verdict = static_cast<std::size_t>(outcome.verdict);
    ++kinds_[flip.kind()][verdict];
    ++sum_[verdict];
    ++done_;
    const bool wrong = is_wrong(outcome);
    if (wrong && first_.empty()) {
        first_ = flip.text() + " is " + verdict_names[verdict] + ": " + outcome.why.substr(0, outcome.why.find('\n'));
        first_flip_ = flip;
    }
    if (!wishes_.flip.empty() || (wrong && wishes_.mutant.empty())) std::printf("%s: %s\n  %s\n", flip.text().c_str(), verdict_names[verdict], outcome.why.c_str());
    if (wrong && wishes_.mutant.empty()) std::printf("  again: tools/faults flips --image %s --seed %llu --flip %s\n", image_.folder.c_str(), static_cast<unsigned long long>(wishes_.seed), flip.text().c_str());
    if (done_ % 500 == 0) std::fprintf(stderr, "%llu tried, %llu silent\n", static_cast<unsigned long long>(done_), static_cast<unsigned long long>(sum_[static_cast<std::size_t>(Verdict::silent)]));
    std::fflush(stdout);
}

void Run::all(const std::vector<Flip>& flips) {
    std::size_t next = 0;
    while (!running_.empty() || (next < flips.size() && !is_over())) {
        while (running_.size() < wishes_.jobs && next < flips.size() && !is_over()) begin(take_trials(flips, next));
        Running oldest = std::move(running_.front());
        running_.pop_front();
        finish(std::move(oldest));
    }
}

void Run::report() const {
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    std::printf("changed bytes of a data directory with %llu records in its log (%.0f s)\n  %-28s %9s", static_cast<unsigned long long>(image_.events()), took, "", "tried");
    for (const char* name : verdict_names) std::printf(" %9s", name);
    const auto row = [](const std::string& name, const Counts& counts) {
        std::uint64_t tried = 0;
        for (const auto number : counts) tried += number;
        std::printf("\n  %-28s %9llu", name.c_str(), static_cast<unsigned long long>(tried));
        for (const auto number : counts) std::printf(" %9llu", static_cast<unsigned long long>(number));
    };
    for (const auto& [kind, counts] : kinds_) row(kind, counts);
    row("all", sum_);
    std::printf("\n");
}

// Whether the bytes show the planted bug: one of them comes to harm, and without the bug it does not.
bool shows_planted(const Run& planted, Wishes wishes, const Image& image, MemoryFolder& folder, std::size_t tried) {
    const std::string name = std::exchange(wishes.mutant, {});
    if (!planted.first_flip()) {
        std::printf("%-28s NOT found by %zu changed bytes\n", name.c_str(), tried);
        return false;
    }
    Run control(wishes, image, folder);
    control.all({*planted.first_flip()});
    std::printf("%-28s %s: %s\n", name.c_str(), control.is_sound() ? "found" : "NOT found, the same is so without it", planted.first().c_str());
    return control.is_sound();
}

int run_flips(const Wishes& wishes, const Image& image, MemoryFolder& folder) {
    simulation::Dice dice(wishes.seed);
    std::vector<Flip> flips;
    if (!wishes.flip.empty()) {
        const auto flip = Flip::from(wishes.flip);
        if (!flip) {
            std::fprintf(stderr, "--flip wants PART:FILE:OFFSET:MASK\n");
            return 2;
        }
        flips.push_back(*flip);
    } else {
        flips = wishes.every ? every_byte_of_log(image, dice) : sample(image, wishes.count, dice);
    }
    Run run(wishes, image, folder);
    run.all(flips);
    if (!wishes.mutant.empty()) return shows_planted(run, wishes, image, folder, flips.size()) ? 0 : 1;
    run.report();
    if (!run.is_sound()) folder.keep();
    return run.is_sound() ? 0 : 1;
}

int search_all(Wishes wishes, const Image& image, MemoryFolder& folder) {
    int worst = 0;
    for (const auto& mutant : all_mutants()) {
        if (mutant.found_by != FoundBy::flips) continue;
        wishes.mutant = mutant.name;
        worst = std::max(worst, run_flips(wishes, image, folder));
    }
    return worst;
}

}  // namespace
}  // namespace granary::faults

int main(int argc, char** argv) {
    using namespace granary::faults;
    Wishes wishes;
    CLI::App app("Changes bytes in the files of a machine, one at a time, and checks that nothing comes of it unnoticed.", "tools/faults flips");
    app.add_option("--count", wishes.count, "so many bytes, drawn from all files (2000)");
    app.add_flag("--every", wishes.every, "every byte of the log instead");
    app.add_option("--events", wishes.events, "so many records at least in the log (200)");
    app.add_option("--seed", wishes.seed, "of the business, the bytes and the bits (1)");
    app.add_option("--image", wishes.image, "keep the unhurt directory in this folder, or take the one that is there");
    app.add_option("--flip", wishes.flip, "this one alone: PART:FILE:OFFSET:MASK, as a failing one is shown");
    app.add_option("--mutant", wishes.mutant, "plant this bug and look for a byte that shows it; `all`: each in turn");
    app.add_option("--jobs", wishes.jobs, "processes at once (2)")->check(CLI::Range(1, 64));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (!wishes.mutant.empty() && wishes.mutant != "all" && find_mutant(wishes.mutant) == nullptr) {
        std::fprintf(stderr, "there is no planted bug of this name\n");
        return 2;
    }
    MemoryFolder folder;
    const auto image = make_image(wishes.image.empty() ? folder.at("image") : wishes.image, wishes.events, wishes.seed);
    if (!image) {
        std::fprintf(stderr, "no image can be made: %s\n", image.error().message.c_str());
        folder.keep();
        return 1;
    }
    return wishes.mutant == "all" ? search_all(wishes, *image, folder) : run_flips(wishes, *image, folder);
}
