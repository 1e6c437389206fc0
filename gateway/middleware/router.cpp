// Routes are grouped by their number of segments, so a search looks at a handful of them.
#include "gateway/middleware/router.hpp"

#include <algorithm>
#include <ranges>

#include "core/check.hpp"
#include "gateway/http/target.hpp"

namespace granary::gateway {
namespace {

using http::Method;

std::vector<std::string_view> split(std::string_view pattern) {
    std::vector<std::string_view> segments;
    while (!pattern.empty()) {
        pattern.remove_prefix(1);
        const auto end = std::min(pattern.find('/'), pattern.size());
        segments.push_back(pattern.substr(0, end));
        pattern.remove_prefix(end);
    }
    return segments;
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

std::string text_of_methods(std::vector<Method> methods) {
    if (std::ranges::find(methods, Method::get) != methods.end()) methods.push_back(Method::head);
    methods.push_back(Method::options);
    std::ranges::sort(methods);
    std::string text;
    for (const Method method : methods)
        if (!text.contains(std::string(name_of(method)) + ",") && !text.ends_with(name_of(method))) text += (text.empty() ? "" : ", ") + std::string(name_of(method));
    return text;
}

}  // namespace

Router::Router(std::span<const Route> routes) {
    for (const Route& route : routes) {
        auto segments = split(route.pattern);
        GRANARY_CHECK(segments.size() <= segments_max);
        by_length_[segments.size()].push_back({&route, std::move(segments)});
    }
    for (auto& group : by_length_) {
        const auto parameters = [](const Compiled& compiled) { return std::ranges::count_if(compiled.segments, is_parameter); };
        std::ranges::stable_sort(group, {}, parameters);
    }
}

bool Router::matches(const Compiled& compiled, const std::vector<std::string>& segments) {
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (is_parameter(compiled.segments[i]) ? segments[i].empty() : segments[i] != compiled.segments[i]) return false;
    }
    return true;
}

Router::Match Router::find(Method method, const std::vector<std::string>& segments) const {
    Match match;
    if (segments.size() > segments_max) return match;
    const Method wanted = method == Method::head ? Method::get : method;
    const auto& group = by_length_[segments.size()];
    for (const auto& compiled : group) {
        if (compiled.route->method != wanted || !matches(compiled, segments)) continue;
        match.route = compiled.route;
        return match;
    }
    std::vector<Method> methods;
    for (const auto& compiled : group)
        if (matches(compiled, segments)) methods.push_back(compiled.route->method);
    if (!methods.empty()) match.allow = text_of_methods(std::move(methods));
    return match;
}

std::string Router::all_methods() const {
    std::vector<Method> methods;
    for (const auto& group : by_length_)
        for (const auto& compiled : group) methods.push_back(compiled.route->method);
    return text_of_methods(std::move(methods));
}

std::size_t Router::body_limit(Method method, std::string_view path) const {
    const auto segments = http::parse_path(path);
    if (!segments) return limits::http_body_bytes_max;
    const auto match = find(method, *segments);
    return match.route != nullptr ? match.route->body_bytes_max : limits::http_body_bytes_max;
}

}  // namespace granary::gateway
