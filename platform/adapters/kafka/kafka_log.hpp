// The Kafka log: partitions of one topic, written by an idempotent producer with acks=all and no transaction anywhere; whether a
// record counts is the chain rule's matter. docs/decisions/0040-kafka-log.md says why it is built so.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/result.hpp"
#include "platform/ports/log.hpp"

namespace granary::kafka {

enum class Transport { plain, tls };

struct Security {
    Transport transport = Transport::plain;
    std::string ca_file;           // PEM; empty: the system's authorities
    std::string certificate_file;  // PEM, for brokers that want the client's certificate; empty: none
    std::string key_file;
    std::string mechanism;         // SASL: SCRAM-SHA-256, SCRAM-SHA-512 or PLAIN; empty: no SASL
    std::string user;
    std::string password;
};

// What a log's clients saw since it was opened; read by whoever watches the node.
struct LogCounters {
    std::atomic<std::uint64_t> errors{0};             // that the client library told of: connections, requests, leaders
    std::atomic<std::uint64_t> producers_dropped{0};  // because the fate of something in flight was unknown
};

struct LogOptions {
    std::string brokers;  // host:port,host:port
    std::string topic;    // the log's records; its identity is kept in the topic `<topic>.identity`
    Security security;
    // Replication below 3 and min.insync.replicas below 2 are told through `notice` at each start instead of being refused.
    bool allow_single_broker = false;
    std::size_t queue_records_max = limits::log_queue_records_max;
    std::size_t queue_bytes_max = limits::log_queue_bytes_max;
    std::size_t tail_bytes = limits::kafka_tail_bytes;
    Duration delivery_timeout = limits::kafka_delivery_timeout;
    // More settings of the client library, for operators and tests; those that correctness rests on are refused.
    std::vector<std::pair<std::string, std::string>> client_settings;
    std::shared_ptr<LogCounters> counters;  // may be null
    // Told what an operator should know, from any thread; must not call the log.
    std::function<void(std::string_view)> notice;
};

// Makes both topics, with the settings of docs/kafka.md, and writes the identity. conflict: there is a log of that name
// already; invalid_argument: nil id, bad partition count, or a topic of that name that is not an empty one with these
// partitions; unavailable or timed_out: the brokers. With a place it is a copy, which is not live.
Status create_log(const LogOptions& options, const ports::LogIdentity& identity);

// From now on the copy in this topic is live: it is complete, compared, and its original sealed for it. Logs that are open
// learn of it when they are opened again. invalid_argument: it is no copy.
Status make_live(const LogOptions& options);

// Opens the log for reading and appending; any number of processes may. not_found: no log was made there; invalid_argument:
// settings of topic or brokers under which acknowledged records could get lost, each named with its remedy; corrupt: records
// are missing at the beginning, or the identity does not fit the topic; unavailable or timed_out: the brokers.
//
// A topic that is cut, or deleted and made anew, while it is open makes its partitions' reads `corrupt` until the log is opened
// again. The destructor waits up to limits::kafka_close_deadline for what is queued, then delivers the rest as it stands.
Result<std::unique_ptr<ports::Log>> open_log(const LogOptions& options);

// As open_log without the right to append (unsupported); topic and broker settings are not checked.
Result<std::unique_ptr<ports::Log>> open_log_read_only(const LogOptions& options);

}  // namespace granary::kafka
