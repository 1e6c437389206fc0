// Who keeps checkpoints apart from the log: a file, perhaps on another machine's disk, or a server that takes them by POST.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "platform/ports/http_client.hpp"
#include "proofs/checkpoint.hpp"
#include "proofs/note.hpp"

namespace granary::cli {

// Not thread-safe. `client` must outlive it.
class Witness {
  public:
    // `http://...`, or the path of a file.
    Witness(ports::HttpClient& client, std::string place);

    // What a file holds, checked with the key; nothing when there is no file yet, or when it is a server.
    Result<std::optional<std::vector<proofs::Checkpoint>>> kept(const proofs::VerifierKey& key) const;
    // Durable, or answered with 2xx, when it returns.
    Status give(std::string_view checkpoints) const;

    const std::string& place() const { return place_; }

  private:
    bool is_server() const;

    ports::HttpClient& client_;
    std::string place_;
};

}  // namespace granary::cli
