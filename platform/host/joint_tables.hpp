// Tables of a derived store that are folded together: what one of them says holds only beside the others.
#pragma once

#include <span>
#include <string_view>

#include "core/result.hpp"
#include "platform/ports/store.hpp"

namespace granary {

// All of them exist afterwards. Where some do and others don't, those that are missing were lost with a damaged file, or an older
// release did not have them: all are dropped first, so that they are folded again from the beginning.
Status create_joint_tables(ports::Store& store, std::span<const std::string_view> tables);

}  // namespace granary
