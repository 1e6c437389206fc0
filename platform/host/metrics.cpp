// Exposition by prometheus-cpp; counting by our own atomics.
#include "platform/host/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace granary::metrics {
namespace {

prometheus::MetricType type_of(Kind kind) {
    switch (kind) {
        case Kind::counter: return prometheus::MetricType::Counter;
        case Kind::gauge: return prometheus::MetricType::Gauge;
        case Kind::histogram: return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric labelled(const Info& info, std::string_view label_value) {
    prometheus::ClientMetric metric;
    if (!info.label.empty()) metric.label.push_back({std::string(info.label), std::string(label_value)});
    return metric;
}

}  // namespace

struct Page::Families {
    std::map<std::string_view, prometheus::MetricFamily> by_name;

    prometheus::MetricFamily& of(const Info& info) {
        auto& family = by_name[info.name];
        if (family.name.empty()) {
            family.name = info.name;
            family.help = info.help;
            family.type = type_of(info.kind);
        }
        return family;
    }
};

Page::Page() : families_(std::make_unique<Families>()) {}
Page::~Page() = default;

void Page::add(const Info& info, double value, std::string_view label_value) {
    auto metric = labelled(info, label_value);
    if (info.kind == Kind::counter) metric.counter.value = value;
    if (info.kind == Kind::gauge) metric.gauge.value = value;
    families_->of(info).metric.push_back(std::move(metric));
}

void Page::add(const Info& info, const Histogram& histogram, std::string_view label_value) {
    auto metric = labelled(info, label_value);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
        cumulative += histogram.counts[i];
        const double bound = i < Histogram::bounds_seconds.size() ? Histogram::bounds_seconds[i] : std::numeric_limits<double>::infinity();
        metric.histogram.bucket.push_back({cumulative, bound});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = histogram.sum_seconds;
    families_->of(info).metric.push_back(std::move(metric));
}

std::string Page::text() const {
    std::vector<prometheus::MetricFamily> families;
    for (const auto& [name, family] : families_->by_name) families.push_back(family);
    return prometheus::TextSerializer().Serialize(families);
}

RequestTimes::Counter& RequestTimes::counter_of(std::string_view operation) {
    {
        const std::shared_lock lock(mutex_);
        const auto found = operations_.find(operation);
        if (found != operations_.end()) return *found->second;
    }
    const std::unique_lock lock(mutex_);
    auto& counter = operations_[operation];
    if (!counter) counter = std::make_unique<Counter>();
    return *counter;
}

void RequestTimes::observe(std::string_view operation, int status, Duration took) {
    const double took_seconds = static_cast<double>(took.us) / 1e6;
    const auto bound = std::ranges::lower_bound(Histogram::bounds_seconds, took_seconds);
    auto& counter = counter_of(operation);
    counter.buckets[static_cast<std::size_t>(bound - Histogram::bounds_seconds.begin())].fetch_add(1, std::memory_order_relaxed);
    counter.sum_us.fetch_add(took.us, std::memory_order_relaxed);
    if (status >= 0 && static_cast<std::size_t>(status) < statuses_.size()) statuses_[static_cast<std::size_t>(status)].fetch_add(1, std::memory_order_relaxed);
}

void RequestTimes::write(Page& page) const {
    const std::shared_lock lock(mutex_);
    for (const auto& [operation, counter] : operations_) {
        Histogram histogram;
        for (std::size_t i = 0; i < histogram.counts.size(); ++i) histogram.counts[i] = counter->buckets[i].load(std::memory_order_relaxed);
        histogram.sum_seconds = static_cast<double>(counter->sum_us.load(std::memory_order_relaxed)) / 1e6;
        page.add(http_seconds, histogram, operation);
    }
    for (std::size_t status = 0; status < statuses_.size(); ++status) {
        const auto count = statuses_[status].load(std::memory_order_relaxed);
        if (count > 0) page.add(http_requests, static_cast<double>(count), std::to_string(status));
    }
}

}  // namespace granary::metrics
