// Immutable, reference-counted bytes: one stored record shared by every reader without a copy.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace granary {

// Never changes after construction, so any thread may read it. An empty value holds no allocation.
class SharedBytes {
  public:
    SharedBytes() = default;
    explicit SharedBytes(std::string bytes) : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}

    std::string_view view() const { return bytes_ ? std::string_view(*bytes_) : std::string_view(); }
    std::size_t size() const { return bytes_ ? bytes_->size() : 0; }
    bool empty() const { return size() == 0; }

  private:
    std::shared_ptr<const std::string> bytes_;
};

}  // namespace granary
