// A consumer whose partitions are paused as soon as they are assigned: of the group it wants the share and the positions only.
#include "platform/adapters/kafka/integration_broker.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "core/limits.hpp"
#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/errors.hpp"
#include "platform/adapters/kafka/batch_producer.hpp"

namespace granary::kafka {
namespace {

using Event = std::unique_ptr<rd_kafka_event_t, Destroyer<rd_kafka_event_destroy>>;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view magic = "granary 1 ";
constexpr std::size_t hex_digits = 64;
constexpr int step_ms = 50;  // then a look at whether this is being ended

Settings group_settings(const IntegrationOptions& options) {
    return {
        {"group.id", integration_group(options)},
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"session.timeout.ms", std::to_string(milliseconds_of(limits::group_session_timeout))},
        {"heartbeat.interval.ms", std::to_string(milliseconds_of(limits::group_heartbeat))},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "latest"},  // of the consumer's own reading, which is paused
        {"queued.min.messages", "1"},
        {"fetch.message.max.bytes", "1024"},
    };
}

std::unexpected<Fault> ended() { return fault(FaultCode::unavailable, "publishing is being ended"); }

class KafkaIntegrationBroker final : public ports::IntegrationBroker {
  public:
    explicit KafkaIntegrationBroker(IntegrationOptions options) : options_(std::move(options)), producer_(options_.log, cancelled_) {}
    ~KafkaIntegrationBroker() override { leave(); }
    KafkaIntegrationBroker(const KafkaIntegrationBroker&) = delete;
    KafkaIntegrationBroker& operator=(const KafkaIntegrationBroker&) = delete;

    Status open();
    Result<ports::ShareChanges> poll(Duration patience) override;
    Status publish(std::vector<ports::OutgoingEvent> events, Duration patience) override;
    Status keep(std::span<const ports::KeptPosition> positions, Duration patience) override;
    void leave() override;
    void cancel() override { cancelled_ = true; }

  private:
    static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions, void* hooks);
    void change_share(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t& partitions);
    Status join();
    void serve(Duration patience);
    Status ask_positions(ports::ShareChanges& changes);
    Positions list_of(const std::set<Partition>& partitions) const;

    const IntegrationOptions options_;
    std::atomic<bool> cancelled_{false};
    BatchProducer producer_;
    ClientHooks hooks_;
    Client client_;  // null once it has left
    bool joined_ = false;
    std::set<Partition> share_;    // with a position that was told
    std::set<Partition> fresh_;    // assigned; its position is to be asked for
    std::vector<Partition> gone_;  // not told yet
    std::optional<Fault> refused_;  // what the library said of the group, once
};

Status KafkaIntegrationBroker::open() {
    hooks_.owner = this;
    hooks_.rebalanced = rebalanced;
    auto client = make_client(RD_KAFKA_CONSUMER, options_.log, hooks_, group_settings(options_));
    if (!client) return std::unexpected(std::move(client.error()));
    client_ = std::move(*client);
    rd_kafka_poll_set_consumer(client_.get());
    return {};
}

Status KafkaIntegrationBroker::join() {
    const Positions topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), options_.log.topic.c_str(), RD_KAFKA_PARTITION_UA);
    const auto error = rd_kafka_subscribe(client_.get(), topics.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(error, "the group " + integration_group(options_) + " can't be joined"));
    joined_ = true;
    return {};
}

// -- the share ------------------------------------------------------------------------------------------------------------

Result<ports::ShareChanges> KafkaIntegrationBroker::poll(Duration patience) {
    if (cancelled_ || !client_) return ended();
    if (!joined_) {
        if (auto done = join(); !done) return std::unexpected(std::move(done.error()));
    }
    serve(patience);
    if (refused_) return std::unexpected(*std::exchange(refused_, {}));
    ports::ShareChanges changes;
    if (!fresh_.empty()) {
        // Not known yet is asked again; what is gone must be told all the same.
        auto asked = ask_positions(changes);
        if (!asked && gone_.empty()) return std::unexpected(std::move(asked.error()));
    }
    changes.gone = std::exchange(gone_, {});
    return changes;
}

// Paused partitions yield nothing but errors. Mostly the library joins again by itself; what no retry helps against it tells once.
void KafkaIntegrationBroker::serve(Duration patience) {
    const auto deadline = SteadyClock::now() + std::chrono::microseconds(patience.us);
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
        if (const Message message{rd_kafka_consumer_poll(client_.get(), static_cast<int>(std::clamp<std::int64_t>(left, 0, step_ms)))}) {
            if (meaning_of(message->err) == Meaning::halt) refused_ = fault_of(message->err, "the group of those who publish integration events can't be joined");
        }
        if (cancelled_ || refused_ || !fresh_.empty() || !gone_.empty() || SteadyClock::now() >= deadline) return;
    }
}

void KafkaIntegrationBroker::rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions, void* hooks) {
    auto& self = *static_cast<KafkaIntegrationBroker*>(static_cast<ClientHooks*>(hooks)->owner);
    const bool assigning = error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    rd_kafka_error_t* failed = assigning ? rd_kafka_incremental_assign(client, partitions) : rd_kafka_incremental_unassign(client, partitions);
    if (failed != nullptr) {
        if (self.options_.log.notice) self.options_.log.notice(std::string("kafka: the share of integration events can't be changed: ") + rd_kafka_error_string(failed));
        rd_kafka_error_destroy(failed);
    }
    if (assigning) static_cast<void>(rd_kafka_pause_partitions(client, partitions));
    self.change_share(error, *partitions);
}

void KafkaIntegrationBroker::change_share(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t& partitions) {
    for (int i = 0; i < partitions.cnt; ++i) {
        const Partition partition{static_cast<std::uint32_t>(partitions.elems[i].partition)};
        if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
            fresh_.insert(partition);
            continue;
        }
        fresh_.erase(partition);
        if (share_.erase(partition) > 0) gone_.push_back(partition);
    }
}

Positions KafkaIntegrationBroker::list_of(const std::set<Partition>& partitions) const {
    Positions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
    for (const auto partition : partitions) rd_kafka_topic_partition_list_add(list.get(), options_.log.topic.c_str(), static_cast<std::int32_t>(partition.number));
    return list;
}

Status KafkaIntegrationBroker::ask_positions(ports::ShareChanges& changes) {
    const auto list = list_of(fresh_);
    const auto error = rd_kafka_committed(client_.get(), list.get(), milliseconds_of(limits::integration_keep_deadline));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(error, "the group does not say how far events were published"));
    for (int i = 0; i < list->cnt; ++i) {
        const auto& found = list->elems[i];
        if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(found.err, "the group does not say how far events were published"));
        const Partition partition{static_cast<std::uint32_t>(found.partition)};
        ports::AssignedPartition came{partition, std::nullopt};
        const std::string_view text(static_cast<const char*>(found.metadata), found.metadata == nullptr ? 0 : found.metadata_size);
        if (found.offset >= 0) came.kept = parse_position_text({found.offset}, text);
        changes.came.push_back(std::move(came));
    }
    share_.merge(fresh_);
    fresh_.clear();
    return {};
}

// -- publishing and keeping ---------------------------------------------------------------------------------------------------

Status KafkaIntegrationBroker::publish(std::vector<ports::OutgoingEvent> events, Duration patience) {
    if (cancelled_ || !client_) return ended();
    std::vector<OutgoingRecord> records;
    for (const auto& event : events) records.push_back({options_.prefix + event.topic, event.key, event.body, event.headers});
    return producer_.publish(records, patience, "integration events");
}

Status KafkaIntegrationBroker::keep(std::span<const ports::KeptPosition> positions, Duration patience) {
    if (cancelled_ || !client_) return ended();
    const Positions list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
    for (const auto& kept : positions) {
        if (!share_.contains(kept.partition)) return fault(FaultCode::conflict, "another member publishes partition " + std::to_string(kept.partition.number) + " now");
        auto* one = rd_kafka_topic_partition_list_add(list.get(), options_.log.topic.c_str(), static_cast<std::int32_t>(kept.partition.number));
        one->offset = kept.position.next.number;
        const std::string text = text_of_position(kept.position);
        one->metadata = ::strdup(text.c_str());  // freed with the list
        one->metadata_size = one->metadata == nullptr ? 0 : text.size();
    }
    const Queue queue(rd_kafka_queue_new(client_.get()));
    const auto refused = rd_kafka_commit_queue(client_.get(), list.get(), queue.get(), nullptr, nullptr);
    if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(refused, "the positions of integration events can't be kept"));
    const auto deadline = SteadyClock::now() + std::chrono::microseconds(patience.us);
    Event event;
    while (!event && !cancelled_ && SteadyClock::now() < deadline) event.reset(rd_kafka_queue_poll(queue.get(), step_ms));
    if (!event) return fault(FaultCode::timed_out, "the group did not say whether it keeps the positions of integration events");
    auto error = rd_kafka_event_error(event.get());
    const auto* answered = rd_kafka_event_topic_partition_list(event.get());
    for (int i = 0; error == RD_KAFKA_RESP_ERR_NO_ERROR && answered != nullptr && i < answered->cnt; ++i) error = answered->elems[i].err;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fault(FaultCode::unavailable, fault_of(error, "the positions of integration events are not kept").message);
    return {};
}

void KafkaIntegrationBroker::leave() {
    if (!client_) return;
    hooks_.quiet = true;
    if (joined_) rd_kafka_consumer_close(client_.get());
    client_.reset();
    share_.clear();
    fresh_.clear();
    gone_.clear();
}

}  // namespace

std::string integration_group(const IntegrationOptions& options) { return options.log.topic + ".integration" + (options.prefix.empty() ? "" : "." + options.prefix); }

std::string text_of_position(const ports::PublishedUpTo& position) {
    if (position.anchor.number < 0) return {};
    return std::string(magic) + std::to_string(position.anchor.number) + " " + hex_of(position.hash);
}

ports::PublishedUpTo parse_position_text(Offset next, std::string_view text) {
    const ports::PublishedUpTo by_hand{next, {}, {}};
    if (!text.starts_with(magic) || text.size() < magic.size() + hex_digits + 2) return by_hand;
    ports::PublishedUpTo position = by_hand;
    const auto number = text.substr(magic.size(), text.size() - magic.size() - hex_digits - 1);
    if (std::from_chars(number.data(), number.data() + number.size(), position.anchor.number).ec != std::errc{}) return by_hand;
    const auto digits = text.substr(text.size() - hex_digits);
    for (std::size_t i = 0; i < position.hash.bytes.size(); ++i) {
        if (std::from_chars(digits.data() + 2 * i, digits.data() + 2 * i + 2, position.hash.bytes[i], 16).ec != std::errc{}) return by_hand;
    }
    // Written again it must be the same, to the last byte.
    return text_of_position(position) == text && position.anchor < next ? position : by_hand;
}

Result<std::unique_ptr<ports::IntegrationBroker>> make_integration_broker(const IntegrationOptions& options) {
    auto broker = std::make_unique<KafkaIntegrationBroker>(options);
    if (auto opened = broker->open(); !opened) return std::unexpected(std::move(opened.error()));
    return broker;
}

}  // namespace granary::kafka
