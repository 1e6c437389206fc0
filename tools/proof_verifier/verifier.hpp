// What files of checkpoints and proofs prove together: each by itself, and that they tell of one history.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/proof_verifier/formats.hpp"

namespace verifier {

// Feed it every file that one key has signed, old ones and new ones, then ask for the conclusion. Throws Refused for whatever is
// wrong, names the file, and must not be used after that.
class Evidence {
  public:
    explicit Evidence(Key key) : key_(std::move(key)) {}

    void add(const std::string& name, std::string_view file);

    // Lines for people. Refused: two checkpoints contradict each other, or nothing shows that the history of one goes on where
    // that of another ended.
    std::vector<std::string> conclusion() const;

  private:
    struct Known {
        Hash root{};
        std::string from;  // the file it came from first
        std::vector<std::uint64_t> extended_by;  // sizes of checkpoints that were proven to go on where this one ended
    };
    struct Proven {
        Hash hash{};
        std::string record;
    };
    using BySize = std::map<std::uint64_t, Known>;

    void note(const Checkpoint& checkpoint, const std::string& from);
    void take(const std::vector<Checkpoint>& checkpoints, const std::string& from);
    void take(const Consistency& consistency, const std::string& from);
    void take(const Inclusion& inclusion, const std::string& from);
    void check_record(const Inclusion& inclusion) const;
    void check_growth(std::uint64_t partition, const BySize& history) const;
    void check_links() const;

    const Key key_;
    std::uint64_t partitions_ = 0;
    std::map<std::uint64_t, BySize> histories_;  // by partition
    std::map<std::pair<std::uint64_t, std::uint64_t>, Proven> records_;  // by partition and index
    std::vector<std::string> lines_;
};

}  // namespace verifier
