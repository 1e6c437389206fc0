// Draws what a loss of power leaves, within what the head of disk.hpp allows.
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/check.hpp"
#include "tests/faults/disk/disk.hpp"
#include "tests/faults/disk/real_calls.hpp"

namespace granary::faults {
namespace {

constexpr std::uint64_t sector_bytes = 512;

void write_file(const std::string& path, const std::string& bytes) {
    const int out = real::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    GRANARY_CHECK(out >= 0);
    for (std::size_t done = 0; done < bytes.size();) {
        const auto written = real::write(out, bytes.data() + done, bytes.size() - done);
        GRANARY_CHECK(written > 0);
        done += static_cast<std::size_t>(written);
    }
    real::close(out);
}

}  // namespace

std::string Disk::present_bytes(const File& file) const {
    struct stat about {};
    GRANARY_CHECK(::fstat(file.own, &about) == 0);
    std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
    const auto got = ::pread(file.own, bytes.data(), bytes.size(), 0);
    GRANARY_CHECK(got == static_cast<ssize_t>(bytes.size()));
    return bytes;
}

std::string Disk::drawn_bytes(const File& file, simulation::Dice& dice) const {
    std::string now = present_bytes(file);
    if (file.stdio) return now.substr(0, dice.below(now.size() + 1));
    if (file.dirty.empty()) return now;
    std::string old = file.synced ? *file.synced : now.substr(0, file.synced_size);
    const auto manner = dice.below(5);
    if (manner == 0) return now;
    if (manner == 1 || now.size() < old.size()) return dice.chance(500) ? now : old;
    const std::size_t old_size = old.size();
    old.resize(now.size(), '\0');
    if (manner == 2) {  // in order, up to any byte
        std::uint64_t least = now.size();
        for (const auto& range : file.dirty) least = std::min(least, range.from);
        const std::uint64_t cut = least + dice.below(now.size() - least + 1);
        return now.substr(0, cut) + old.substr(cut, std::max<std::uint64_t>(old_size, cut) - cut);
    }
    for (const auto& range : file.dirty) {
        for (std::uint64_t at = range.from / sector_bytes * sector_bytes; at < std::min<std::uint64_t>(range.to, now.size()); at += sector_bytes) {
            const std::uint64_t from = std::max(at, range.from);
            const std::uint64_t to = std::min({at + sector_bytes, range.to, static_cast<std::uint64_t>(now.size())});
            if (dice.chance(500)) std::copy_n(now.begin() + static_cast<std::ptrdiff_t>(from), to - from, old.begin() + static_cast<std::ptrdiff_t>(from));
        }
    }
    if (manner == 3) old.resize(old_size + dice.below(now.size() - old_size + 1));
    return old;
}

void Disk::write_left(Id id, simulation::Dice& dice, const std::string& to, std::map<Id, std::string>& drawn) {
    GRANARY_CHECK(real::mkdir(to.c_str(), 0700) == 0);
    const Folder& folder = folders_.at(id);
    Names names = folder.synced;
    const std::size_t changes = folder.unsynced.size();
    const auto manner = dice.below(3);
    const std::size_t kept = manner == 0 ? 0 : manner == 1 ? changes : dice.below(changes + 1);
    for (std::size_t i = 0; i < kept; ++i) apply(names, folder.unsynced[i]);
    for (const auto& [name, inner] : names) {
        const std::string path = to + "/" + name;
        if (folders_.contains(inner)) {
            write_left(inner, dice, path, drawn);
            continue;
        }
        // One file under two names is one file.
        auto [bytes, first] = drawn.try_emplace(inner);
        if (first) bytes->second = drawn_bytes(files_.at(inner), dice);
        write_file(path, bytes->second);
    }
}

// A call that we don't stand in front of would make the model tell fairy tales.
void Disk::check_followed(Id id, const std::string& path) const {
    for (const auto& [name, inner] : folders_.at(id).now) {
        const std::string where = path + "/" + name;
        struct stat about {};
        const bool there = ::lstat((root_ + where).c_str(), &about) == 0;
        if (folders_.contains(inner)) {
            if (there) check_followed(inner, where);
            continue;
        }
        const File& file = files_.at(inner);
        if (file.stdio || (there && static_cast<std::uint64_t>(about.st_size) == file.size)) continue;
        std::fprintf(stderr, "the faulty disk has not seen what became of %s: %llu bytes, not %llu\n", where.c_str(),
                     there ? static_cast<unsigned long long>(about.st_size) : 0ULL, static_cast<unsigned long long>(file.size));
        std::abort();
    }
}

void Disk::lose_power(simulation::Dice& dice, const std::string& to) {
    check_followed(top_, "");
    std::map<Id, std::string> drawn;
    write_left(top_, dice, to, drawn);
}

}  // namespace granary::faults
