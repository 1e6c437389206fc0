// Puts the log together: a producer that appends, a follower of the ends, readers of what is older.
#include "platform/adapters/kafka/kafka_log.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/errors.hpp"
#include "platform/adapters/kafka/follower.hpp"
#include "platform/adapters/kafka/identity.hpp"
#include "platform/adapters/kafka/producer.hpp"
#include "platform/adapters/kafka/range_reader.hpp"
#include "platform/adapters/kafka/tail.hpp"
#include "platform/adapters/kafka/topic_settings.hpp"

namespace granary::kafka {
namespace {

using ports::DeliveryOutcome;

constexpr Duration absence_patience = seconds(1);      // for a log that was made just now, at another broker
constexpr Duration end_patience = seconds(1);
constexpr Duration record_patience = milliseconds(500);  // for a record that is known to be stored, on its way from the broker

class KafkaLog : public ports::Log {
  public:
    KafkaLog(LogOptions options, ports::LogIdentity identity)
        : options_(std::move(options)), identity_(identity), tail_(identity.partitions, options_.tail_bytes), readers_(options_) {}
    ~KafkaLog() override { producer_.reset(); }  // delivers into the parts below
    KafkaLog(const KafkaLog&) = delete;
    KafkaLog& operator=(const KafkaLog&) = delete;

    Status start(bool for_appending);

    ports::LogIdentity identity() const override { return identity_; }
    Status append(std::vector<ports::LogAppend> appends) override;
    Result<ports::LogPage> read(Partition partition, Offset from, std::size_t bytes_max) override;
    Result<Offset> end(Partition partition) override;
    // The producer sees to it, and the brokers' sequence numbers; see producer.hpp.
    bool stores_prefixes() const override { return true; }
    Offset heard_end(Partition partition) const override;
    void observe(ports::LogObserver& observer) override;
    void stop_observing(ports::LogObserver& observer) override;

  private:
    Status make_sure_of(Partition partition, Offset from);
    bool keep(const Delivered& delivered);
    void delivered(std::vector<Delivered>&& delivered);
    void grown(const std::vector<Partition>& partitions);

    const LogOptions options_;
    const ports::LogIdentity identity_;
    ClientHooks asker_hooks_;
    Client asker_;
    std::atomic<std::chrono::steady_clock::duration> silent_until_{std::chrono::steady_clock::duration::zero()};
    Tail tail_;
    RangeReaders readers_;
    std::mutex observers_mutex_;
    std::vector<ports::LogObserver*> observers_;
    std::unique_ptr<Follower> follower_;
    std::unique_ptr<Producer> producer_;  // null when read only
};

Status KafkaLog::start(bool for_appending) {
    auto asker = make_asker(options_, asker_hooks_);
    if (!asker) return std::unexpected(std::move(asker.error()));
    asker_ = std::move(*asker);
    const auto partitions = partitions_of(asker_.get(), options_.topic, limits::kafka_open_deadline);
    if (!partitions) return std::unexpected(partitions.error());
    if (*partitions != identity_.partitions) {
        return fault(FaultCode::corrupt, "the topic " + options_.topic + " has " + std::to_string(*partitions) + " partitions, and its log was made with " +
                                             std::to_string(identity_.partitions) + ", which never changes; restore the topic");
    }
    if (for_appending) {
        if (auto checked = check_topic(asker_.get(), options_, options_.topic); !checked) return checked;
    }
    auto follower = Follower::start(options_, tail_, identity_.partitions, [this](const std::vector<Partition>& grown_ones) { grown(grown_ones); });
    if (!follower) return std::unexpected(std::move(follower.error()));
    follower_ = std::move(*follower);
    if (!for_appending) return {};
    auto producer = Producer::start(options_, identity_.partitions, [this](std::vector<Delivered>&& done) { delivered(std::move(done)); });
    if (!producer) return std::unexpected(std::move(producer.error()));
    producer_ = std::move(*producer);
    return {};
}

Status KafkaLog::append(std::vector<ports::LogAppend> appends) {
    if (!producer_) return fault(FaultCode::unsupported, "this log was opened for reading only");
    for (const auto& append : appends) {
        if (append.partition.number >= identity_.partitions) return fault(FaultCode::invalid_argument, "the log has no partition " + std::to_string(append.partition.number));
    }
    if (appends.empty()) return {};
    return producer_->append(std::move(appends));
}

// True if it is at hand now and was not before. Behind us there may only be what the follower has brought already; anything else
// there is a log that was cut, or a retry whose first try was stored long ago: whichever it is, the follower finds out.
bool KafkaLog::keep(const Delivered& delivered) {
    switch (tail_.add(delivered.delivery.partition, delivered.delivery.offset, delivered.record)) {
        case Tail::Added::kept: return true;
        case Tail::Added::there:
        case Tail::Added::ahead: return false;
        case Tail::Added::another:
        case Tail::Added::gone: break;
    }
    tail_.doubt(delivered.delivery.partition, Tail::Doubt::history);
    return false;
}

// What was acknowledged is readable before anybody hears of it. A record that may be anywhere makes its partition's end doubtful.
void KafkaLog::delivered(std::vector<Delivered>&& delivered) {
    std::set<Partition> kept;
    std::vector<ports::LogDelivery> deliveries;
    deliveries.reserve(delivered.size());
    for (auto& one : delivered) {
        const Partition partition = one.delivery.partition;
        switch (one.delivery.outcome) {
            case DeliveryOutcome::stored:
                if (keep(one)) kept.insert(partition);
                break;
            case DeliveryOutcome::stored_offset_unknown:
            case DeliveryOutcome::unknown: tail_.doubt(partition, Tail::Doubt::end); break;
            case DeliveryOutcome::refused: break;
        }
        deliveries.push_back(std::move(one.delivery));
    }
    const std::vector<Partition> grown_ones(kept.begin(), kept.end());
    const std::scoped_lock lock(observers_mutex_);
    for (auto* observer : observers_) {
        if (!kept.empty()) observer->grown(grown_ones);
        observer->delivered(deliveries);
    }
}

void KafkaLog::grown(const std::vector<Partition>& partitions) {
    const std::scoped_lock lock(observers_mutex_);
    for (auto* observer : observers_) observer->grown(partitions);
}

Result<ports::LogPage> KafkaLog::read(Partition partition, Offset from, std::size_t bytes_max) {
    if (partition.number >= identity_.partitions || from.number < 0) return fault(FaultCode::invalid_argument, "no such partition or offset");
    ports::LogPage page{{}, from, {}};
    auto answer = tail_.read(partition, from, bytes_max, record_patience, page);
    if (answer && *answer == Tail::Answer::beyond) {
        if (auto reached = make_sure_of(partition, from); !reached) return std::unexpected(std::move(reached.error()));
        answer = tail_.read(partition, from, bytes_max, record_patience, page);
        if (answer && *answer == Tail::Answer::beyond) return fault(FaultCode::unavailable, "the records before " + std::to_string(from.number) + " don't come from their broker");
    }
    if (!answer) return std::unexpected(std::move(answer.error()));
    if (*answer == Tail::Answer::page) return page;
    auto records = readers_.read(partition, from, tail_.place(partition).first, bytes_max);
    if (!records) return std::unexpected(std::move(records.error()));
    page.records = std::move(*records);
    page.next = page.records.back().offset.next();
    return page;
}

// A broker that stood still may believe for some seconds that it leads, and names the end that it knows: what is not there is
// only missing when it stays so.
Status KafkaLog::make_sure_of(Partition partition, Offset from) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(limits::kafka_read_deadline.us);
    while (true) {
        const auto asked = end(partition);
        if (!asked) return std::unexpected(asked.error());
        if (from <= *asked) return {};
        if (std::chrono::steady_clock::now() >= until) {
            return fault(FaultCode::corrupt, "partition " + std::to_string(partition.number) + " ends at offset " + std::to_string(asked->number) + ", before " + std::to_string(from.number));
        }
        std::this_thread::sleep_for(std::chrono::microseconds(limits::kafka_retry.us));
    }
}

Result<Offset> KafkaLog::end(Partition partition) {
    if (partition.number >= identity_.partitions) return fault(FaultCode::invalid_argument, "no such partition");
    // Whoever asks may be answering a client: when brokers are silent, nobody waits long, and not everybody.
    if (std::chrono::steady_clock::now().time_since_epoch() < silent_until_.load()) return fault(FaultCode::unavailable, "the brokers did not say a moment ago where the log ends");
    // Before it is asked: what is delivered meanwhile lies behind the answer, and no harm in that.
    const Offset held = tail_.place(partition).end;
    const auto ends = ask_edges(asker_.get(), options_.topic, {partition}, Edge::end, end_patience);
    const auto error = ends ? (*ends)->elems[0].err : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        silent_until_ = std::chrono::steady_clock::now().time_since_epoch() + std::chrono::microseconds(end_patience.us);
        return std::unexpected(ends ? fault_of(error, "the end of partition " + std::to_string(partition.number)) : ends.error());
    }
    const auto& end = (*ends)->elems[0];
    if (Offset{end.offset} < held) tail_.doubt(partition, Tail::Doubt::history);
    else tail_.reaches(partition, {end.offset});
    return Offset{end.offset};
}

Offset KafkaLog::heard_end(Partition partition) const { return partition.number < identity_.partitions ? tail_.place(partition).known_end : Offset{0}; }

void KafkaLog::observe(ports::LogObserver& observer) {
    const std::scoped_lock lock(observers_mutex_);
    observers_.push_back(&observer);
}

void KafkaLog::stop_observing(ports::LogObserver& observer) {
    const std::scoped_lock lock(observers_mutex_);
    std::erase(observers_, &observer);
}

Result<std::unique_ptr<ports::Log>> open(const LogOptions& options, bool for_appending) {
    const auto identity = read_identity(options, absence_patience);
    if (!identity) return std::unexpected(identity.error());
    auto log = std::make_unique<KafkaLog>(options, *identity);
    if (auto started = log->start(for_appending); !started) return std::unexpected(std::move(started.error()));
    return log;
}

// A topic that an operator made beforehand will do if it is as ours would be.
Status adopt_topic(rd_kafka_t* client, const LogOptions& options, std::uint32_t partitions) {
    const auto found = partitions_of(client, options.topic, limits::kafka_open_deadline);
    if (!found) return std::unexpected(found.error());
    if (*found != partitions) {
        return fault(FaultCode::invalid_argument, "the topic " + options.topic + " is there already, with " + std::to_string(*found) + " partitions instead of " + std::to_string(partitions));
    }
    std::vector<Partition> all;
    for (std::uint32_t number = 0; number < partitions; ++number) all.push_back({number});
    const auto ends = ask_edges(client, options.topic, all, Edge::end, limits::kafka_open_deadline);
    if (!ends) return std::unexpected(ends.error());
    for (const auto partition : all) {
        const auto& end = (*ends)->elems[partition.number];
        if (end.err != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(end.err, "the topic " + options.topic));
        if (end.offset > 0) return fault(FaultCode::invalid_argument, "the topic " + options.topic + " is there already and holds records");
    }
    return {};
}

}  // namespace

Status create_log(const LogOptions& options, const ports::LogIdentity& identity) {
    if (identity.id.is_nil() || identity.partitions == 0 || identity.partitions > limits::partitions_max) {
        return fault(FaultCode::invalid_argument, "a log needs an id and 1 to " + std::to_string(limits::partitions_max) + " partitions");
    }
    const auto there = read_identity(options, {});
    if (there) return fault(FaultCode::conflict, "there is a log in the Kafka topic " + options.topic + " already");
    if (there.error().code != FaultCode::not_found) return std::unexpected(there.error());
    ClientHooks hooks;
    const auto asker = make_asker(options, hooks);
    if (!asker) return std::unexpected(asker.error());
    auto made = create_topic(asker->get(), options, options.topic, identity.partitions);
    if (!made && made.error().code != FaultCode::conflict) return made;
    if (!made) made = adopt_topic(asker->get(), options, identity.partitions);
    else if (const auto led = partitions_of(asker->get(), options.topic, limits::kafka_open_deadline); !led) made = std::unexpected(led.error());
    if (!made) return made;
    if (auto checked = check_topic(asker->get(), options, options.topic); !checked) return checked;
    made = create_topic(asker->get(), options, identity_topic(options), 1);
    if (!made && made.error().code != FaultCode::conflict) return made;
    if (const auto led = partitions_of(asker->get(), identity_topic(options), limits::kafka_open_deadline); !led) return std::unexpected(led.error());
    // Last, so that a creation that was cut short is none.
    return write_identity(options, identity);
}

Status make_live(const LogOptions& options) {
    const auto identity = read_identity(options, absence_patience);
    if (!identity) return std::unexpected(identity.error());
    if (identity->place.is_nil()) return fault(FaultCode::invalid_argument, "the log in the Kafka topic " + options.topic + " is no copy");
    if (identity->live) return {};
    return write_live(options, identity->place);
}

Result<std::unique_ptr<ports::Log>> open_log(const LogOptions& options) { return open(options, true); }

Result<std::unique_ptr<ports::Log>> open_log_read_only(const LogOptions& options) { return open(options, false); }

}  // namespace granary::kafka
