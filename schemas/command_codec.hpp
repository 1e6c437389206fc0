// Commands as bytes, for the way from one node to another. They are never stored.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "schemas/messages.hpp"

namespace granary {

// The FlatBuffer of the command's own table; name_of(command) says which one it is.
std::string encode_payload(const Command& command);
// unsupported: this build knows no command of that name; corrupt: the payload does not verify.
Result<Command> decode_command(std::string_view name, std::string_view payload);

}  // namespace granary
