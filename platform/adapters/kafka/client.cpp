// Configures librdkafka's clients and asks brokers for metadata and ends.
#include "platform/adapters/kafka/client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <thread>

#include "platform/adapters/kafka/errors.hpp"
#include "platform/adapters/kafka/login.hpp"

namespace granary::kafka {
namespace {

using Configuration = std::unique_ptr<rd_kafka_conf_t, Destroyer<rd_kafka_conf_destroy>>;

// Correctness rests on these: nobody may set them otherwise.
constexpr std::array<std::string_view, 12> ours_alone = {
    "acks", "request.required.acks", "enable.idempotence", "max.in.flight", "max.in.flight.requests.per.connection", "auto.offset.reset",
    "isolation.level", "check.crcs", "bootstrap.servers", "metadata.broker.list", "transactional.id", "sasl.password"};

constexpr int syslog_warning = 4;
constexpr int ask_ms = 1000;  // then a look at why nobody answers

void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
    const auto* hooks = static_cast<const ClientHooks*>(rd_kafka_opaque(client));
    if (level > syslog_warning || hooks == nullptr || hooks->quiet || !hooks->options->notice) return;
    if (std::string_view(facility) == "CONFWARN") return;  // about settings that we chose
    hooks->options->notice("kafka: " + std::string(facility) + ": " + text);
}

// Without a callback of ours the library would write errors to stderr.
void on_error(rd_kafka_t* client, int error, const char* text, void* opaque) {
    auto* hooks = static_cast<ClientHooks*>(opaque);
    if (hooks->options->counters && !hooks->quiet) ++hooks->options->counters->errors;
    if (meaning_of(error) == Meaning::halt) hooks->refusal = error;
    if (hooks->failed != nullptr) hooks->failed(client, error, text, opaque);
}

void add_security(const Security& security, Settings& settings) {
    const bool tls = security.transport == Transport::tls;
    const bool sasl = !security.mechanism.empty();
    settings.emplace_back("security.protocol", sasl ? (tls ? "sasl_ssl" : "sasl_plaintext") : (tls ? "ssl" : "plaintext"));
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) settings.emplace_back(name, value);
    };
    if (tls) {
        add("ssl.ca.location", security.ca_file);
        add("ssl.certificate.location", security.certificate_file);
        add("ssl.key.location", security.key_file);
        add("ssl.endpoint.identification.algorithm", "https");
    }
    if (sasl) {
        add("sasl.mechanism", security.mechanism);
        add("sasl.username", security.user);
        add("sasl.password", security.password);
    }
}

Status set_all(rd_kafka_conf_t* configuration, const Settings& settings) {
    std::array<char, 512> why{};
    for (const auto& [name, value] : settings) {
        if (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK) {
            return fault(FaultCode::invalid_argument, "the Kafka client refuses its setting " + name + ": " + why.data());
        }
    }
    return {};
}

Result<Settings> common_settings(const LogOptions& options) {
    if (options.brokers.empty() || options.brokers.size() > limits::kafka_brokers_bytes_max || options.topic.empty()) {
        return fault(FaultCode::invalid_argument, "a log on Kafka needs its brokers, host:port,host:port, and a topic");
    }
    const std::string request_timeout = std::to_string(milliseconds_of(limits::kafka_request_timeout));
    Settings settings = {
        {"bootstrap.servers", options.brokers},
        {"client.id", "granary"},
        {"socket.timeout.ms", request_timeout},
        {"socket.connection.setup.timeout.ms", request_timeout},
        {"socket.nagle.disable", "true"},
        {"reconnect.backoff.ms", "50"},
        {"reconnect.backoff.max.ms", "1000"},
        {"topic.metadata.refresh.interval.ms", "30000"},
        {"log.connection.close", "false"},
    };
    add_security(options.security, settings);
    if (auto able = check_login(options.security.mechanism, rd_kafka_version(), rd_kafka_version_str()); !able) return std::unexpected(std::move(able.error()));
    for (const auto& [name, value] : options.client_settings) {
        if (name == "sasl.mechanism" || name == "sasl.mechanisms") {
            if (auto able = check_login(value, rd_kafka_version(), rd_kafka_version_str()); !able) return std::unexpected(std::move(able.error()));
        }
        if (std::ranges::find(ours_alone, name) != ours_alone.end()) return fault(FaultCode::invalid_argument, "the Kafka setting " + name + " is not for changing here");
        settings.emplace_back(name, value);
    }
    return settings;
}

// 0: none so far.
int refusal_of(rd_kafka_t* client) {
    rd_kafka_poll(client, 0);
    const auto* hooks = static_cast<const ClientHooks*>(rd_kafka_opaque(client));
    return hooks->refusal;
}

bool all_have_leaders(const rd_kafka_metadata_topic& topic) {
    for (int i = 0; i < topic.partition_cnt; ++i) {
        if (topic.partitions[i].leader < 0) return false;
    }
    return topic.partition_cnt > 0;
}

constexpr auto leader_pause = std::chrono::milliseconds(100);
constexpr auto edge_patience_first = std::chrono::milliseconds(2000);  // of the first asking, doubled with each: brokers may be slow

bool passes(rd_kafka_resp_err_t error) { return meaning_of(error) == Meaning::retry; }

bool any_passes(const rd_kafka_topic_partition_list_t& positions) {
    return std::any_of(positions.elems, positions.elems + positions.cnt, [](const auto& position) { return passes(position.err); });
}

}  // namespace

Result<Client> make_client(rd_kafka_type_t type, const LogOptions& options, ClientHooks& hooks, const Settings& settings) {
    auto common = common_settings(options);
    if (!common) return std::unexpected(std::move(common.error()));
    Configuration configuration(rd_kafka_conf_new());
    if (auto done = set_all(configuration.get(), *common); !done) return std::unexpected(std::move(done.error()));
    if (auto done = set_all(configuration.get(), settings); !done) return std::unexpected(std::move(done.error()));
    hooks.options = &options;
    rd_kafka_conf_set_opaque(configuration.get(), &hooks);
    rd_kafka_conf_set_log_cb(configuration.get(), on_log);
    if (hooks.delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(configuration.get(), hooks.delivered);
    rd_kafka_conf_set_error_cb(configuration.get(), on_error);
    if (hooks.rebalanced != nullptr) rd_kafka_conf_set_rebalance_cb(configuration.get(), hooks.rebalanced);
    std::array<char, 512> why{};
    Client client(rd_kafka_new(type, configuration.get(), why.data(), why.size()));
    if (!client) return fault(FaultCode::invalid_argument, std::string("the Kafka client can't be started: ") + why.data());
    (void)configuration.release();  // the client owns it now
    return client;
}

Result<Client> make_asker(const LogOptions& options, ClientHooks& hooks) {
    return make_client(RD_KAFKA_PRODUCER, options, hooks, {});
}

Result<Client> make_reader(const LogOptions& options, ClientHooks& hooks, const Settings& more) {
    Settings settings = {
        {"auto.offset.reset", "error"},  // an offset that is not there is news, never something to skip
        {"isolation.level", "read_uncommitted"},
        {"check.crcs", "true"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "false"},
        {"fetch.error.backoff.ms", "50"},
    };
    settings.insert(settings.end(), more.begin(), more.end());
    return make_client(RD_KAFKA_CONSUMER, options, hooks, settings);
}

Result<Topic> open_topic(rd_kafka_t* client, const std::string& name) {
    Topic topic(rd_kafka_topic_new(client, name.c_str(), nullptr));
    if (!topic) return std::unexpected(fault_of(rd_kafka_last_error(), "the topic " + name + " can't be used"));
    return topic;
}

Result<std::uint32_t> partitions_of(rd_kafka_t* client, const std::string& topic, Duration patience) {
    auto handle = open_topic(client, topic);
    if (!handle) return std::unexpected(std::move(handle.error()));
    const auto begun = std::chrono::steady_clock::now();
    for (;;) {
        const Duration waited{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun).count()};
        const int left = milliseconds_of(limits::kafka_open_deadline - waited);
        const rd_kafka_metadata_t* raw = nullptr;
        const auto error = rd_kafka_metadata(client, 0, handle->get(), &raw, std::clamp(left, 1, ask_ms));
        const Metadata metadata(raw);
        if (const int refusal = refusal_of(client); error != RD_KAFKA_RESP_ERR_NO_ERROR && refusal != 0) {
            return fault(FaultCode::invalid_argument, fault_of(refusal, "the brokers refuse this client, or it refuses them").message);
        }
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR && left > ask_ms) continue;
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(error, "the brokers don't answer"));
        if (metadata->topic_cnt != 1) return fault(FaultCode::unavailable, "the brokers say nothing of the topic " + topic);
        const auto& found = metadata->topics[0];
        if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && waited >= patience) return std::uint32_t{0};
        if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR && all_have_leaders(found)) return static_cast<std::uint32_t>(found.partition_cnt);
        if (meaning_of(found.err) == Meaning::halt) return std::unexpected(fault_of(found.err, "the topic " + topic));
        if (left <= 0) return fault(FaultCode::timed_out, "not every partition of the topic " + topic + " has a leader");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

namespace {

// Without an answer nothing changes: the next asking fails in its turn.
void learn_leaders(rd_kafka_t* client, const std::string& topic, std::chrono::steady_clock::time_point until) {
    const auto handle = open_topic(client, topic);
    if (!handle) return;
    const rd_kafka_metadata_t* raw = nullptr;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    (void)rd_kafka_metadata(client, 0, handle->get(), &raw, static_cast<int>(std::clamp<std::int64_t>(left.count(), 1, ask_ms)));
    const Metadata metadata(raw);
}

}  // namespace

Result<Positions> ask_edges(rd_kafka_t* client, const std::string& topic, const std::vector<Partition>& partitions, Edge edge, Duration deadline) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(deadline.us);
    for (auto patience = edge_patience_first;; patience *= 2) {
        Positions positions(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
        for (const auto partition : partitions) {
            auto* position = rd_kafka_topic_partition_list_add(positions.get(), topic.c_str(), static_cast<std::int32_t>(partition.number));
            position->offset = edge == Edge::end ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;  // as a time it means the edge, too
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        const auto error = rd_kafka_offsets_for_times(client, positions.get(), static_cast<int>(std::clamp<std::int64_t>(left.count(), 1, patience.count())));
        // A leader that has just moved or died is found again in a moment, and no reason for a node not to start. librdkafka
        // waits for the one that it asked: each try is cut short, and the next one begins with who leads now.
        if ((passes(error) || any_passes(*positions)) && std::chrono::steady_clock::now() + leader_pause < until) {
            std::this_thread::sleep_for(leader_pause);
            learn_leaders(client, topic, until);
            continue;
        }
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(error, "the leaders of the topic " + topic + " don't say where it ends"));
        return positions;
    }
}

}  // namespace granary::kafka
