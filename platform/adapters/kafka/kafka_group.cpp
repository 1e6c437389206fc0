// One consumer whose partitions are paused as soon as they are assigned.
#include "platform/adapters/kafka/kafka_group.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <utility>

#include "core/check.hpp"
#include "core/limits.hpp"
#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/errors.hpp"

namespace granary::kafka {
namespace {

constexpr int poll_ms = 50;

class KafkaGroup final : public ports::Membership {
  public:
    KafkaGroup(LogOptions options, std::string node) : options_(std::move(options)), node_(std::move(node)) {}
    ~KafkaGroup() override { leave(); }

    Status open();
    void join(std::function<void(const ports::Suggestion&)> told) override;
    void leave() override;
    std::vector<std::string> peers() const override { return {}; }

  private:
    static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions, void* opaque);
    void assigned(const rd_kafka_topic_partition_list_t& partitions);
    void revoked(const rd_kafka_topic_partition_list_t& partitions, bool lost);
    void tell(bool member);
    void run();

    const LogOptions options_;
    const std::string node_;
    ClientHooks hooks_;
    Client client_;
    std::function<void(const ports::Suggestion&)> told_;
    std::set<Partition> partitions_;  // of the thread
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

void note(const LogOptions& options, rd_kafka_error_t* error, const char* what) {
    if (error == nullptr) return;
    if (options.notice) options.notice(std::string("kafka: ") + what + ": " + rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

Status KafkaGroup::open() {
    hooks_.owner = this;
    hooks_.rebalanced = rebalanced;
    const Settings settings = {
        {"client.id", node_},
        {"group.id", options_.topic + ".owners"},
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"session.timeout.ms", std::to_string(milliseconds_of(limits::group_session_timeout))},
        {"heartbeat.interval.ms", std::to_string(milliseconds_of(limits::group_heartbeat))},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "latest"},
        {"queued.min.messages", "1"},
        {"fetch.message.max.bytes", "1024"},
    };
    auto client = make_client(RD_KAFKA_CONSUMER, options_, hooks_, settings);
    if (!client) return std::unexpected(std::move(client.error()));
    client_ = std::move(*client);
    rd_kafka_poll_set_consumer(client_.get());
    return {};
}

void KafkaGroup::join(std::function<void(const ports::Suggestion&)> told) {
    GRANARY_CHECK(!thread_.joinable());
    told_ = std::move(told);
    const Positions topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), options_.topic.c_str(), RD_KAFKA_PARTITION_UA);
    const auto error = rd_kafka_subscribe(client_.get(), topics.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && options_.notice) options_.notice("kafka: the group can't be joined: " + std::string(rd_kafka_err2str(error)));
    thread_ = std::thread([this] { run(); });
}

void KafkaGroup::leave() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    thread_.join();
    // Hands the partitions back, so that the others need not wait for the session's end.
    told_ = nullptr;
    rd_kafka_consumer_close(client_.get());
    client_.reset();
}

void KafkaGroup::run() {
    while (!stopping_) {
        // Paused partitions yield nothing but errors. Mostly the library joins again by itself; what no retry helps against it tells once.
        const Message message{rd_kafka_consumer_poll(client_.get(), poll_ms)};
        const bool hopeless = message && meaning_of(message->err) == Meaning::halt;
        if (hopeless && options_.notice) options_.notice("kafka: " + fault_of(message->err, "the group of the log's owners").message);
    }
}

void KafkaGroup::rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    auto& group = *static_cast<KafkaGroup*>(static_cast<ClientHooks*>(opaque)->owner);
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        note(group.options_, rd_kafka_incremental_assign(client, partitions), "partitions can't be taken");
        (void)rd_kafka_pause_partitions(client, partitions);
        return group.assigned(*partitions);
    }
    const bool lost = rd_kafka_assignment_lost(client) != 0;
    note(group.options_, rd_kafka_incremental_unassign(client, partitions), "partitions can't be given back");
    group.revoked(*partitions, lost);
}

void KafkaGroup::assigned(const rd_kafka_topic_partition_list_t& partitions) {
    for (int i = 0; i < partitions.cnt; ++i) partitions_.insert({static_cast<std::uint32_t>(partitions.elems[i].partition)});
    tell(true);
}

void KafkaGroup::revoked(const rd_kafka_topic_partition_list_t& partitions, bool lost) {
    for (int i = 0; i < partitions.cnt; ++i) partitions_.erase({static_cast<std::uint32_t>(partitions.elems[i].partition)});
    if (lost) partitions_.clear();
    tell(!lost);
}

void KafkaGroup::tell(bool member) {
    ports::Suggestion suggestion{member, {}};
    suggestion.partitions.assign(partitions_.begin(), partitions_.end());
    if (told_) told_(suggestion);
}

}  // namespace

Result<std::unique_ptr<ports::Membership>> make_group(const LogOptions& options, const std::string& node) {
    auto group = std::make_unique<KafkaGroup>(options, node);
    if (auto opened = group->open(); !opened) return std::unexpected(std::move(opened.error()));
    return group;
}

}  // namespace granary::kafka
