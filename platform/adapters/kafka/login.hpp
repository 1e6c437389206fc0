// Which ways to log in this machine's client library is able to carry out.
#pragma once

#include <string_view>

#include "core/result.hpp"

namespace granary::kafka {

// unsupported: SCRAM with a library before 2.6.1; the message says what to use instead. docs/decisions/0042-no-scram-on-debian-12.md.
// `library`: librdkafka's number, 0x020002ff for 2.0.2.
Status check_login(std::string_view mechanism, int library, std::string_view library_name);

}  // namespace granary::kafka
