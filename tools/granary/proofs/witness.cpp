// A file is replaced whole, so it never holds half of a checkpoint.
#include "tools/granary/proofs/witness.hpp"

#include <utility>

#include "core/limits.hpp"
#include "proofs/verified.hpp"
#include "tools/granary/proofs/proof_limits.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

constexpr unsigned readable_by_all = 0644;

}  // namespace

Witness::Witness(ports::HttpClient& client, std::string place) : client_(client), place_(std::move(place)) {}

bool Witness::is_server() const { return place_.starts_with("http://"); }

Result<std::optional<std::vector<proofs::Checkpoint>>> Witness::kept(const proofs::VerifierKey& key) const {
    if (is_server()) return std::nullopt;
    const auto file = read_whole_file(place_, limits::checkpoint_file_bytes_max);
    if (!file && file.error().code == FaultCode::not_found) return std::nullopt;
    if (!file) return std::unexpected(file.error());
    auto checkpoints = proofs::verified_checkpoints(*file, key);
    if (!checkpoints) return fault(checkpoints.error().code, place_ + ": " + checkpoints.error().message);
    return std::optional(std::move(*checkpoints));
}

Status Witness::give(std::string_view checkpoints) const {
    if (!is_server()) return write_whole_file(place_, checkpoints, readable_by_all);
    ports::HttpCall call;
    call.method = "POST";
    call.url = place_;
    call.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    call.body = std::string(checkpoints);
    const auto reply = ports::send_and_wait(client_, std::move(call));
    if (!reply) return fault(reply.error().code, "the witness " + place_ + ": " + reply.error().message);
    if (reply->status < 200 || reply->status > 299) return fault(FaultCode::unavailable, "the witness " + place_ + " answered " + std::to_string(reply->status));
    return {};
}

}  // namespace granary::cli
