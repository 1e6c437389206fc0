// For machines on which nobody asks to be forgotten.
#pragma once

#include <functional>

#include "platform/ports/person_eraser.hpp"

namespace granary::faults {

class NoEraser final : public ports::PersonEraser {
  public:
    void orders_under_way(CustomerId, OrderId, std::function<void(Result<std::uint32_t>)> done) override { done(0U); }
    void destroy_key(PersonId, std::function<void(Status)> done) override { done({}); }
    void keep_destroyed(PersonId, std::function<void(Status)> done) override { done({}); }
};

}  // namespace granary::faults
