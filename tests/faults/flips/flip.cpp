// Which bytes there are to change.
#include "tests/faults/flips/flip.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>

#include "core/check.hpp"

namespace granary::faults {
namespace {

namespace fs = std::filesystem;

struct Sized {
    std::string part, file;
    std::uint64_t bytes = 0;
};

std::vector<Sized> files_of(const Image& image) {
    std::vector<Sized> files;
    for (const std::string part : image_parts) {
        const std::string root = image.folder + "/" + part;
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            if (entry.is_regular_file() && entry.file_size() > 0) files.push_back({part, fs::relative(entry.path(), root).string(), entry.file_size()});
        }
    }
    std::ranges::sort(files, {}, [](const Sized& one) { return one.part + one.file; });
    return files;
}

// RocksDB's account of what it does.
bool is_for_people(const std::string& file) { return fs::path(file).filename().string().starts_with("LOG"); }

unsigned draw_mask(simulation::Dice& dice) { return 1U << dice.below(8); }

}  // namespace

std::string Flip::text() const {
    std::array<char, 8> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", mask);
    return part + ":" + file + ":" + std::to_string(offset) + ":" + hex.data();
}

std::optional<Flip> Flip::from(const std::string& text) {
    Flip flip;
    std::string offset, mask;
    std::istringstream in(text);
    if (!std::getline(in, flip.part, ':') || !std::getline(in, flip.file, ':') || !std::getline(in, offset, ':') || !std::getline(in, mask)) return std::nullopt;
    flip.offset = std::strtoull(offset.c_str(), nullptr, 10);
    flip.mask = static_cast<unsigned>(std::strtoul(mask.c_str(), nullptr, 16)) & 0xFFU;
    return flip.mask == 0 ? std::nullopt : std::optional(flip);
}

std::string Flip::kind() const {
    const std::string name = fs::path(file).filename().string();
    std::string what = name;
    if (name.ends_with(".sst")) what = "tables";
    else if (name.ends_with(".log")) what = "writes";
    else if (name.starts_with("MANIFEST")) what = "MANIFEST";
    else if (name.starts_with("OPTIONS")) what = "OPTIONS";
    else if (is_for_people(file)) what = "RocksDB's LOG";
    return file.substr(0, file.find('/')) + ", " + what;
}

std::vector<Flip> every_byte_of_log(const Image& image, simulation::Dice& dice) {
    std::vector<Flip> flips;
    for (const auto& [part, file, bytes] : files_of(image)) {
        Flip flip{part, file, 0, 1};
        if (!flip.in_log() || is_for_people(file)) continue;
        for (; flip.offset < bytes; ++flip.offset) {
            flip.mask = draw_mask(dice);
            flips.push_back(flip);
        }
    }
    return flips;
}

std::vector<Flip> sample(const Image& image, std::uint64_t count, simulation::Dice& dice) {
    const auto files = files_of(image);
    std::map<std::string, std::vector<const Sized*>> kinds;
    std::uint64_t total = 0;
    for (const auto& one : files) {
        kinds[Flip{one.part, one.file}.kind()].push_back(&one);
        total += one.bytes;
    }
    const auto anywhere = [&] {
        std::uint64_t at = dice.below(total);
        for (const auto& one : files) {
            if (at < one.bytes) return Flip{one.part, one.file, at, draw_mask(dice)};
            at -= one.bytes;
        }
        GRANARY_CHECK(false);
        return Flip{};
    };
    std::vector<Flip> flips;
    auto kind = kinds.begin();
    while (flips.size() < count) {
        flips.push_back(anywhere());
        const auto& some = *kind->second[dice.below(kind->second.size())];
        if (flips.size() < count) flips.push_back({some.part, some.file, dice.below(some.bytes), draw_mask(dice)});
        if (++kind == kinds.end()) kind = kinds.begin();
    }
    std::ranges::stable_partition(flips, &Flip::in_log);  // one behind the other they share processes
    return flips;
}

}  // namespace granary::faults
