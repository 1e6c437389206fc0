// Calls of a running server's API, with every refusal turned into one clear line and an exit code.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "platform/ports/http_client.hpp"
#include "tools/granary/json_value.hpp"

namespace CLI {
class App;
}

namespace granary::cli {

// Where a server is and what to show it, as the command line gives them; see add_server_options.
struct ServerArguments {
    std::string url;   // --url or GRANARY_URL: `http://127.0.0.1:8080`
    std::string data;  // --data: the data directory of a server on this machine, whose `server.url` says where it answers
    std::string key;   // GRANARY_KEY; never an option, for everybody on the machine can read command lines
};

// --url and --data, and the key of the environment; `arguments` must outlive the parse.
void add_server_options(CLI::App& verb, ServerArguments& arguments);
// What GRANARY_KEY holds; empty when it is not set.
std::string key_from_environment();

// The base URL without a trailing slash. invalid_argument: neither --url nor --data, no http:// URL, or no key; not_found: no
// server runs on this data directory.
Result<std::string> find_server(const ServerArguments& arguments);

// What went wrong, for the person at the terminal.
struct CallFailure {
    int exit_code = 0;    // exit_found_wrong: the server refuses this on its state (404, 409, 412, 422); exit_usage: the request
                          // or the key is wrong (other 4xx); exit_fault: no server, no whole answer, 429, 5xx
    std::string message;  // `not_found: No such thing: ... (trace 4bf9...)`
};

template <class T>
using CallResult = std::expected<T, CallFailure>;

// Prints `granary: MESSAGE` to stderr and returns the exit code.
int report_failure(const CallFailure& failure);
CallFailure failure_of(const Fault& fault);
// Of any status but 2xx. The body is a problem (RFC 9457), or whatever came.
CallFailure failure_of(const ports::HttpReply& reply);

// `a b/ü` as it may stand in a path segment or query value.
std::string percent_encoded(std::string_view text);

// Waits for each answer; 429, 503 and broken connections are tried again a few times, so a POST needs its key.
// Not thread-safe. Client must outlive it.
class ServerCalls {
  public:
    ServerCalls(ports::HttpClient& client, std::string url, std::string key) : client_(client), url_(std::move(url)), key_(std::move(key)) {}

    // `path` begins with a slash and is percent-encoded. An empty answer (204) is null.
    CallResult<JsonValue> get(const std::string& path);
    // A list, page by page: `take` gets the items of each, an array, until there are no more or `count_max` were taken. True: there
    // were more. A server whose pages lead nowhere is a failure, and so is what `take` brings.
    CallResult<bool> each_page(const std::string& path, std::size_t count_max, const std::function<Status(const JsonValue& items)>& take);
    CallResult<JsonValue> post(const std::string& path, const std::string& body, const std::string& idempotency_key);

  private:
    CallResult<JsonValue> call(const ports::HttpCall& call);
    ports::HttpCall prepared(const char* method, const std::string& path) const;

    ports::HttpClient& client_;
    const std::string url_;
    const std::string key_;
};

// Connects and runs `body`, which gives the exit code.
int with_server(const ServerArguments& arguments, const std::function<int(ServerCalls&)>& body);

}  // namespace granary::cli
