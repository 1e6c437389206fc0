// Writes and reads one FlatBuffers table; every read verifies the buffer first. For generated code only.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace granary {

// FlatBuffers reads numbers in place, so its buffers must start at a multiple of 8; bytes out of a log start anywhere.
// Copies them only when they have to be.
class AlignedBytes {
  public:
    explicit AlignedBytes(std::string_view bytes) : data_(reinterpret_cast<const std::uint8_t*>(bytes.data())), size_(bytes.size()) {
        if (reinterpret_cast<std::uintptr_t>(data_) % alignof(std::uint64_t) == 0 || bytes.empty()) return;
        copy_.resize((bytes.size() + 7) / 8);
        std::memcpy(copy_.data(), bytes.data(), bytes.size());
        data_ = reinterpret_cast<const std::uint8_t*>(copy_.data());
    }
    AlignedBytes(const AlignedBytes&) = delete;
    AlignedBytes& operator=(const AlignedBytes&) = delete;

    const std::uint8_t* data() const { return data_; }
    std::size_t size() const { return size_; }

  private:
    std::vector<std::uint64_t> copy_;
    const std::uint8_t* data_;
    std::size_t size_;
};

// True when all offsets stay inside and everything read in place is aligned. Depth and number of tables are bounded.
template <class Table>
bool verifies(const AlignedBytes& bytes) {
    if (bytes.size() < 8) return false;
    flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 32, 100'000, true);
    return verifier.VerifyBuffer<Table>(nullptr);
}

template <class Native>
std::string write_table(const Native& value) {
    flatbuffers::FlatBufferBuilder builder(512);
    builder.Finish(Native::TableType::Pack(builder, &value));
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

inline std::unexpected<Fault> not_a_table() { return fault(FaultCode::corrupt, "these bytes are not a valid message"); }

// corrupt: the bytes are not a valid buffer of this table. The bytes need no alignment.
template <class Table>
Status check_table(std::string_view bytes) {
    if (!verifies<Table>(AlignedBytes(bytes))) return not_a_table();
    return {};
}

// The same check, then the table.
template <class Table>
Result<typename Table::NativeTableType> read_table(std::string_view bytes) {
    const AlignedBytes aligned(bytes);
    if (!verifies<Table>(aligned)) return not_a_table();
    typename Table::NativeTableType value;
    flatbuffers::GetRoot<Table>(aligned.data())->UnPackTo(&value);
    return value;
}

}  // namespace granary
