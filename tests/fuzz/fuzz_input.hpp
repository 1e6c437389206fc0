// The bytes that a fuzzer gives, taken apart piece by piece; and where every target begins.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

// One run of a target: returns 0, or ends the process when something that must hold does not. Called by libFuzzer, and by
// corpus_main.cpp in builds without it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace granary::fuzz {

class Input {
  public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

    bool empty() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }
    // 0 when there is none left.
    std::uint8_t byte() {
        const auto piece = take(1);
        return piece.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(piece[0]);
    }
    std::uint16_t number() {
        const unsigned low = byte();
        return static_cast<std::uint16_t>(low | static_cast<unsigned>(byte()) << 8);
    }
    // As many as there are.
    std::string_view take(std::size_t size) {
        const auto piece = rest_.substr(0, std::min(size, rest_.size()));
        rest_.remove_prefix(piece.size());
        return piece;
    }

  private:
    std::string_view rest_;
};

}  // namespace granary::fuzz
