// Which streams live and end with an order, and share its partition.
#pragma once

#include "core/stream.hpp"

namespace granary {

constexpr bool is_of_order(StreamKind kind) {
    switch (kind) {
        case StreamKind::order:
        case StreamKind::payment:
        case StreamKind::shipment:
        case StreamKind::order_fulfilment: return true;
        case StreamKind::none:
        case StreamKind::stock:
        case StreamKind::product:
        case StreamKind::customer:
        case StreamKind::invoice:
        case StreamKind::customer_erasure:
        case StreamKind::access: return false;
    }
    return false;
}

}  // namespace granary
