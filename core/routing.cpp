// murmur2 as org.apache.kafka.common.utils.Utils defines it.
#include "core/routing.hpp"

#include "core/check.hpp"

namespace granary {
namespace {

std::uint32_t murmur2(std::string_view key) {
    constexpr std::uint32_t m = 0x5bd1e995;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(key[i])); };
    std::uint32_t h = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
    const std::size_t whole = key.size() / 4 * 4;
    for (std::size_t i = 0; i < whole; i += 4) {
        std::uint32_t k = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
        k *= m;
        k ^= k >> 24;
        h = h * m ^ k * m;
    }
    for (std::size_t i = key.size(); i-- > whole;) h ^= byte(i) << 8 * (i - whole);
    if (whole != key.size()) h *= m;
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

}  // namespace

Partition partition_of(std::string_view routing_key, std::uint32_t partition_count) {
    GRANARY_CHECK(partition_count > 0);
    return {(murmur2(routing_key) & 0x7FFF'FFFFU) % partition_count};
}

}  // namespace granary
