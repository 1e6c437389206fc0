// The metrics page, and the document that lists what is on it.
#include "platform/host/metrics.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace granary;

TEST_CASE("docs/metrics.md has every metric with its help") {
    std::ifstream in(GRANARY_SOURCE_DIR "/docs/metrics.md");
    std::ostringstream text;
    text << in.rdbuf();
    const std::string document = text.str();
    std::set<std::string_view> names;
    for (const auto* info : metrics::all) {
        CAPTURE(info->name);
        CHECK(names.insert(info->name).second);
        CHECK(document.find("| `" + std::string(info->name) + "` |") != std::string::npos);
        CHECK(document.find(info->help) != std::string::npos);
    }
}

TEST_CASE("counters, gauges and request times are exposed as Prometheus text") {
    metrics::RequestTimes times;
    times.observe("get_order", 200, milliseconds(2));
    times.observe("get_order", 404, milliseconds(400));
    metrics::Page page;
    page.add(metrics::commits, 7);
    page.add(metrics::partitions, 64, "owned");
    times.write(page);
    const std::string text = page.text();
    CHECK(text.find("granary_commits_total 7") != std::string::npos);
    CHECK(text.find("granary_partitions{state=\"owned\"} 64") != std::string::npos);
    CHECK(text.find("granary_http_requests_total{status=\"404\"} 1") != std::string::npos);
    CHECK(text.find("granary_http_request_seconds_bucket{operation=\"get_order\",le=\"0.001\"} 0") != std::string::npos);
    CHECK(text.find("granary_http_request_seconds_bucket{operation=\"get_order\",le=\"0.0025\"} 1") != std::string::npos);
    CHECK(text.find("granary_http_request_seconds_count{operation=\"get_order\"} 2") != std::string::npos);
}
