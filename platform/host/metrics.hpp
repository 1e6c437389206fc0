// Metrics in Prometheus text: a table of all names, a page that is filled when somebody scrapes, and request times.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/time.hpp"

namespace granary::metrics {

enum class Kind { counter, gauge, histogram };

struct Info {
    std::string_view name;
    Kind kind;
    std::string_view label;  // of one label, or empty
    std::string_view help;
};

// Every metric of the program: docs/metrics.md is checked against this table.
inline constexpr Info http_requests{"granary_http_requests_total", Kind::counter, "status", "Answered HTTP requests by status code."};
inline constexpr Info http_seconds{"granary_http_request_seconds", Kind::histogram, "operation", "Time from the last byte of a request to its answer."};
inline constexpr Info http_connections{"granary_http_connections", Kind::gauge, "", "Open HTTP connections."};
inline constexpr Info http_refused{"granary_http_refused_total", Kind::counter, "", "Requests that the strict front refused."};
inline constexpr Info commits{"granary_commits_total", Kind::counter, "", "Accepted commits since the start, of whatever writer."};
inline constexpr Info voids{"granary_void_records_total", Kind::counter, "", "Void records seen since the start."};
inline constexpr Info redecided{"granary_redecided_total", Kind::counter, "", "Commands decided again behind a lost race."};
inline constexpr Info in_flight{"granary_commits_in_flight", Kind::gauge, "", "Commits appended and not yet known to count."};
inline constexpr Info queued{"granary_commands_queued", Kind::gauge, "", "Commands that wait to be decided."};
inline constexpr Info partitions{"granary_partitions", Kind::gauge, "state", "Partitions of this node by state."};
inline constexpr Info claims{"granary_claims_total", Kind::counter, "", "Claims of this node that came to count since the start."};
inline constexpr Info takeovers{"granary_takeovers_total", Kind::counter, "", "Partitions that this node came to own since the start, each time counted."};
inline constexpr Info takeover_seconds{"granary_takeover_seconds_total", Kind::counter, "", "Time that all of those took, from being told to hold a partition until deciding there."};
inline constexpr Info taking_seconds{"granary_taking_seconds", Kind::gauge, "", "How long the slowest partition that this node should hold has not been decided on here."};
inline constexpr Info clock_off{"granary_clock_off", Kind::gauge, "", "1 while this node claims nothing because its clock is far from the log's or another node's."};
inline constexpr Info forwarded{"granary_forwarded_total", Kind::counter, "", "Commands sent on to the node that owns their partition."};
inline constexpr Info forward_calls{"granary_forward_calls_total", Kind::counter, "", "Calls to other nodes that carried them."};
inline constexpr Info redirected{"granary_forward_redirected_total", Kind::counter, "", "Forwarded commands that the first node sent on to a second one."};
inline constexpr Info forward_failed{"granary_forward_failed_total", Kind::counter, "", "Commands answered unavailable or unknown because the way to their owner failed."};
inline constexpr Info broker_errors{"granary_broker_errors_total", Kind::counter, "", "Errors that the Kafka client told of: connections, requests, leaders."};
inline constexpr Info producers_dropped{"granary_producers_dropped_total", Kind::counter, "", "Kafka producers dropped because the fate of something in flight was unknown."};
inline constexpr Info view_lag_records{"granary_view_lag_records", Kind::gauge, "", "Records known and not folded by the slowest live view."};
inline constexpr Info view_lag_seconds{"granary_view_lag_seconds", Kind::gauge, "", "Age of the oldest record that the slowest live view has not folded."};
inline constexpr Info view_events{"granary_view_events_total", Kind::counter, "", "Events folded into views since the start."};
inline constexpr Info view_halted{"granary_view_halted", Kind::gauge, "", "Parts of views that are halted."};
inline constexpr Info saga_open{"granary_sagas_open", Kind::gauge, "", "Sagas that have not ended, of orders and of erasures."};
inline constexpr Info saga_parked{"granary_sagas_parked", Kind::gauge, "", "Sagas that wait for an operator."};
inline constexpr Info saga_outbox{"granary_saga_outbox", Kind::gauge, "", "Commands and effects of sagas that are not answered."};

inline constexpr Info circuit_open{"granary_circuit_open", Kind::gauge, "server", "1 while a server outside failed so often that it is not called for a while."};
inline constexpr Info integration_published{"granary_integration_events_total", Kind::counter, "topic", "Integration events acknowledged since the start, repetitions included."};
inline constexpr Info integration_failures{"granary_integration_failures_total", Kind::counter, "", "Tries to publish integration events, or to keep their position, that failed and are repeated."};
inline constexpr Info integration_partitions{"granary_integration_partitions", Kind::gauge, "state", "Partitions of the log that this node publishes, by state."};
inline constexpr Info integration_lag_records{"granary_integration_lag_records", Kind::gauge, "", "Records known and not published, of these partitions."};
inline constexpr Info integration_lag_seconds{"granary_integration_lag_seconds", Kind::gauge, "", "Age of the oldest commit that is known and not published."};

inline constexpr std::array<const Info*, 34> all{
    &http_requests, &http_seconds, &http_connections, &http_refused, &commits, &voids, &redecided, &in_flight,
    &queued, &partitions, &claims, &takeovers, &takeover_seconds, &taking_seconds, &clock_off, &forwarded,
    &forward_calls, &redirected, &forward_failed, &broker_errors, &producers_dropped, &view_lag_records,
    &view_lag_seconds, &view_events, &view_halted, &saga_open, &saga_parked, &saga_outbox, &circuit_open,
    &integration_published, &integration_failures, &integration_partitions, &integration_lag_records, &integration_lag_seconds};

// Cumulative counts of observations at or under each bound, as Prometheus wants them.
struct Histogram {
    static constexpr std::array<double, 12> bounds_seconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};
    std::array<std::uint64_t, bounds_seconds.size() + 1> counts{};
    double sum_seconds = 0;
};

// One scrape. Not thread-safe. Samples of one metric may come in any order.
class Page {
  public:
    Page();
    ~Page();
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;

    void add(const Info& info, double value, std::string_view label_value = {});
    void add(const Info& info, const Histogram& histogram, std::string_view label_value);
    // Text exposition format 0.0.4.
    std::string text() const;

  private:
    struct Families;
    std::unique_ptr<Families> families_;
};

// Counts answered requests; thread-safe, and cheap: a few relaxed additions.
class RequestTimes {
  public:
    // `operation` must outlive this object (a name in the route table).
    void observe(std::string_view operation, int status, Duration took);
    void write(Page& page) const;

  private:
    struct Counter {
        std::array<std::atomic<std::uint64_t>, Histogram::bounds_seconds.size() + 1> buckets{};
        std::atomic<std::int64_t> sum_us{0};
    };
    Counter& counter_of(std::string_view operation);

    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string_view, std::unique_ptr<Counter>> operations_;
    std::array<std::atomic<std::uint64_t>, 600> statuses_{};
};

}  // namespace granary::metrics
