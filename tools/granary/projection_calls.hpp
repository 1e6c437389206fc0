// Work on views, on a data directory that nobody serves or through the server that does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tools/granary/json_value.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/server_calls.hpp"

namespace granary::cli {

// What the verbs ask for; answers have the same JSON from both kinds. `on_progress` is told records done and in all.
class ProjectionCalls {
  public:
    using OnProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

    virtual ~ProjectionCalls() = default;
    // An array of generations.
    virtual CallResult<JsonValue> list() = 0;
    // rebuild, verify, promote or discard of one view; waits until it is done.
    virtual CallResult<JsonValue> work(const std::string& view, const std::string& action, std::optional<std::uint64_t> generation,
                                       const OnProgress& on_progress) = 0;
};

// Opens DATA/views and reads the log; when a server has them open, or --url names one, asks the server.
CallResult<std::unique_ptr<ProjectionCalls>> open_projections(const ServerArguments& arguments, const LogChoice& choice = {});

// The same through a server alone. The client must outlive it.
std::unique_ptr<ProjectionCalls> projections_via_server(ports::HttpClient& client, const std::string& url, const std::string& key);

}  // namespace granary::cli
