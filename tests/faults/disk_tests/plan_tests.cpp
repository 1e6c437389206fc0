// At which call the faulty disk acts, and how a program sees it.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>

#include "tests/faults/disk/watch.hpp"
#include "tests/faults/memory_folder.hpp"

using namespace granary::faults;

namespace {

struct Watched {
    MemoryFolder outer;
    std::string folder = outer.at("data");

    Watched() {
        std::filesystem::create_directory(folder);
        watch(folder, Watching::calls);
        Plan& disk = plan();
        disk.armed = 0;
        disk.kinds = bit(Call::write);
        disk.at = 1;
        disk.times = 1;
        disk.deed = static_cast<std::uint64_t>(Deed::fail);
        disk.error = EIO;
        disk.after = 0;
        disk.matched = 0;
        disk.acted = 0;
        disk.match[0] = '\0';
    }
    ~Watched() {
        plan().armed = 0;
        unwatch();
    }
    int open(const std::string& name) const { return ::open((folder + "/" + name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }
};

bool writes(int file) { return ::write(file, "x", 1) == 1; }

}  // namespace

TEST_CASE("the n-th matching call fails, those before and behind it don't") {
    const Watched disk;
    plan().at = 3;
    plan().armed = 1;
    const int file = disk.open("a");
    CHECK(writes(file));
    CHECK(::fsync(file) == 0);
    CHECK(writes(file));
    errno = 0;
    CHECK_FALSE(writes(file));
    CHECK(errno == EIO);
    CHECK(writes(file));
    CHECK(plan().matched == 4);
    CHECK(plan().acted == 1);
    struct stat about {};
    REQUIRE(::fstat(file, &about) == 0);
    CHECK(about.st_size == 3);
    ::close(file);
}

TEST_CASE("only files that match count, and nothing outside of the folder") {
    const Watched disk;
    std::strcpy(plan().match, "*.log");
    plan().times = 0;
    plan().error = ENOSPC;
    plan().armed = 1;
    const int other = disk.open("b");
    const int outside = ::open(disk.outer.at("c.log").c_str(), O_RDWR | O_CREAT, 0600);
    const int log = disk.open("a.log");
    CHECK(writes(other));
    CHECK(writes(outside));
    for (int i = 0; i < 3; ++i) CHECK_FALSE(writes(log));
    plan().armed = 0;
    CHECK(writes(log));
    for (const int file : {other, outside, log}) ::close(file);
}

TEST_CASE("every kind of call is told from the others") {
    const Watched disk;
    const std::string path = disk.folder + "/a";
    const auto count = [](Call kind) { return plan().calls[static_cast<std::size_t>(kind)].load(); };
    const int file = disk.open("a");
    CHECK(count(Call::create) == 1);
    CHECK((writes(file) && ::pwrite(file, "y", 1, 5) == 1));
    CHECK(count(Call::write) == 2);
    CHECK((::fsync(file) == 0 && ::fdatasync(file) == 0));
    CHECK(count(Call::sync) == 2);
    CHECK(::ftruncate(file, 1) == 0);
    ::close(::open(path.c_str(), O_WRONLY | O_TRUNC));
    CHECK(count(Call::truncate) == 2);
    ::close(file);
    std::filesystem::rename(path, path + "1");
    CHECK(count(Call::rename) == 1);
    std::filesystem::create_hard_link(path + "1", path + "2");
    CHECK(count(Call::link) == 1);
    std::filesystem::remove(path + "1");
    CHECK(count(Call::remove) == 1);
    std::filesystem::create_directories(disk.folder + "/b/c");
    CHECK(count(Call::make_folder) == 2);
    const int folder = ::open(disk.folder.c_str(), O_RDONLY | O_DIRECTORY);
    CHECK(::fsync(folder) == 0);
    CHECK(count(Call::sync_folder) == 1);
    ::close(folder);
    std::filesystem::remove_all(disk.folder + "/b");
    CHECK(count(Call::remove) == 3);
}

TEST_CASE("a kill in front of a call leaves it undone, one behind it leaves it done") {
    for (const std::uint64_t after : {0U, 1U}) {
        const Watched disk;
        plan().deed = static_cast<std::uint64_t>(Deed::kill);
        plan().at = 2;
        plan().after = after;
        plan().armed = 1;
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const int file = disk.open("a");
            for (int i = 0; i < 9; ++i) (void)writes(file);
            ::_exit(0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGKILL);
        CHECK(std::filesystem::file_size(disk.folder + "/a") == 1 + after);
    }
}
