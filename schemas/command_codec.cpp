// Walks the closed sets of commands: a new one is taken along without a word here.
#include "schemas/command_codec.hpp"

#include <optional>
#include <utility>

#include "schemas/access_tables.h"
#include "schemas/catalog_tables.h"
#include "schemas/customer_erasure_tables.h"
#include "schemas/customers_tables.h"
#include "schemas/delivery_tables.h"
#include "schemas/inventory_tables.h"
#include "schemas/invoices_tables.h"
#include "schemas/order_fulfilment_tables.h"
#include "schemas/orders_tables.h"
#include "schemas/payments_tables.h"
#include "schemas/table_codec.hpp"

namespace granary {
namespace {

using Found = std::optional<Result<Command>>;

template <class Context, std::size_t Index = 0>
Found decode_in(std::string_view name, std::string_view payload) {
    if constexpr (Index < std::variant_size_v<typename Context::Alternatives>) {
        using Native = std::variant_alternative_t<Index, typename Context::Alternatives>;
        if (name_of(Context(Native())) != name) return decode_in<Context, Index + 1>(name, payload);
        auto value = read_table<typename Native::TableType>(payload);
        if (!value) return std::unexpected(std::move(value.error()));
        return Result<Command>(Context(std::move(*value)));
    } else {
        return std::nullopt;
    }
}

template <std::size_t Index = 0>
Result<Command> decode_any(std::string_view name, std::string_view payload) {
    if constexpr (Index < std::variant_size_v<Command::Alternatives>) {
        if (auto found = decode_in<std::variant_alternative_t<Index, Command::Alternatives>>(name, payload)) return std::move(*found);
        return decode_any<Index + 1>(name, payload);
    } else {
        return fault(FaultCode::unsupported, "this build knows no command of that name; upgrade this node");
    }
}

}  // namespace

std::string encode_payload(const Command& command) {
    return std::visit([](const auto& context) { return std::visit([](const auto& value) { return write_table(value); }, context); }, command);
}

Result<Command> decode_command(std::string_view name, std::string_view payload) { return decode_any(name, payload); }

}  // namespace granary
