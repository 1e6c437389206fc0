// A set of stream kinds: which streams a reader is interested in.
#pragma once

#include <cstdint>

#include "core/stream.hpp"

namespace granary {

struct StreamKinds {
    std::uint32_t bits = 0;

    // Of any stored number, known or not.
    constexpr bool contains(StreamKind kind) const {
        const auto number = static_cast<unsigned>(kind);
        return number < 32 && (bits >> number & 1U) != 0;
    }
};

template <class... Kind>
constexpr StreamKinds stream_kinds(Kind... kind) {
    return {((1U << static_cast<unsigned>(kind)) | ... | 0U)};
}

}  // namespace granary
