// The system adapters keep what their ports promise; nothing here depends on how fast the machine is.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/time.hpp"
#include "platform/adapters/system/durable_folder.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/adapters/system/system_disk.hpp"
#include "platform/adapters/system/system_random.hpp"

using namespace granary;

TEST_CASE("the wall clock counts microseconds since 1970 and the monotonic clock never goes back") {
    const SystemClock clock;
    CHECK(clock.now() > *parse_rfc3339("2024-01-01T00:00:00Z"));
    CHECK(clock.now() < *parse_rfc3339("2200-01-01T00:00:00Z"));
    Duration last = clock.monotonic();
    for (int i = 0; i < 1000; ++i) {
        const Duration next = clock.monotonic();
        CHECK(next >= last);
        last = next;
    }
}

TEST_CASE("random bits don't repeat, over many blocks and from several threads") {
    SystemRandom random;
    std::vector<std::vector<Uuid>> drawn(4);
    std::vector<std::thread> threads;
    for (auto& mine : drawn) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) mine.push_back(random.bits());
        });
    }
    for (auto& thread : threads) thread.join();
    std::set<Uuid> seen;
    for (const auto& mine : drawn) seen.insert(mine.begin(), mine.end());
    CHECK(seen.size() == 2000);
    CHECK_FALSE(seen.contains(Uuid{}));
}

TEST_CASE("every bit of random bits is sometimes set and sometimes not") {
    SystemRandom random;
    Uuid all_set{~0ULL, ~0ULL}, any_set{};
    for (int i = 0; i < 256; ++i) {
        const Uuid bits = random.bits();
        all_set = {all_set.hi & bits.hi, all_set.lo & bits.lo};
        any_set = {any_set.hi | bits.hi, any_set.lo | bits.lo};
    }
    CHECK(all_set == Uuid{});
    CHECK(any_set == Uuid{~0ULL, ~0ULL});
}

TEST_CASE("free space is that of the volume; a path that is not there is not_found") {
    const auto folder = std::filesystem::temp_directory_path();
    const auto free = SystemDisk(folder.string()).free_bytes();
    REQUIRE(free.has_value());
    CHECK(*free > 0);
    CHECK(*free <= std::filesystem::space(folder).capacity);
    const auto missing = SystemDisk((folder / "granary-no-such-folder").string()).free_bytes();
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == FaultCode::not_found);
}

TEST_CASE("a folder is made with all that is missing above it, and made again without complaint") {
    std::string pattern = (std::filesystem::temp_directory_path() / "granary-folder-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    const std::filesystem::path top(pattern);
    const auto permissions = [](const std::filesystem::path& path) { return std::filesystem::status(path).permissions(); };
    for (int i = 0; i < 2; ++i) {
        CHECK(make_durable_folder(top / "a/b/./c/", 0700));
        CHECK(permissions(top / "a/b/c") == std::filesystem::perms::owner_all);
    }
    CHECK(permissions(top / "a/b") != std::filesystem::perms::owner_all);
    { std::ofstream(top / "file") << "x"; }
    for (const char* taken : {"file", "file/below"}) {
        const auto made = make_durable_folder(top / taken);
        REQUIRE_FALSE(made);
        CHECK(made.error().code == FaultCode::io_error);
        CHECK(made.error().message.find("file") != std::string::npos);
    }
    std::filesystem::remove_all(top);
}
