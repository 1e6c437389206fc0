// Draws blocks of random bytes; a kernel that can't give any is no condition to go on in.
#include "platform/adapters/system/system_random.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "core/check.hpp"

namespace granary {
namespace {

void draw(unsigned char* out, std::size_t count) {
    for (std::size_t got = 0; got < count;) {
        const ssize_t some = getrandom(out + got, count - got, 0);
        if (some < 0 && errno == EINTR) continue;
        GRANARY_CHECK(some > 0);
        got += static_cast<std::size_t>(some);
    }
}

}  // namespace

Uuid SystemRandom::bits() {
    const std::lock_guard lock(mutex_);
    if (used_ == block_.size()) {
        draw(block_.data(), block_.size());
        used_ = 0;
    }
    std::array<unsigned char, 16> bytes{};
    static_assert(std::tuple_size_v<decltype(block_)> % bytes.size() == 0, "a block holds whole values only");
    auto* const taken = block_.data() + used_;
    std::copy_n(taken, bytes.size(), bytes.begin());
    std::fill_n(taken, bytes.size(), static_cast<unsigned char>(0));
    used_ += bytes.size();
    return uuid_of(bytes);
}

}  // namespace granary
