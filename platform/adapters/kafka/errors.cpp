// The table of errors.
#include "platform/adapters/kafka/errors.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>

namespace granary::kafka {
namespace {

struct Row {
    rd_kafka_resp_err_t error;
    Meaning meaning;
};

constexpr auto table = std::to_array<Row>({
    {RD_KAFKA_RESP_ERR_NO_ERROR, Meaning::none},

    // The broker or the way to it, for now.
    {RD_KAFKA_RESP_ERR__TRANSPORT, Meaning::retry},
    {RD_KAFKA_RESP_ERR__RESOLVE, Meaning::retry},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, Meaning::retry},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, Meaning::retry},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, Meaning::retry},
    {RD_KAFKA_RESP_ERR__WAIT_CACHE, Meaning::retry},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, Meaning::retry},
    {RD_KAFKA_RESP_ERR__NODE_UPDATE, Meaning::retry},
    {RD_KAFKA_RESP_ERR__RETRY, Meaning::retry},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, Meaning::retry},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, Meaning::retry},
    {RD_KAFKA_RESP_ERR__ISR_INSUFF, Meaning::retry},
    {RD_KAFKA_RESP_ERR__PARTITION_EOF, Meaning::retry},
    {RD_KAFKA_RESP_ERR__DESTROY, Meaning::retry},
    {RD_KAFKA_RESP_ERR__UNKNOWN_BROKER, Meaning::retry},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, Meaning::retry},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Meaning::retry},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, Meaning::retry},
    {RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, Meaning::retry},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Meaning::retry},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Meaning::retry},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, Meaning::retry},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Meaning::retry},
    {RD_KAFKA_RESP_ERR_NOT_CONTROLLER, Meaning::retry},
    {RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, Meaning::retry},
    {RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, Meaning::retry},
    {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, Meaning::retry},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, Meaning::retry},
    {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, Meaning::retry},
    // A broker that has just started may not know the topic yet. One that was deleted is found out by looking at the history again.
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Meaning::retry},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Meaning::retry},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, Meaning::retry},

    // Sent, and no word of what became of it; or a producer whose sequence the brokers no longer follow.
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, Meaning::fence},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, Meaning::fence},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, Meaning::fence},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, Meaning::fence},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, Meaning::fence},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, Meaning::fence},
    {RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER, Meaning::fence},
    {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Meaning::fence},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Meaning::fence},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, Meaning::fence},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Meaning::fence},
    {RD_KAFKA_RESP_ERR__FENCED, Meaning::fence},
    {RD_KAFKA_RESP_ERR__FATAL, Meaning::fence},
    {RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE, Meaning::fence},
    {RD_KAFKA_RESP_ERR__INCONSISTENT, Meaning::fence},
    {RD_KAFKA_RESP_ERR_UNKNOWN, Meaning::fence},

    // Rights, settings, versions, damage.
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, Meaning::halt},
    {RD_KAFKA_RESP_ERR__SSL, Meaning::halt},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, Meaning::halt},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, Meaning::halt},
    {RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, Meaning::halt},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Meaning::halt},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, Meaning::halt},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Meaning::halt},
    {RD_KAFKA_RESP_ERR_SECURITY_DISABLED, Meaning::halt},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, Meaning::halt},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, Meaning::halt},
    {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, Meaning::halt},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, Meaning::halt},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, Meaning::halt},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, Meaning::halt},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, Meaning::halt},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, Meaning::halt},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, Meaning::halt},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, Meaning::halt},
    {RD_KAFKA_RESP_ERR__BAD_MSG, Meaning::halt},
    {RD_KAFKA_RESP_ERR__BAD_COMPRESSION, Meaning::halt},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, Meaning::halt},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, Meaning::halt},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, Meaning::halt},

    // One record.
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Meaning::refuse},
    {RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, Meaning::refuse},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, Meaning::refuse},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, Meaning::refuse},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, Meaning::refuse},
});

FaultCode code_of(rd_kafka_resp_err_t error) {
    switch (meaning_of(error)) {
        case Meaning::refuse: return FaultCode::invalid_argument;
        case Meaning::halt: return FaultCode::halted;
        case Meaning::fence: return FaultCode::timed_out;
        case Meaning::none:
        case Meaning::retry: break;
    }
    return error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE ? FaultCode::timed_out : FaultCode::unavailable;
}

}  // namespace

Meaning meaning_of(int error) {
    // As numbers: a code that this library does not know is no value of its enumeration.
    const auto* found = std::ranges::find(table, error, [](const Row& row) { return static_cast<int>(row.error); });
    return found == table.end() ? Meaning::fence : found->meaning;
}

Fault fault_of(int error, const std::string& what) {
    const auto code = static_cast<rd_kafka_resp_err_t>(error);
    return {code_of(code), what + ": " + rd_kafka_err2str(code) + " (" + rd_kafka_err2name(code) + ")"};
}

}  // namespace granary::kafka
