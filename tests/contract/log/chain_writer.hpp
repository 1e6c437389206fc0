// Makes chained records, as an owner of a partition would.
#pragma once

#include <string>

#include "core/chain.hpp"
#include "schemas/commit.hpp"
#include "tests/contract/log/adapters.hpp"

namespace granary::tests {

inline std::string body_of_claim(const std::string& node) {
    envelope::ClaimT claim;
    claim.node = node;
    claim.time = Time{1};
    return encode_body(LogEntry(claim));
}

// Thinks that its records count, until it is told otherwise.
class ChainWriter {
  public:
    ChainWriter(ports::LogIdentity identity, std::uint32_t partition) : head_(chain::genesis(identity.id, {partition})), partition_(partition) {}

    std::string record(const std::string& node) {
        std::string bytes = chain::make_record(head_, body_of_claim(node));
        head_ = sha256(bytes);
        return bytes;
    }
    ports::LogAppend next(const std::string& node, std::uint64_t token = 0) { return append_of(partition_, record(node), token); }
    const Digest& head() const { return head_; }
    void set_head(const Digest& head) { head_ = head; }

  private:
    Digest head_;
    std::uint32_t partition_;
};

}  // namespace granary::tests
