// The tables of settings that topics must have by their use, and the administration calls that set and read them.
#include "platform/adapters/kafka/topic_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <thread>

#include "core/privacy_limits.hpp"
#include "platform/adapters/kafka/errors.hpp"

namespace granary::kafka {
namespace {

using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Destroyer<rd_kafka_AdminOptions_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroyer<rd_kafka_event_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<rd_kafka_NewTopic_destroy>>;
using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, Destroyer<rd_kafka_ConfigResource_destroy>>;
using Found = std::map<std::string, std::string>;

constexpr int replicas_needed = 3;
constexpr std::size_t batch_overhead_bytes = 64 * 1024;
constexpr std::size_t message_bytes_needed = limits::record_bytes_max + batch_overhead_bytes;

enum class Rule { equal, at_least, at_most };

struct Wanted {
    const char* name;
    Rule rule;
    std::string value;
    bool excused_by_single_broker;
    const char* why;
};

// Whoever reads events decides how long they are to be kept.
std::vector<Wanted> wanted_of_events() {
    return {
        {"cleanup.policy", Rule::equal, "delete", false, "compaction would take events out"},
        {"unclean.leader.election.enable", Rule::equal, "false", false, "a leader that lags behind would drop acknowledged events"},
        {"min.insync.replicas", Rule::at_least, "2", true, "an acknowledged event must be on two brokers"},
        {"max.message.bytes", Rule::at_least, std::to_string(limits::integration_event_bytes_max + batch_overhead_bytes), false, "the largest event must fit"},
    };
}

// A destroyed key leaves the brokers' files by compaction, once its segment is closed.
std::vector<Wanted> wanted_of_keys() {
    const std::string roll_max = std::to_string(milliseconds_of(limits::key_topic_roll_max));
    return {
        {"cleanup.policy", Rule::equal, "compact", false, "keys are kept until they are destroyed, and gone afterwards"},
        {"max.compaction.lag.ms", Rule::at_most, roll_max, false, "a destroyed key must leave the brokers' files"},
        {"segment.ms", Rule::at_most, roll_max, false, "a destroyed key must leave the brokers' files"},
        {"min.compaction.lag.ms", Rule::at_most, roll_max, false, "a destroyed key must leave the brokers' files"},
        {"unclean.leader.election.enable", Rule::equal, "false", false, "a leader that lags behind would drop keys that data is sealed under"},
        {"min.insync.replicas", Rule::at_least, "2", true, "a key that data is sealed under must be on two brokers"},
    };
}

std::vector<Wanted> wanted_settings(TopicUse use) {
    if (use == TopicUse::events) return wanted_of_events();
    if (use == TopicUse::keys) return wanted_of_keys();
    return {
        {"cleanup.policy", Rule::equal, "delete", false, "compaction would take records out of the chain"},
        {"retention.ms", Rule::equal, "-1", false, "the log is the only source of truth and is kept for ever"},
        {"retention.bytes", Rule::equal, "-1", false, "the log is the only source of truth and is kept for ever"},
        {"unclean.leader.election.enable", Rule::equal, "false", false, "a leader that lags behind would drop acknowledged records"},
        {"min.insync.replicas", Rule::at_least, "2", true, "an acknowledged record must be on two brokers"},
        {"max.message.bytes", Rule::at_least, std::to_string(message_bytes_needed), false, "the largest commit must fit"},
    };
}

std::string alter_command(const LogOptions& options, const std::string& topic, const Wanted& wanted) {
    return "kafka-configs.sh --bootstrap-server " + options.brokers + " --alter --entity-type topics --entity-name " + topic + " --add-config " + wanted.name + "=" + wanted.value;
}

const char* words_of(Rule rule) {
    switch (rule) {
        case Rule::equal: return "";
        case Rule::at_least: return "at least ";
        case Rule::at_most: return "at most ";
    }
    return "";
}

bool satisfies(const Wanted& wanted, const std::string& value) {
    if (wanted.rule == Rule::equal) return value == wanted.value;
    const auto number = [](std::string_view text) {
        std::int64_t parsed = -1;
        std::from_chars(text.data(), text.data() + text.size(), parsed);
        return parsed;
    };
    return wanted.rule == Rule::at_least ? number(value) >= number(wanted.value) : number(value) >= 0 && number(value) <= number(wanted.value);
}

AdminOptions admin_options(rd_kafka_t* client, rd_kafka_admin_op_t operation, Duration deadline) {
    AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
    std::array<char, 256> why{};
    const int timeout = milliseconds_of(deadline);
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, why.data(), why.size());
    if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS) rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout, why.data(), why.size());
    return options;
}

// The client library ends the request by itself; twice its time means that even that did not happen.
Result<Event> wait_for(rd_kafka_queue_t* queue, const std::string& what, Duration deadline) {
    Event event(rd_kafka_queue_poll(queue, 2 * milliseconds_of(deadline)));
    if (!event) return fault(FaultCode::timed_out, what + ": the brokers don't answer");
    if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(error, what));
    return event;
}

struct Census {
    int brokers = 0;
    int replicas_min = 0;  // of the partition that has the fewest; 0: this broker does not know the topic
};

Result<Census> census_of(rd_kafka_t* client, const std::string& topic) {
    auto handle = open_topic(client, topic);
    if (!handle) return std::unexpected(std::move(handle.error()));
    const rd_kafka_metadata_t* raw = nullptr;
    const auto error = rd_kafka_metadata(client, 0, handle->get(), &raw, milliseconds_of(limits::kafka_request_timeout));
    const Metadata metadata(raw);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(error, "the brokers don't answer"));
    Census census{metadata->broker_cnt, 0};
    if (metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 0) {
        const auto* partitions = metadata->topics[0].partitions;
        census.replicas_min = std::min_element(partitions, partitions + metadata->topics[0].partition_cnt, [](const auto& a, const auto& b) {
                                  return a.replica_cnt < b.replica_cnt;
                              })->replica_cnt;
    }
    return census;
}

// A broker may hear a little late of a topic that another has just made. One that stands still keeps its question for as long as it
// may: each try is cut short, and the next one goes to whoever answers.
template <class Ask>
auto patiently(Ask ask) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(limits::kafka_open_deadline.us);
    auto answer = ask();
    while (!answer && answer.error().retryable() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds_of(limits::kafka_retry)));
        answer = ask();
    }
    return answer;
}

// One line per setting that is not as it has to be.
struct Complaints {
    std::string refused;
    std::string excused;

    void add(bool excuse, const std::string& text) { (excuse ? excused : refused) += (excuse ? excused : refused).empty() ? text : "\n" + text; }
};

Complaints complaints_about(const LogOptions& options, const std::string& topic, TopicUse use, const Found& found, int replicas) {
    Complaints complaints;
    if (replicas < replicas_needed) {
        complaints.add(options.allow_single_broker, "the replication factor of the topic " + topic + " is " + std::to_string(replicas) + " and must be at least " +
                                                        std::to_string(replicas_needed) + " (one broker may be lost while another is down): " +
                                                        "kafka-reassign-partitions.sh --bootstrap-server " + options.brokers + " --reassignment-json-file FILE --execute");
    }
    for (const auto& wanted : wanted_settings(use)) {
        const auto entry = found.find(wanted.name);
        const std::string value = entry == found.end() ? "(unknown)" : entry->second;
        if (satisfies(wanted, value)) continue;
        complaints.add(options.allow_single_broker && wanted.excused_by_single_broker,
                       std::string(wanted.name) + " of the topic " + topic + " is " + value + " and must be " + words_of(wanted.rule) + wanted.value + " (" +
                           wanted.why + "): " + alter_command(options, topic, wanted));
    }
    return complaints;
}

Result<int> replicas_for(rd_kafka_t* client, const LogOptions& options, const std::string& topic) {
    const auto census = patiently([&] { return census_of(client, topic); });
    if (!census) return std::unexpected(census.error());
    if (census->brokers < replicas_needed && !options.allow_single_broker) {
        return fault(FaultCode::invalid_argument, "the topic " + topic + " needs " + std::to_string(replicas_needed) + " brokers and " + options.brokers + " has " + std::to_string(census->brokers) +
                                                      "; for development, --allow-single-broker makes do with fewer");
    }
    return std::min(replicas_needed, census->brokers);
}

Result<Found> ask_settings(rd_kafka_t* client, const std::string& topic) {
    const std::string what = "the settings of the topic " + topic + " can't be read";
    const Queue queue(rd_kafka_queue_new(client));
    const auto options = admin_options(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, limits::kafka_request_timeout);
    const ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    rd_kafka_ConfigResource_t* asked = resource.get();
    rd_kafka_DescribeConfigs(client, &asked, 1, options.get(), queue.get());
    const auto event = wait_for(queue.get(), what, limits::kafka_request_timeout);
    if (!event) return std::unexpected(event.error());
    std::size_t count = 0;
    const auto* const* resources = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
    if (count != 1) return fault(FaultCode::unavailable, what);
    if (const auto error = rd_kafka_ConfigResource_error(resources[0]); error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(error, what));
    Found found;
    const auto* const* entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (std::size_t i = 0; i < count; ++i) {
        const char* value = rd_kafka_ConfigEntry_value(entries[i]);
        found[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
    }
    return found;
}

}  // namespace

Result<std::map<std::string, std::string>> settings_of(rd_kafka_t* client, const std::string& topic) {
    return patiently([&] { return ask_settings(client, topic); });
}

Status create_topic(rd_kafka_t* client, const LogOptions& options, const std::string& topic, std::uint32_t partitions, TopicUse use) {
    const std::string what = "the topic " + topic + " can't be made";
    const auto replicas = replicas_for(client, options, topic);
    if (!replicas) return std::unexpected(replicas.error());
    std::array<char, 512> why{};
    const NewTopic wanted(rd_kafka_NewTopic_new(topic.c_str(), static_cast<int>(partitions), *replicas, why.data(), why.size()));
    if (!wanted) return fault(FaultCode::invalid_argument, what + ": " + why.data());
    for (const auto& setting : wanted_settings(use)) {
        const bool too_few = setting.excused_by_single_broker && *replicas < replicas_needed;
        rd_kafka_NewTopic_set_config(wanted.get(), setting.name, too_few ? "1" : setting.value.c_str());
    }
    const Queue queue(rd_kafka_queue_new(client));
    const auto admin = admin_options(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, limits::kafka_open_deadline);
    rd_kafka_NewTopic_t* asked = wanted.get();
    rd_kafka_CreateTopics(client, &asked, 1, admin.get(), queue.get());
    const auto event = wait_for(queue.get(), what, limits::kafka_open_deadline);
    if (!event) return std::unexpected(event.error());
    std::size_t count = 0;
    const auto* const* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
    if (count != 1) return fault(FaultCode::unavailable, what);
    const auto error = rd_kafka_topic_result_error(results[0]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return fault(FaultCode::conflict, "there is a topic " + topic + " already");
    const char* words = rd_kafka_topic_result_error_string(results[0]);
    Fault found = fault_of(error, what);
    if (words != nullptr) found.message += std::string(": ") + words;
    return std::unexpected(std::move(found));
}

Status check_topic(rd_kafka_t* client, const LogOptions& options, const std::string& topic, TopicUse use) {
    const auto found = settings_of(client, topic);
    if (!found) return std::unexpected(found.error());
    const auto replicas = patiently([&]() -> Result<int> {
        const auto census = census_of(client, topic);
        if (!census) return std::unexpected(census.error());
        if (census->replicas_min == 0) return fault(FaultCode::unavailable, "the brokers don't know the topic " + topic);
        return census->replicas_min;
    });
    if (!replicas) return std::unexpected(replicas.error());
    const auto complaints = complaints_about(options, topic, use, *found, *replicas);
    if (!complaints.excused.empty() && options.notice) options.notice("records can get lost, because --allow-single-broker excuses this:\n" + complaints.excused);
    if (!complaints.refused.empty()) return fault(FaultCode::invalid_argument, "acknowledged records could get lost:\n" + complaints.refused);
    return {};
}

}  // namespace granary::kafka
