// Keys and small rows of fixed width.
#include "sagas/runtime/saga_tables.hpp"

#include <algorithm>

#include "platform/host/joint_tables.hpp"

namespace granary::sagas::tables {
namespace {

constexpr std::size_t partition_bytes = 4;
constexpr std::size_t order_bytes = 16;
constexpr std::size_t person_key_bytes = partition_bytes + 16;
constexpr std::size_t expiry_key_bytes = partition_bytes + 8 + 16;  // of erasures, too
constexpr std::size_t timer_key_bytes = partition_bytes + 8 + order_bytes + 1;
constexpr std::size_t position_bytes = 8 + 32 + 8 + 8;

template <class Unsigned>
void append(std::string& out, Unsigned value) {
    for (int shift = static_cast<int>(sizeof(Unsigned)) * 8 - 8; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xFF);
}

std::uint64_t number_in(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes.substr(0, 8)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

template <class Kind>
void append(std::string& out, Id<Kind> id) {
    append(out, id.value.hi);
    append(out, id.value.lo);
}

Uuid uuid_at(std::string_view bytes) { return {number_in(bytes), number_in(bytes.substr(8))}; }
OrderId order_at(std::string_view bytes) { return {uuid_at(bytes)}; }

}  // namespace

Status create_all(ports::Store& store) { return create_joint_tables(store, all); }

std::string partition_key(Partition partition) {
    std::string key;
    append(key, partition.number);
    return key;
}

std::string order_key(Partition partition, OrderId order) {
    auto key = partition_key(partition);
    append(key, order);
    return key;
}

std::optional<OrderId> order_in(std::string_view key) {
    if (key.size() != partition_bytes + order_bytes) return std::nullopt;
    return order_at(key.substr(partition_bytes));
}

std::string end_of(std::string prefix) {
    while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
    if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

std::string timer_key(Partition partition, const TimerKey& timer) {
    auto key = timers_from(partition, timer.due);
    append(key, timer.order);
    key += static_cast<char>(timer.timer);
    return key;
}

std::string timers_from(Partition partition, Time due) {
    auto key = partition_key(partition);
    append(key, static_cast<std::uint64_t>(due.unix_us));
    return key;
}

std::optional<TimerKey> timer_in(std::string_view key) {
    if (key.size() != timer_key_bytes) return std::nullopt;
    key.remove_prefix(partition_bytes);
    return TimerKey{{static_cast<std::int64_t>(number_in(key))}, order_at(key.substr(8)), static_cast<order_fulfilment::Timer>(key.back())};
}

std::string expiry_key(Partition partition, const ExpiryKey& expiry) {
    auto key = timers_from(partition, expiry.due);
    append(key, expiry.reservation);
    return key;
}

std::optional<ExpiryKey> expiry_in(std::string_view key) {
    if (key.size() != expiry_key_bytes) return std::nullopt;
    key.remove_prefix(partition_bytes);
    return ExpiryKey{{static_cast<std::int64_t>(number_in(key))}, {uuid_at(key.substr(8))}};
}

std::string encode(const StockPlace& place) { return std::string(place.warehouse.view()) + "/" + std::string(place.sku.view()); }

std::optional<StockPlace> decode_place(std::string_view row) {
    const auto slash = row.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto warehouse = WarehouseCode::parse(row.substr(0, slash));
    const auto sku = Sku::parse(row.substr(slash + 1));
    if (!warehouse || !sku) return std::nullopt;
    return StockPlace{*warehouse, *sku};
}

std::string person_key(Partition partition, PersonId person) {
    auto key = partition_key(partition);
    append(key, person);
    return key;
}

std::optional<PersonId> person_in(std::string_view key) {
    if (key.size() != person_key_bytes) return std::nullopt;
    return PersonId{uuid_at(key.substr(partition_bytes))};
}

std::string person_due_key(Partition partition, Time due, PersonId person) {
    auto key = timers_from(partition, due);
    append(key, person);
    return key;
}

std::optional<PersonDue> person_due_in(std::string_view key) {
    if (key.size() != expiry_key_bytes) return std::nullopt;
    key.remove_prefix(partition_bytes);
    return PersonDue{{static_cast<std::int64_t>(number_in(key))}, {uuid_at(key.substr(8))}};
}

std::string encode(const RunnerPosition& position) {
    std::string row;
    append(row, static_cast<std::uint64_t>(position.anchor.offset.number));
    row += position.anchor.hash.view();
    append(row, position.live);
    append(row, position.parked);
    return row;
}

std::optional<RunnerPosition> decode_position(std::string_view row) {
    if (row.size() != position_bytes) return std::nullopt;
    RunnerPosition position;
    position.anchor.offset = {static_cast<std::int64_t>(number_in(row))};
    std::copy_n(row.begin() + 8, 32, position.anchor.hash.bytes.begin());
    position.live = number_in(row.substr(40));
    position.parked = number_in(row.substr(48));
    return position;
}

}  // namespace granary::sagas::tables
