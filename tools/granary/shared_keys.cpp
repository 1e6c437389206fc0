// Which log it is, and whether anything is in it, the log says itself.
#include "tools/granary/shared_keys.hpp"

#include "platform/adapters/kafka/key_topic.hpp"
#include "platform/adapters/keys/key_replica.hpp"
#include "platform/adapters/keys/shared_key_store.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "tools/granary/data_directory.hpp"

namespace granary::cli {
namespace {

struct Log {
    Uuid id;
    bool is_empty = true;
};

Result<Log> look_at_log(const LogChoice& choice) {
    const auto log = open_log_to_read(choice, {});
    if (!log) return std::unexpected(log.error());
    const auto identity = (*log)->identity();
    Log found{identity.id, true};
    for (std::uint32_t i = 0; i < identity.partitions && found.is_empty; ++i) {
        const auto end = (*log)->end({i});
        if (!end) return std::unexpected(end.error());
        found.is_empty = end->number <= 0;
    }
    return found;
}

// Of a log whose keys were never shared: begun by whoever comes first.
Result<std::unique_ptr<ports::KeyTopic>> begin(const LogChoice& choice, ports::Random& random, Uuid log, bool derived_before) {
    const auto options = kafka_options(choice);
    if (!options) return std::unexpected(options.error());
    if (auto made = kafka::create_key_topic(*options); !made) return std::unexpected(std::move(made.error()));
    auto topic = kafka::open_key_topic(*options);
    if (!topic) return topic;
    if (auto begun = begin_shared_keys(**topic, random, log, derived_before); !begun) return std::unexpected(std::move(begun.error()));
    return topic;
}

}  // namespace

Result<std::unique_ptr<ports::KeyTopic>> open_key_topic(const LogChoice& choice) {
    const auto options = kafka_options(choice);
    if (!options) return std::unexpected(options.error());
    return kafka::open_key_topic(*options);
}

Status share_keys(const LogChoice& choice, ports::Random& random) {
    const auto log = look_at_log(choice);
    if (!log) return std::unexpected(log.error());
    const auto topic = begin(choice, random, log->id, !log->is_empty);
    return topic ? Status() : std::unexpected(topic.error());
}

Result<std::uint64_t> restore_shared_keys(const LogChoice& choice, const std::string& data, ports::Random& random) {
    rocks::StoreOptions options;
    options.path = DataDirectory{data}.keys() + "/store";
    const auto store = rocks::open_store_read_only(options);
    if (!store) return std::unexpected(store.error());
    const auto copy = KeyReplica::open_to_read(**store);
    if (!copy) return std::unexpected(copy.error());
    const auto log = look_at_log(choice);
    if (!log) return std::unexpected(log.error());
    if (log->id != copy->begun().log) return fault(FaultCode::conflict, data + " holds the keys of another log");
    const auto topic = begin(choice, random, log->id, copy->begun().derived_before);
    if (!topic) return std::unexpected(topic.error());
    memory::MemoryStore scratch;
    return restore_replica(**store, **topic, scratch, SystemClock().now());
}

}  // namespace granary::cli
