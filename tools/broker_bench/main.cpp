// granary-broker-bench: records a second and their latency through the log port on Kafka, beside a raw producer on the same brokers.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "platform/adapters/kafka/kafka_log.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "tools/broker_bench/log_writer.hpp"
#include "tools/broker_bench/raw_producer.hpp"
#include "tools/load/connection_pool.hpp"

namespace granary::broker_bench {
namespace {

constexpr std::uint64_t chunk = 256;             // records handed over together at full speed
constexpr std::uint64_t under_way_max = 32'768;  // that are not acknowledged yet

struct Arguments {
    std::string brokers;
    RawSettings raw;
    std::uint64_t records = 300'000;
    std::size_t record_bytes = 400;
    std::uint32_t partitions = 8;
    int rounds = 3;
};

struct Figures {
    double rate = 0;  // records a second; 0: it failed
    std::int64_t p50_us = 0, p99_us = 0;
};

// rate 0: as fast as it goes.
Figures drive(Writer& writer, Meter& meter, std::uint64_t records, double rate) {
    const auto begun = Meter::now_us();
    for (std::uint64_t sent = 0; sent < records;) {
        std::uint64_t count = std::min(chunk, records - sent);
        if (rate > 0) {
            const auto due = static_cast<std::uint64_t>(static_cast<double>(Meter::now_us() - begun) / 1e6 * rate);
            count = std::min(records, due) - std::min(std::min(records, due), sent);
            if (count == 0) {
                std::this_thread::sleep_for(std::chrono::microseconds(500));
                continue;
            }
        }
        if (!meter.wait_for_room(under_way_max) || !writer.send(sent, count)) return {};
        sent += count;
    }
    if (!meter.wait_for_room(0) || meter.failures() > 0) return {};
    Figures figures;
    figures.rate = static_cast<double>(records) * 1e6 / static_cast<double>(Meter::now_us() - begun);
    figures.p50_us = load::percentile(meter.latencies_us(), 50);
    figures.p99_us = load::percentile(meter.latencies_us(), 99);
    return figures;
}

class Comparison {
  public:
    explicit Comparison(const Arguments& arguments) : arguments_(arguments) {}

    int run() {
        double raw_best = 0, log_best = 0;
        for (int round = 0; round < arguments_.rounds; ++round) {
            const auto raw = raw_run(arguments_.records, 0), log = log_run(arguments_.records, 0);
            if (raw.rate <= 0 || log.rate <= 0) return 3;
            print("raw producer, full speed", raw);
            print("log port, full speed", log);
            raw_best = std::max(raw_best, raw.rate);
            log_best = std::max(log_best, log.rate);
        }
        const double half = log_best / 2;
        const auto paced = static_cast<std::uint64_t>(half * 10);
        const auto raw = raw_run(paced, half), log = log_run(paced, half);
        if (raw.rate <= 0 || log.rate <= 0) return 3;
        print("raw producer, half the log port's best", raw);
        print("log port, half its best", log);
        std::printf("log port / raw producer: %.2f\n", log_best / raw_best);
        return 0;
    }

  private:
    static void print(const char* what, const Figures& figures) {
        std::printf("%-40s %8.0f records a second, p50 %7.1f ms, p99 %7.1f ms\n", what, figures.rate, static_cast<double>(figures.p50_us) / 1e3, static_cast<double>(figures.p99_us) / 1e3);
        std::fflush(stdout);
    }

    // A log of its own for each run: both writers begin in empty partitions with the same settings.
    kafka::LogOptions fresh_log() {
        kafka::LogOptions options;
        options.brokers = arguments_.brokers;
        options.topic = "bench-" + std::to_string(random_.bits().lo);
        const auto made = kafka::create_log(options, {random_.bits(), arguments_.partitions});
        if (!made) std::fprintf(stderr, "granary-broker-bench: %s\n", made.error().message.c_str());
        return options;
    }

    Figures raw_run(std::uint64_t records, double rate) {
        const auto options = fresh_log();
        Meter meter(records);
        const auto writer = make_raw_producer(options.brokers, options.topic, arguments_.partitions, arguments_.record_bytes, arguments_.raw, meter);
        return writer ? drive(*writer, meter, records, rate) : Figures{};
    }

    Figures log_run(std::uint64_t records, double rate) {
        const auto options = fresh_log();
        const auto log = kafka::open_log(options);
        if (!log) {
            std::fprintf(stderr, "granary-broker-bench: %s\n", log.error().message.c_str());
            return {};
        }
        Meter meter(records);
        const auto writer = make_log_writer(**log, arguments_.record_bytes, meter);
        return drive(*writer, meter, records, rate);
    }

    const Arguments& arguments_;
    SystemRandom random_;
};

int run_program(int argc, char** argv) {
    CLI::App app{"Records through the log port on Kafka beside a raw producer: same brokers, same size, in turn"};
    Arguments arguments;
    app.add_option("--kafka-brokers", arguments.brokers)->required();
    app.add_option("--records", arguments.records, "of each run at full speed")->check(CLI::Range(1'000, 10'000'000));
    app.add_option("--bytes", arguments.record_bytes, "of a record")->check(CLI::Range(64, 100'000));
    app.add_option("--partitions", arguments.partitions)->check(CLI::Range(1, 1024));
    app.add_option("--rounds", arguments.rounds)->check(CLI::Range(1, 100));
    app.add_option("--raw-linger-ms", arguments.raw.linger_ms, "how long the raw producer waits for more; the log port waits 1 ms");
    app.add_option("--raw-compression", arguments.raw.compression, "of the raw producer; the log port has lz4");
    CLI11_PARSE(app, argc, argv);
    return Comparison(arguments).run();
}

}  // namespace
}  // namespace granary::broker_bench

int main(int argc, char** argv) { return granary::broker_bench::run_program(argc, argv); }
