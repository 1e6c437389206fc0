// Checks events as strictly as decoding does, without unpacking them: for readers that pass over most of what they read.
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "schemas/event_key.hpp"

namespace granary {

// What decode_event would say of these bytes.
Status check_event(EventKey key, std::string_view payload);

}  // namespace granary

// Of one context each, generated.
namespace granary::orders {
Status check_event(EventKey key, std::string_view payload);
}
namespace granary::payments {
Status check_event(EventKey key, std::string_view payload);
}
namespace granary::inventory {
Status check_event(EventKey key, std::string_view payload);
}
namespace granary::delivery {
Status check_event(EventKey key, std::string_view payload);
}
namespace granary::catalog {
Status check_event(EventKey key, std::string_view payload);
}
namespace granary::customers {
Status check_event(EventKey key, std::string_view payload);
}
namespace granary::order_fulfilment {
Status check_event(EventKey key, std::string_view payload);
}
namespace granary::invoices {
Status check_event(EventKey key, std::string_view payload);
}
namespace granary::customer_erasure {
Status check_event(EventKey key, std::string_view payload);
}
namespace granary::access {
Status check_event(EventKey key, std::string_view payload);
}
