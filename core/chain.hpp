// The chain rule: a record counts if, and only if, it extends the chain of its partition (docs/architecture.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/digest.hpp"
#include "core/position.hpp"

namespace granary::chain {

// The frozen header that opens every record, little-endian, 44 bytes:
//   magic "GRNY" (4) · format (1) · zero (3) · prev (32) · body length (4), then exactly that many bytes of body.
// The rule looks at nothing else, so it never depends on a schema version.
constexpr std::size_t header_bytes = 44;
constexpr std::uint8_t format = 1;

struct Header {
    Digest prev;
    std::uint32_t body_bytes = 0;
};

// nullopt when the bytes are no well-formed record: wrong magic, unknown format, nonzero padding, wrong length.
std::optional<Header> parse_header(std::string_view record);
// The body of a record that parse_header accepted.
std::string_view body_of(std::string_view record);
// Header and body in one allocation.
std::string make_record(const Digest& prev, std::string_view body);

// `prev` of a partition's first record: SHA-256 of a label, the log's id and the partition's number.
Digest genesis(Uuid log_id, Partition partition);

enum class Verdict {
    accepted,   // it extends the chain; head is now its hash
    void_record,  // well-formed, but extends something else: a lost race, a fenced writer or a duplicate
    malformed,  // not a record at all
};

// What a reader knows of one partition: 32 bytes. `accept` moves the head only when the verdict is accepted.
struct Head {
    Digest hash;

    Verdict accept(std::string_view record);
};

}  // namespace granary::chain
