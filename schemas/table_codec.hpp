// Writes and reads one FlatBuffers table; every read verifies the buffer first. For generated code only.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace granary {

template <class Native>
std::string write_table(const Native& value) {
    flatbuffers::FlatBufferBuilder builder(512);
    builder.Finish(Native::TableType::Pack(builder, &value));
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

// corrupt: the bytes are not a valid buffer of this table. The bytes need no alignment.
template <class Table>
Result<typename Table::NativeTableType> read_table(std::string_view bytes) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    flatbuffers::Verifier verifier(data, bytes.size(), 32, 100'000, false);
    if (!verifier.VerifyBuffer<Table>(nullptr)) return fault(FaultCode::corrupt, "these bytes are not a valid message");
    typename Table::NativeTableType value;
    flatbuffers::GetRoot<Table>(data)->UnPackTo(&value);
    return value;
}

}  // namespace granary
