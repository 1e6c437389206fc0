// Finds which record of a damaged block was changed, by the hashes that records carry of one another.
#pragma once

#include <cstddef>
#include <span>

#include "platform/ports/log.hpp"

namespace granary::rocks {

// Of consecutive records from bytes whose checksum is wrong: how many from the first on are as they were written, because a
// later one carries their hash, or the next one carries it but for a few bits. The record behind those is the suspect.
std::size_t sound_prefix(std::span<const ports::LogRecord> records);

}  // namespace granary::rocks
