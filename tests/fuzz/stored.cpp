// Fuzzes what is read back from local disk and from other nodes: checkpoints, states, rows, batches of commands.
// Input: one byte that says what it is, then its bytes.
#include "command-side/runtime/checkpoint.hpp"
#include "core/check.hpp"
#include "platform/host/cluster/command_wire.hpp"
#include "query-side/read_models/rows_messages.hpp"
#include "sagas/processes/order_fulfilment_state_messages.hpp"
#include "schemas/messages.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace granary;

// Reads it, and what is written back is the same.
template <class Decode>
void round_trip(Decode decode, std::string_view bytes) {
    const auto value = decode(bytes);
    if (!value) return;
    const auto written = encode(*value);
    const auto again = decode(written);
    GRANARY_CHECK(again.has_value() && encode(*again) == written);
}

void read_state(std::uint8_t which, std::string_view bytes) {
    switch (which % 9) {
        case 0: return round_trip(orders::decode_order_state, bytes);
        case 1: return round_trip(payments::decode_payment_state, bytes);
        case 2: return round_trip(inventory::decode_stock_state, bytes);
        case 3: return round_trip(inventory::decode_reservation, bytes);
        case 4: return round_trip(delivery::decode_shipment_state, bytes);
        case 5: return round_trip(catalog::decode_product_state, bytes);
        case 6: return round_trip(customers::decode_customer_state, bytes);
        case 7: return round_trip(sagas::decode_fulfilment_state, bytes);
        default: return round_trip(sagas::decode_ended_instance, bytes);
    }
}

void read_row(std::uint8_t which, std::string_view bytes) {
    switch (which % 5) {
        case 0: return round_trip(read_models::decode_order_row, bytes);
        case 1: return round_trip(read_models::decode_payment_row, bytes);
        case 2: return round_trip(read_models::decode_stock_row, bytes);
        case 3: return round_trip(read_models::decode_timeline_row, bytes);
        default: return round_trip(read_models::decode_sales_totals_row, bytes);
    }
}

void read_wire(std::uint8_t which, std::string_view bytes) {
    if (which % 2 == 0) {
        const auto batch = decode_command_batch(bytes);
        if (!batch) return;
        for (const auto& call : batch->calls) {
            if (const auto request = request_of(*call)) (void)call_of(*request);
        }
        return;
    }
    const auto replies = decode_reply_batch(bytes);
    if (!replies) return;
    for (const auto& reply : replies->replies) {
        if (const auto answer = answer_of(*reply)) (void)reply_of(*answer);
    }
}

void read_checkpoint(std::uint8_t which, std::string_view bytes) {
    using namespace command_side;
    if (which % 4 == 0) {
        // Releases before the level of the format wrote none, at the end.
        if (const auto read = decode_checkpoint(bytes)) GRANARY_CHECK(encode_checkpoint(*read).starts_with(bytes));
    } else if (which % 4 == 1) {
        if (const auto read = decode_remembered(bytes)) GRANARY_CHECK(encode_remembered(*read) == bytes);
    } else if (which % 4 == 2) {
        if (const auto read = decode_aggregate(bytes)) GRANARY_CHECK(encode_aggregate(read->version, read->state) == bytes);
    } else {
        if (const auto read = decode_stream_position(bytes)) GRANARY_CHECK(encode_stream_position(*read) == bytes);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    granary::fuzz::Input input(data, size);
    const auto choice = input.byte();
    const auto which = static_cast<std::uint8_t>(choice >> 2);
    switch (choice & 3) {
        case 0: read_state(which, input.rest()); break;
        case 1: read_row(which, input.rest()); break;
        case 2: read_wire(which, input.rest()); break;
        default: read_checkpoint(which, input.rest()); break;
    }
    return 0;
}
