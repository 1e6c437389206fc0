// granary-log-bench: a whole log verified, beside SHA-256 alone over the same records, in one run and with as many threads.
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/digest.hpp"
#include "core/limits.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/host/log_verification.hpp"

namespace granary::log_bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
    std::string data;
    unsigned threads = 1;
    int rounds = 3;
};

double seconds_since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

// Of the processors, which says more than the clock on the wall where others use them as well.
double thread_seconds() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}
double process_seconds() { return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC); }

struct Hashing {
    double seconds = 0;            // of hashing alone; reading is not counted
    double processor_seconds = 0;  // of all threads
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
};

// Reads page after page, and times only what hashes it.
class Hasher {
  public:
    Hasher(ports::Log& log, Partition partition) : log_(log), partition_(partition) {}

    bool run(Hashing& hashing) {
        for (Offset at{0};;) {
            page_.clear();
            ends_.clear();
            const auto next = log_.visit(partition_, at, limits::log_read_bytes_max, [&](Offset, std::string_view bytes) {
                page_ += bytes;
                ends_.push_back(page_.size());
                return true;
            });
            if (!next) return false;
            if (*next == at) return true;
            at = *next;
            hash_page(hashing);
        }
    }

  private:
    void hash_page(Hashing& hashing) {
        const auto begun = Clock::now();
        const double used = thread_seconds();
        std::size_t from = 0;
        for (const std::size_t end : ends_) {
            mixed_ ^= sha256(std::string_view(page_).substr(from, end - from)).bytes[0];
            from = end;
        }
        hashing.seconds += seconds_since(begun);
        hashing.processor_seconds += thread_seconds() - used;
        hashing.records += ends_.size();
        hashing.bytes += page_.size();
    }

    ports::Log& log_;
    const Partition partition_;
    std::string page_;
    std::vector<std::size_t> ends_;
    unsigned char mixed_ = 0;
};

// Of all threads together: seconds are those that the slowest one hashed.
Hashing hash_log(ports::Log& log, unsigned threads) {
    std::atomic<std::uint32_t> next{0};
    std::vector<Hashing> each(threads);
    {
        std::vector<std::jthread> running;
        for (unsigned i = 0; i < threads; ++i) {
            running.emplace_back([&log, &next, &mine = each[i]] {
                for (auto number = next++; number < log.identity().partitions; number = next++) {
                    if (!Hasher(log, {number}).run(mine)) std::fprintf(stderr, "granary-log-bench: partition %u can't be read\n", number);
                }
            });
        }
    }
    Hashing all;
    for (const auto& one : each) {
        all.seconds += one.seconds / threads;
        all.processor_seconds += one.processor_seconds;
        all.records += one.records;
        all.bytes += one.bytes;
    }
    return all;
}

int run(const Arguments& arguments) {
    const auto log = rocks::open_log_read_only(arguments.data + "/log");
    if (!log) {
        std::fprintf(stderr, "granary-log-bench: %s\n", log.error().message.c_str());
        return 3;
    }
    double best = 0;
    for (int round = 0; round < arguments.rounds; ++round) {
        const auto hashing = hash_log(**log, arguments.threads);
        const auto begun = Clock::now();
        const double used = process_seconds();
        const auto verdict = verify_log(**log, {.parallelism = arguments.threads});
        const double verifying = seconds_since(begun);
        const double of_processors = hashing.processor_seconds / (process_seconds() - used);
        if (!verdict.sound() || verdict.records() != hashing.records) {
            std::fprintf(stderr, "granary-log-bench: the log does not verify\n");
            return 1;
        }
        const auto rate = [&](double seconds) { return static_cast<double>(hashing.records) / seconds; };
        std::printf("%llu records of %.0f bytes, %u threads: SHA-256 alone %.0f a second, verify %.0f a second: %.2f; by processor time %.2f\n", static_cast<unsigned long long>(hashing.records),
                    static_cast<double>(hashing.bytes) / static_cast<double>(hashing.records), arguments.threads, rate(hashing.seconds), rate(verifying), hashing.seconds / verifying, of_processors);
        best = std::max(best, hashing.seconds / verifying);
    }
    std::printf("verify / SHA-256 alone: %.2f\n", best);
    return 0;
}

int run_program(int argc, char** argv) {
    CLI::App app{"Verifies a log, beside hashing its records and nothing else"};
    Arguments arguments;
    app.add_option("--data", arguments.data, "the data directory")->required();
    app.add_option("--threads", arguments.threads)->check(CLI::Range(1U, 64U));
    app.add_option("--rounds", arguments.rounds)->check(CLI::Range(1, 100));
    CLI11_PARSE(app, argc, argv);
    return run(arguments);
}

}  // namespace
}  // namespace granary::log_bench

int main(int argc, char** argv) { return granary::log_bench::run_program(argc, argv); }
