// Owners of librdkafka's handles, and the one place where its clients are configured.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/adapters/kafka/kafka_log.hpp"

namespace granary::kafka {

template <auto Destroy>
struct Destroyer {
    template <class T>
    void operator()(T* handle) const {
        Destroy(handle);
    }
};

using Client = std::unique_ptr<rd_kafka_t, Destroyer<rd_kafka_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroyer<rd_kafka_topic_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroyer<rd_kafka_queue_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Destroyer<rd_kafka_message_destroy>>;
using Positions = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroyer<rd_kafka_topic_partition_list_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Destroyer<rd_kafka_metadata_destroy>>;

using Settings = std::vector<std::pair<std::string, std::string>>;

// What a client calls back into, from inside rd_kafka_poll; `owner` comes back as the opaque pointer. It and the options must
// outlive the client.
struct ClientHooks {
    const LogOptions* options = nullptr;
    void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;  // handed this struct as its opaque pointer
    void (*failed)(rd_kafka_t*, int, const char*, void*) = nullptr;              // likewise
    void (*rebalanced)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*) = nullptr;  // likewise
    void* owner = nullptr;
    std::atomic<int> refusal{0};     // the last error that no retry helps against: rights, passwords, certificates
    std::atomic<bool> quiet{false};  // what the library says of a client that is being dropped is no news
};

// invalid_argument when a setting is wrong or is not the operator's to make.
Result<Client> make_client(rd_kafka_type_t type, const LogOptions& options, ClientHooks& hooks, const Settings& settings);
// Of a client that only asks: metadata, ends, administration.
Result<Client> make_asker(const LogOptions& options, ClientHooks& hooks);
// Of a client that reads partitions through the simple consumer API: no group, no stored offsets.
Result<Client> make_reader(const LogOptions& options, ClientHooks& hooks, const Settings& more);
Result<Topic> open_topic(rd_kafka_t* client, const std::string& name);

inline int milliseconds_of(Duration duration) { return static_cast<int>(duration.us / 1000); }

// Partition count once every partition has a leader; 0: there is no such topic, and none came within `patience` (a broker may
// hear a little late of a topic that another has just made).
Result<std::uint32_t> partitions_of(rd_kafka_t* client, const std::string& topic, Duration patience);

// The end (one past the last record below the high watermark) or the beginning of these partitions, as their leaders say.
// The answer's errors stand in the list; the result's is that of the whole call.
enum class Edge { beginning, end };
Result<Positions> ask_edges(rd_kafka_t* client, const std::string& topic, const std::vector<Partition>& partitions, Edge edge, Duration deadline);

}  // namespace granary::kafka
