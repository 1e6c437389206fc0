// Work on views, on a data directory that nobody serves or through the server that does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "tools/granary/json_value.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/server_calls.hpp"

namespace granary::cli {

struct ViewOrder {
    std::string view;
    std::string action;  // rebuild, verify, promote, discard, or cancel: what a server is doing to the view
    std::optional<std::uint64_t> generation;  // of promote and discard
    std::size_t parallel = 0;                 // threads of rebuild and verify; 0: all processors without a server, half of them with one
    std::uint64_t records_per_second = 0;     // at most, of rebuild and verify; 0: no bound
    bool unverified = false;                  // of promote: without comparing first
};

// What the verbs ask for; answers have the same JSON from both kinds. `on_progress` is told records done and in all.
class ProjectionCalls {
  public:
    using OnProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

    virtual ~ProjectionCalls() = default;
    // An array of generations.
    virtual CallResult<JsonValue> list() = 0;
    // Waits until it is done, or has stopped because it was asked to.
    virtual CallResult<JsonValue> work(const ViewOrder& order, const OnProgress& on_progress, const std::stop_token& stop = {}) = 0;
};

// Opens DATA/views and reads the log; when a server has them open, or --url names one, asks the server.
CallResult<std::unique_ptr<ProjectionCalls>> open_projections(const ServerArguments& arguments, const LogChoice& choice = {});

// The same through a server alone. The client must outlive it.
std::unique_ptr<ProjectionCalls> projections_via_server(ports::HttpClient& client, const std::string& url, const std::string& key);

}  // namespace granary::cli
