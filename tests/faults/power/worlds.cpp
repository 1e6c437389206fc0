// Children write their result to a pipe, as lines.
#include "tests/faults/power/worlds.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>
#include <string>
#include <utility>

#include "tests/faults/memory_folder.hpp"

namespace granary::faults {
namespace {

using Counter = std::uint64_t WorldResult::*;
constexpr std::array<Counter, 9> counters{&WorldResult::losses, &WorldResult::at_start, &WorldResult::acknowledged, &WorldResult::commits, &WorldResult::records,
                                          &WorldResult::orders, &WorldResult::lost, &WorldResult::twice, &WorldResult::noticed};

std::string text_of(const WorldResult& result) {
    std::string text;
    for (const Counter counter : counters) text += std::to_string(result.*counter) + " ";
    text += "\n";
    for (std::string finding : result.findings) {
        std::ranges::replace(finding, '\n', ' ');
        text += finding + "\n";
    }
    return text;
}

WorldResult result_in(const std::string& text) {
    WorldResult result;
    std::istringstream in(text);
    for (const Counter counter : counters) in >> result.*counter;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) result.findings.push_back(line);
    return result;
}

}  // namespace

WorldResult run_one(WorldOptions options) {
    MemoryFolder folder;
    options.folder = folder.at("data");
    auto result = run_world(options);
    if (!result.findings.empty() && options.tell) {
        std::fprintf(stderr, "the machine's files stay in %s\n", folder.path().c_str());
        folder.keep();
    }
    return result;
}

void add(WorldResult& sum, const WorldResult& one) {
    for (const Counter counter : counters) sum.*counter += one.*counter;
}

Child SeedRunner::begin(std::uint64_t seed) const {
    const auto work = [&] {
        plant(options_.mutant);
        return text_of(run_one({.seed = seed, .folder = {}, .lies = options_.lies}));
    };
    return begin_child(work, options_.mutant != nullptr);
}

WorldResult SeedRunner::finish(const Child& child) {
    const ChildEnd end = finish_child(child);
    if (end.signal == 0) return result_in(end.text);
    WorldResult result;
    result.findings.push_back(name_of_end(end.signal));
    return result;
}

void SeedRunner::run(const std::function<bool(const SeedResult&)>& take) {
    std::map<std::uint64_t, Child> running;
    std::uint64_t next = options_.from;
    bool more = true;
    while (more || !running.empty()) {
        while (more && running.size() < options_.jobs) {
            running.emplace(next, begin(next));
            ++next;
        }
        const auto [seed, child] = *running.begin();
        running.erase(running.begin());
        const WorldResult result = finish(child);
        if (more) more = take({seed, result});
    }
}

WorldResult SeedRunner::run_alone(std::uint64_t seed) { return finish(begin(seed)); }

}  // namespace granary::faults
