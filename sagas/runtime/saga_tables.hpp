// Where a saga runner keeps what it knows: tables and keys in the store. All of it can be rebuilt from the log.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/ports/store.hpp"
#include "schemas/order_fulfilment_messages.hpp"

namespace granary::sagas::tables {

inline constexpr std::string_view instances = "saga_instances";  // partition, order -> FulfilmentState
inline constexpr std::string_view outbox = "saga_outbox";        // partition, order -> nothing: has something to ask for
inline constexpr std::string_view timers = "saga_timers";        // partition, due, order, timer -> nothing
inline constexpr std::string_view parked = "saga_parked";        // partition, order -> nothing
inline constexpr std::string_view ended = "saga_ended";          // partition, order -> EndedInstance
inline constexpr std::string_view positions = "saga_positions";  // partition -> RunnerPosition
inline constexpr std::string_view expiries = "saga_expiries";    // partition, due, reservation -> warehouse and SKU
inline constexpr std::string_view erasures = "saga_erasures";           // partition, person -> ErasureState
inline constexpr std::string_view erasure_dues = "saga_erasure_dues";   // partition, due, person -> nothing: asks for something then
inline constexpr std::string_view erased = "saga_erased";               // partition, person -> nothing
inline constexpr std::array all{instances, outbox, timers, parked, ended, positions, expiries, erasures, erasure_dues, erased};

Status create_all(ports::Store& store);

// Big-endian, so that keys of one partition stand together, and timers in the order of their due times.
std::string partition_key(Partition partition);
std::string order_key(Partition partition, OrderId order);
std::optional<OrderId> order_in(std::string_view order_key);
// The first key behind all keys that begin with this one.
std::string end_of(std::string prefix);

struct TimerKey {
    Time due;
    OrderId order;
    order_fulfilment::Timer timer = order_fulfilment::Timer::none;

    auto operator<=>(const TimerKey&) const = default;
};
std::string timer_key(Partition partition, const TimerKey& timer);
// The first key of timers due at this time or later.
std::string timers_from(Partition partition, Time due);
std::optional<TimerKey> timer_in(std::string_view key);

// A reservation made by hand, and when its time is over.
struct ExpiryKey {
    Time due;
    ReservationId reservation;

    auto operator<=>(const ExpiryKey&) const = default;
};
std::string expiry_key(Partition partition, const ExpiryKey& expiry);
std::optional<ExpiryKey> expiry_in(std::string_view key);
// `WAREHOUSE/SKU`
struct StockPlace {
    WarehouseCode warehouse;
    Sku sku;
};
std::string encode(const StockPlace& place);
// nullopt: not such a row.
std::optional<StockPlace> decode_place(std::string_view row);

std::string person_key(Partition partition, PersonId person);
std::optional<PersonId> person_in(std::string_view person_key);
struct PersonDue {
    Time due;
    PersonId person;
};
std::string person_due_key(Partition partition, Time due, PersonId person);
std::optional<PersonDue> person_due_in(std::string_view key);

struct RunnerPosition {
    ChainAnchor anchor;
    std::uint64_t live = 0;    // instances that have not ended
    std::uint64_t parked = 0;  // of them
};
std::string encode(const RunnerPosition& position);
// nullopt: not such a row.
std::optional<RunnerPosition> decode_position(std::string_view row);

}  // namespace granary::sagas::tables
