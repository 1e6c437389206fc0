// Exports of personal data.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void export_rows(const CallPtr& call);  // the view in the path

}  // namespace granary::gateway
