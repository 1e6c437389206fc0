// What the faulty disk keeps and what it may lose, each promise of disk.hpp by itself, through libc's own calls.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>

#include "tests/faults/disk/watch.hpp"
#include "tests/faults/memory_folder.hpp"

using namespace granary::faults;

namespace {

constexpr std::uint64_t draws = 200;

int make(const std::string& path, const std::string& bytes) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    REQUIRE(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    return file;
}

void sync_folder(const std::string& path) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(folder >= 0);
    REQUIRE(::fsync(folder) == 0);
    ::close(folder);
}

std::string bytes_at(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// What `act` leaves in a watched folder after a loss of power, as `look` tells, over many draws.
std::set<std::string> left_after(const std::function<void(const std::string&)>& act, const std::function<std::string(const std::string&)>& look) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < draws; ++seed) {
        const MemoryFolder outer;
        const std::string folder = outer.at("data");
        std::filesystem::create_directory(folder);
        watch(folder, Watching::durability);
        plan().seed = seed;
        act(folder);
        lose_power_now();
        unwatch();
        seen.insert(look(folder_after_loss(folder)));
    }
    return seen;
}

std::string file_or_none(const std::string& path) { return std::filesystem::exists(path) ? "=" + bytes_at(path) : "none"; }

}  // namespace

TEST_CASE("what was synced with its name stays, byte for byte") {
    const auto seen = left_after(
        [](const std::string& folder) {
            const int file = make(folder + "/a", "synced");
            REQUIRE(::fdatasync(file) == 0);
            ::close(file);
            sync_folder(folder);
        },
        [](const std::string& left) { return file_or_none(left + "/a"); });
    CHECK(seen == std::set<std::string>{"=synced"});
}

TEST_CASE("a file whose folder was not synced may be gone, however often it was synced itself") {
    const auto seen = left_after(
        [](const std::string& folder) {
            const int file = make(folder + "/a", "synced");
            REQUIRE(::fsync(file) == 0);
            ::close(file);
        },
        [](const std::string& left) { return file_or_none(left + "/a"); });
    CHECK(seen == std::set<std::string>{"=synced", "none"});
}

TEST_CASE("bytes behind the last sync may be gone, torn or zero, those in front of it never") {
    const std::string old(700, 'o');
    const auto seen = left_after(
        [&](const std::string& folder) {
            const int file = make(folder + "/a", old);
            REQUIRE(::fsync(file) == 0);
            sync_folder(folder);
            const std::string more(2000, 'n');
            REQUIRE(::write(file, more.data(), more.size()) == 2000);
            ::close(file);
        },
        [&](const std::string& left) {
            const std::string bytes = bytes_at(left + "/a");
            CHECK(bytes.starts_with(old));
            const std::string more = bytes.substr(old.size());
            CHECK(more.find_first_not_of(std::string("n\0", 2)) == std::string::npos);
            if (more.empty()) return "lost";
            if (more.size() == 2000 && more.find('\0') == std::string::npos) return "kept";
            return more.find('\0') == std::string::npos ? "cut" : "torn";
        });
    CHECK(seen == std::set<std::string>{"lost", "kept", "cut", "torn"});
}

TEST_CASE("bytes that are written over may be the old ones or the new ones, sector by sector") {
    const auto seen = left_after(
        [](const std::string& folder) {
            const int file = make(folder + "/a", std::string(1024, 'o'));
            REQUIRE(::fsync(file) == 0);
            sync_folder(folder);
            const std::string more(1024, 'n');
            REQUIRE(::pwrite(file, more.data(), more.size(), 0) == 1024);
            ::close(file);
        },
        [](const std::string& left) {
            const std::string bytes = bytes_at(left + "/a");
            CHECK(bytes.size() == 1024);
            CHECK(bytes.find_first_not_of("on") == std::string::npos);
            return std::string{bytes.front(), bytes[511], bytes[512], bytes.back()};
        });
    for (const auto* both : {"oooo", "nnnn", "oonn", "nnoo"}) CHECK_MESSAGE(seen.contains(both), both);
}

TEST_CASE("a rename happens or it does not, and never leaves nothing") {
    const auto seen = left_after(
        [](const std::string& folder) {
            ::close(make(folder + "/a", "old"));
            const int old_file = ::open((folder + "/a").c_str(), O_RDONLY);
            REQUIRE(::fsync(old_file) == 0);
            ::close(old_file);
            const int file = make(folder + "/a.new", "new");
            REQUIRE(::fsync(file) == 0);
            ::close(file);
            sync_folder(folder);
            REQUIRE(::rename((folder + "/a.new").c_str(), (folder + "/a").c_str()) == 0);
        },
        [](const std::string& left) { return file_or_none(left + "/a"); });
    CHECK(seen == std::set<std::string>{"=old", "=new"});
}

TEST_CASE("a rename overtakes bytes that were not synced") {
    const auto seen = left_after(
        [](const std::string& folder) {
            ::close(make(folder + "/a.new", "new"));
            REQUIRE(::rename((folder + "/a.new").c_str(), (folder + "/a").c_str()) == 0);
            sync_folder(folder);
        },
        [](const std::string& left) { return file_or_none(left + "/a"); });
    CHECK(seen.contains("=new"));
    CHECK(seen.contains("="));
    CHECK_FALSE(seen.contains("none"));
}

TEST_CASE("a removed file comes back unless the folder was synced") {
    for (const bool synced : {false, true}) {
        const auto seen = left_after(
            [synced](const std::string& folder) {
                const int file = make(folder + "/a", "there");
                REQUIRE(::fsync(file) == 0);
                ::close(file);
                sync_folder(folder);
                REQUIRE(::unlink((folder + "/a").c_str()) == 0);
                if (synced) sync_folder(folder);
            },
            [](const std::string& left) { return file_or_none(left + "/a"); });
        CHECK(seen == (synced ? std::set<std::string>{"none"} : std::set<std::string>{"=there", "none"}));
    }
}

TEST_CASE("names of one folder are lost from the end") {
    const auto seen = left_after(
        [](const std::string& folder) {
            for (const char* name : {"/1", "/2", "/3"}) ::close(make(folder + name, ""));
        },
        [](const std::string& left) {
            std::string names;
            for (const char* name : {"/1", "/2", "/3"}) names += std::filesystem::exists(left + name) ? name + 1 : "-";
            return names;
        });
    CHECK(seen == std::set<std::string>{"---", "1--", "12-", "123"});
}

TEST_CASE("a folder that was not synced into its parent takes all that is in it along") {
    const auto seen = left_after(
        [](const std::string& folder) {
            std::filesystem::create_directories(folder + "/b/c");
            const int file = make(folder + "/b/c/a", "deep");
            REQUIRE(::fsync(file) == 0);
            ::close(file);
            sync_folder(folder + "/b/c");
            sync_folder(folder + "/b");
        },
        [](const std::string& left) { return file_or_none(left + "/b/c/a"); });
    CHECK(seen == std::set<std::string>{"=deep", "none"});
}

TEST_CASE("what is only read through stdio stays, what is written through it is never safe") {
    const auto seen = left_after(
        [](const std::string& folder) {
            for (const char* name : {"/a", "/b"}) {
                const int file = make(folder + name, "12");
                REQUIRE(::fsync(file) == 0);
                ::close(file);
            }
            sync_folder(folder);
            std::FILE* const reads = ::fdopen(::open((folder + "/a").c_str(), O_RDONLY), "r");
            CHECK(std::fgetc(reads) == '1');
            std::fclose(reads);
            std::FILE* const writes = ::fdopen(::open((folder + "/b").c_str(), O_WRONLY | O_APPEND), "a");
            std::fputc('3', writes);
            std::fclose(writes);
        },
        [](const std::string& left) { return file_or_none(left + "/a") + file_or_none(left + "/b"); });
    CHECK(seen == std::set<std::string>{"=12=", "=12=1", "=12=12", "=12=123"});
}

TEST_CASE("a sync that lies keeps nothing") {
    std::strcpy(plan().lies, "*.log");
    const auto seen = left_after(
        [](const std::string& folder) {
            for (const char* name : {"/a.log", "/b"}) {
                const int file = make(folder + name, "x");
                REQUIRE(::fsync(file) == 0);
                ::close(file);
            }
            sync_folder(folder);
        },
        [](const std::string& left) { return file_or_none(left + "/a.log") + file_or_none(left + "/b"); });
    plan().lies[0] = '\0';
    CHECK(seen.contains("==x"));
    CHECK(seen.contains("=x=x"));
}
