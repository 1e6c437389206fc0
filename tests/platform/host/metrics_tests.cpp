// The metrics page, and the document that lists what is on it.
#include "platform/host/metrics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

using namespace granary;

namespace {

std::string text_of(const std::string& file) {
    std::ifstream in(GRANARY_SOURCE_DIR "/" + file);
    REQUIRE(in);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// Every word that begins with `prefix` and goes on with letters and `more`.
std::set<std::string> words_of(const std::string& text, const std::string& prefix, std::string_view more) {
    std::set<std::string> words;
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 1)) {
        std::size_t end = at + prefix.size();
        while (end < text.size() && (std::isalpha(static_cast<unsigned char>(text[end])) != 0 || more.contains(text[end]))) ++end;
        words.insert(text.substr(at, end - at));
    }
    return words;
}

bool is_exposed(std::string_view name) {
    return std::ranges::any_of(metrics::all, [&](const metrics::Info* info) {
        if (name == info->name) return true;
        if (info->kind != metrics::Kind::histogram || !name.starts_with(info->name)) return false;
        const auto suffix = name.substr(info->name.size());
        return suffix == "_bucket" || suffix == "_sum" || suffix == "_count";
    });
}

}  // namespace

TEST_CASE("every metric that an alert rule names is exposed, and every alert is explained") {
    const std::string rules = text_of("docs/alerts/granary.yml");
    const auto names = words_of(rules, "granary_", "_");
    CHECK(names.size() > 10);
    for (const auto& name : names) CHECK_MESSAGE(is_exposed(name), "no such metric: ", name);
    const auto alerts = words_of(rules, "alert: Granary", "");
    CHECK(alerts.size() > 10);
    const std::string document = text_of("docs/kafka.md");
    for (const auto& alert : alerts) {
        const std::string name = alert.substr(std::string_view("alert: ").size());
        CHECK_MESSAGE(document.find("| `" + name + "` |") != std::string::npos, "docs/kafka.md does not explain ", name);
    }
    for (const auto& name : words_of(document, "| `Granary", "")) CHECK_MESSAGE(alerts.contains("alert: " + name.substr(3)), "docs/kafka.md explains a rule that is not there: ", name);
    for (const auto& name : words_of(document, "granary_", "_")) CHECK_MESSAGE(is_exposed(name), "docs/kafka.md names a metric that is not there: ", name);
}

TEST_CASE("docs/metrics.md has every metric with its help") {
    const std::string document = text_of("docs/metrics.md");
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
