// A group of one: this node is told to hold every partition, for ever.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "platform/ports/membership.hpp"

namespace granary {

class StaticMembership final : public ports::Membership {
  public:
    explicit StaticMembership(std::uint32_t partitions) : partitions_(partitions) {}

    void join(std::function<void(const ports::Suggestion&)> told) override {
        ports::Suggestion all{true, {}};
        for (std::uint32_t i = 0; i < partitions_; ++i) all.partitions.push_back({i});
        told(all);
    }
    void leave() override {}
    std::vector<std::string> peers() const override { return {}; }

  private:
    std::uint32_t partitions_;
};

}  // namespace granary
