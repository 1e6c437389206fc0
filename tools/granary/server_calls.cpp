// Problems are shown by code, title and detail; anything else by its status and first line.
#include "tools/granary/server_calls.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "core/limits.hpp"
#include "platform/adapters/http_client/http_client.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/parallel_calls.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t attempts_max = 6;       // about two seconds of "later"
constexpr std::size_t shown_bytes_max = 300;  // of an answer that is no problem document

int exit_code_of(int status) {
    switch (status) {
        case 404:
        case 409:
        case 412:
        case 422: return exit_found_wrong;
        case 429: return exit_fault;
        default: break;
    }
    return status >= 400 && status < 500 ? exit_usage : exit_fault;
}

std::string problem_text(const JsonValue& problem) {
    std::string text(problem.string_at("code"));
    const auto append = [&](std::string_view part) {
        if (part.empty()) return;
        if (!text.empty()) text += ": ";
        text += part;
    };
    append(problem.string_at("title"));
    append(problem.string_at("detail"));
    if (const auto* errors = problem.find("errors")) {
        for (const auto& error : errors->items) text += "; " + std::string(error.string_at("pointer")) + " " + std::string(error.string_at("detail"));
    }
    if (const auto trace = problem.string_at("trace_id"); !trace.empty()) text += " (trace " + std::string(trace) + ")";
    return text;
}

}  // namespace

void add_server_options(CLI::App& verb, ServerArguments& arguments) {
    verb.add_option("--url", arguments.url, "the server's URL")->envname("GRANARY_URL");
    verb.add_option("--data", arguments.data, "the data directory of a server that runs on this machine; goes before --url");
    arguments.key = key_from_environment();
}

std::string key_from_environment() {
    const char* key = std::getenv("GRANARY_KEY");
    return key == nullptr ? std::string() : std::string(key);
}

Result<std::string> find_server(const ServerArguments& arguments) {
    std::string url = arguments.url;
    if (!arguments.data.empty()) {
        url = read_server_url(DataDirectory{arguments.data}).value_or("");
        if (url.empty()) return fault(FaultCode::not_found, "no server runs on the data directory " + arguments.data);
    }
    if (url.empty()) return fault(FaultCode::invalid_argument, "name the server by --url URL (or GRANARY_URL) or --data DIR");
    if (arguments.key.empty()) return fault(FaultCode::invalid_argument, "put the API key to show into the environment, as GRANARY_KEY");
    if (!url.starts_with("http://")) return fault(FaultCode::invalid_argument, "the server's URL must begin with http://");
    while (url.ends_with('/')) url.pop_back();
    return url;
}

int report_failure(const CallFailure& failure) {
    std::fprintf(stderr, "granary: %s\n", failure.message.c_str());
    return failure.exit_code;
}

CallFailure failure_of(const Fault& fault) { return {fault.code == FaultCode::invalid_argument ? exit_usage : exit_fault, fault.message}; }

CallFailure failure_of(const ports::HttpReply& reply) {
    const int exit_code = exit_code_of(reply.status);
    const auto problem = parse_json(reply.body);
    if (problem && !problem->string_at("title").empty()) return {exit_code, problem_text(*problem)};
    return {exit_code, "the server answers with status " + std::to_string(reply.status) + " " + reply.body.substr(0, std::min(shown_bytes_max, reply.body.find('\n')))};
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~").find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

ports::HttpCall ServerCalls::prepared(const char* method, const std::string& path) const {
    ports::HttpCall call;
    call.method = method;
    call.url = url_ + path;
    call.headers = {{"authorization", "Bearer " + key_}, {"accept", "application/json, application/problem+json"}};
    return call;
}

CallResult<JsonValue> ServerCalls::get(const std::string& path) { return call(prepared("GET", path)); }

CallResult<bool> ServerCalls::each_page(const std::string& path, std::size_t count_max, const std::function<Status(const JsonValue& items)>& take) {
    const auto wrong = [&](const char* what) { return std::unexpected(CallFailure{exit_fault, "the server's list at " + path + " " + what}); };
    const std::string start = path + (path.contains('?') ? "&limit=" : "?limit=");
    std::string cursor;
    for (std::size_t count = 0; count < count_max;) {
        const auto page = get(start + std::to_string(std::min(limits::page_size_max, count_max - count)) + (cursor.empty() ? "" : "&cursor=" + percent_encoded(cursor)));
        if (!page) return std::unexpected(page.error());
        const auto* items = page->find("data");
        if (items == nullptr || items->kind != JsonValue::Kind::array) return wrong("is none");
        if (const auto taken = take(*items); !taken) return std::unexpected(failure_of(taken.error()));
        count += items->items.size();
        const std::string before = std::exchange(cursor, page->string_at("next_cursor"));
        if (cursor.empty()) return false;
        if (cursor == before) return wrong("has no end");  // a page may be empty and have a next one, but not for ever
    }
    return true;
}

CallResult<JsonValue> ServerCalls::post(const std::string& path, const std::string& body, const std::string& idempotency_key) {
    auto request = prepared("POST", path);
    request.headers.push_back({"content-type", "application/json"});
    request.headers.push_back({"idempotency-key", idempotency_key});
    request.body = body;
    return call(request);
}

CallResult<JsonValue> ServerCalls::call(const ports::HttpCall& call) {
    CallPolicy policy;
    policy.width = 1;
    policy.attempts_max = attempts_max;
    std::optional<Result<ports::HttpReply>> answer;
    run_calls(
        client_, policy, 1, [&](std::size_t) { return call; }, [&](std::size_t, const Result<ports::HttpReply>& reply) { answer = reply; });
    const auto& reply = *answer;
    if (!reply) return std::unexpected(failure_of(reply.error()));
    if (reply->status < 200 || reply->status >= 300) return std::unexpected(failure_of(*reply));
    if (reply->body.empty()) return JsonValue{};
    auto value = parse_json(reply->body);
    if (!value) return std::unexpected(CallFailure{exit_fault, "the server's answer is " + value.error().message});
    return std::move(*value);
}

int with_server(const ServerArguments& arguments, const std::function<int(ServerCalls&)>& body) {
    const auto url = find_server(arguments);
    if (!url) return report_failure(failure_of(url.error()));
    const auto client = http_client::make_http_client();
    ServerCalls server(*client, *url, arguments.key);
    return body(server);
}

}  // namespace granary::cli
