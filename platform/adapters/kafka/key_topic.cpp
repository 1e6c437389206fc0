// A producer, a consumer that stays where it has read to, and a client that asks where the topic ends.
#include "platform/adapters/kafka/key_topic.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "core/privacy_limits.hpp"
#include "platform/adapters/kafka/batch_producer.hpp"
#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/errors.hpp"
#include "platform/adapters/kafka/topic_settings.hpp"

namespace granary::kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Duration absence_patience = seconds(1);
constexpr int partition = 0;

Settings reader_settings() {
    return {
        {"enable.partition.eof", "true"},  // the newest records may have been compacted away
        {"fetch.wait.max.ms", "10"},
        {"fetch.message.max.bytes", "1048576"},
        {"queued.max.messages.kbytes", "8192"},
    };
}

std::string_view text_in(const void* bytes, std::size_t size) { return {static_cast<const char*>(bytes), bytes == nullptr ? 0 : size}; }

ports::StoredKeyRecord record_in(const rd_kafka_message_t& message) {
    ports::StoredKeyRecord stored{{message.offset}, {std::string(text_in(message.key, message.key_len)), std::nullopt}};
    if (message.payload != nullptr) stored.record.value = text_in(message.payload, message.len);
    return stored;
}

class KafkaKeyTopic final : public ports::KeyTopic {
  public:
    explicit KafkaKeyTopic(LogOptions options) : options_(std::move(options)), name_(key_topic_name(options_)), producer_(options_, cancelled_) {}
    ~KafkaKeyTopic() override { stop_reading(); }
    KafkaKeyTopic(const KafkaKeyTopic&) = delete;
    KafkaKeyTopic& operator=(const KafkaKeyTopic&) = delete;

    Status open();
    Status append(const std::vector<ports::KeyRecord>& records) override;
    Result<ports::KeyPage> read(Offset from) override;
    Duration rolls_after() const override { return rolls_after_; }

  private:
    Status learn_roll_time();
    Result<Offset> edge(Edge which, Duration patience = limits::key_topic_deadline);
    Result<Offset> end_beyond(Offset from);
    Status read_from(Offset from);
    Result<ports::KeyPage> collect(Offset end);
    Status take(Message message, ports::KeyPage& page);
    void stop_reading();

    const LogOptions options_;
    const std::string name_;
    Duration rolls_after_;

    std::mutex append_mutex_;
    const std::atomic<bool> cancelled_{false};
    BatchProducer producer_;

    std::mutex read_mutex_;
    ClientHooks asker_hooks_, reader_hooks_;
    Client asker_, reader_;
    Topic topic_;
    Queue queue_;                     // null: nothing is being read
    Offset position_{Offset::none};   // of the next record that the reader hands out
};

Status KafkaKeyTopic::open() {
    auto asker = make_asker(options_, asker_hooks_);
    if (!asker) return std::unexpected(std::move(asker.error()));
    asker_ = std::move(*asker);
    const auto partitions = partitions_of(asker_.get(), name_, absence_patience);
    if (!partitions) return std::unexpected(partitions.error());
    if (*partitions == 0) return fault(FaultCode::not_found, "there is no topic " + name_ + " for the keys that nodes share; `granary key share` makes it");
    if (*partitions != 1) return fault(FaultCode::invalid_argument, "the topic " + name_ + " must have one partition and has " + std::to_string(*partitions));
    if (auto checked = check_topic(asker_.get(), options_, name_, TopicUse::keys); !checked) return checked;
    if (auto learnt = learn_roll_time(); !learnt) return learnt;
    auto reader = make_reader(options_, reader_hooks_, reader_settings());
    if (!reader) return std::unexpected(std::move(reader.error()));
    reader_ = std::move(*reader);
    auto topic = open_topic(reader_.get(), name_);
    if (!topic) return std::unexpected(std::move(topic.error()));
    topic_ = std::move(*topic);
    return {};
}

// A segment is closed by whichever of the two is shorter.
Status KafkaKeyTopic::learn_roll_time() {
    const auto settings = settings_of(asker_.get(), name_);
    if (!settings) return std::unexpected(settings.error());
    rolls_after_ = limits::key_topic_roll_max;
    for (const char* name : {"segment.ms", "max.compaction.lag.ms"}) {
        const auto found = settings->find(name);
        std::int64_t value = 0;
        if (found == settings->end()) continue;
        const auto& text = found->second;
        if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{}) rolls_after_ = std::min(rolls_after_, milliseconds(value));
    }
    return {};
}

Status KafkaKeyTopic::append(const std::vector<ports::KeyRecord>& records) {
    std::vector<OutgoingRecord> outgoing;
    outgoing.reserve(records.size());
    for (const auto& record : records) {
        outgoing.push_back({name_, record.name, std::nullopt});
        if (record.value) outgoing.back().value = *record.value;
    }
    const std::scoped_lock lock(append_mutex_);
    return producer_.publish(outgoing, limits::key_topic_deadline, "records about keys");
}

Result<Offset> KafkaKeyTopic::edge(Edge which, Duration patience) {
    const auto edges = ask_edges(asker_.get(), name_, {{partition}}, which, patience);
    if (!edges) return std::unexpected(edges.error());
    const auto& edge = (*edges)->elems[0];
    if (edge.err != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(edge.err, "the topic " + name_ + " does not say where it begins and ends"));
    return Offset{std::max<std::int64_t>(edge.offset, 0)};
}

// What any reader has seen is below the leader's end, which never goes back. But a broker that stood still may believe for some seconds
// that it leads, and name the end that it knows: what is not there is only missing when it stays so.
Result<Offset> KafkaKeyTopic::end_beyond(Offset from) {
    const auto until = SteadyClock::now() + std::chrono::microseconds(limits::key_topic_deadline.us);
    auto known = edge(Edge::end);
    while (known && *known < from) {
        std::this_thread::sleep_for(std::chrono::microseconds(limits::kafka_retry.us));
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(until - SteadyClock::now()).count();
        if (left <= 0) break;
        known = edge(Edge::end, {left});
    }
    return known;
}

Result<ports::KeyPage> KafkaKeyTopic::read(Offset from) {
    const std::scoped_lock lock(read_mutex_);
    const auto known = end_beyond(from);
    if (!known) return std::unexpected(known.error());
    if (*known < from) {
        return fault(FaultCode::corrupt, "the topic " + name_ + " ends at " + std::to_string(known->number) + ", and was read up to " + std::to_string(from.number) + ": restore it");
    }
    if (*known == from) return ports::KeyPage{{}, from, true};
    if (!queue_ || position_ != from) {
        if (auto begun = read_from(from); !begun) return std::unexpected(std::move(begun.error()));
    }
    auto page = collect(*known);
    if (!page) stop_reading();
    return page;
}

Status KafkaKeyTopic::read_from(Offset from) {
    stop_reading();
    queue_ = Queue(rd_kafka_queue_new(reader_.get()));
    if (rd_kafka_consume_start_queue(topic_.get(), partition, from.number, queue_.get()) != 0) {
        queue_.reset();
        return std::unexpected(fault_of(rd_kafka_last_error(), "the topic " + name_ + " can't be read"));
    }
    position_ = from;
    return {};
}

Result<ports::KeyPage> KafkaKeyTopic::collect(Offset end) {
    const auto deadline = SteadyClock::now() + std::chrono::microseconds(limits::key_topic_deadline.us);
    ports::KeyPage page;
    while (position_ < end && page.records.size() < limits::key_page_records_max) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
        if (left <= 0) break;
        if (Message message{rd_kafka_consume_queue(queue_.get(), static_cast<int>(left))}) {
            if (auto taken = take(std::move(message), page); !taken) return std::unexpected(std::move(taken.error()));
        }
    }
    rd_kafka_poll(reader_.get(), 0);
    if (page.records.empty() && position_ < end) return fault(FaultCode::unavailable, "the topic " + name_ + " did not come from its broker in time");
    page.next = position_;
    page.at_end = position_ >= end;
    return page;
}

Status KafkaKeyTopic::take(Message message, ports::KeyPage& page) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        page.records.push_back(record_in(*message));
        position_ = Offset{message->offset}.next();
        return {};
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        position_ = std::max(position_, Offset{message->offset});
        return {};
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        // Such a broker says this, too, of what it does not have yet.
        const auto known = edge(Edge::end);
        if (!known) return std::unexpected(known.error());
        const auto begin = edge(Edge::beginning);
        if (!begin) return std::unexpected(begin.error());
        if (*begin <= position_ && position_ <= *known) return fault(FaultCode::unavailable, "a broker that does not lead the topic " + name_ + " any more answered");
        return fault(FaultCode::corrupt, "records of the topic " + name_ + " are not there any more: restore it");
    }
    if (meaning_of(message->err) == Meaning::retry) return {};
    return std::unexpected(fault_of(message->err, "the topic " + name_ + " can't be read"));
}

void KafkaKeyTopic::stop_reading() {
    if (!queue_) return;
    rd_kafka_consume_stop(topic_.get(), partition);
    queue_.reset();
}

}  // namespace

std::string key_topic_name(const LogOptions& options) { return options.topic + ".keys"; }

Status create_key_topic(const LogOptions& options) {
    ClientHooks hooks;
    const auto asker = make_asker(options, hooks);
    if (!asker) return std::unexpected(asker.error());
    const std::string name = key_topic_name(options);
    const auto made = create_topic(asker->get(), options, name, 1, TopicUse::keys);
    if (!made && made.error().code != FaultCode::conflict) return made;
    if (const auto led = partitions_of(asker->get(), name, limits::kafka_open_deadline); !led) return std::unexpected(led.error());
    return made ? Status() : check_topic(asker->get(), options, name, TopicUse::keys);
}

Result<std::unique_ptr<ports::KeyTopic>> open_key_topic(const LogOptions& options) {
    auto topic = std::make_unique<KafkaKeyTopic>(options);
    if (auto opened = topic->open(); !opened) return std::unexpected(std::move(opened.error()));
    return topic;
}

}  // namespace granary::kafka
