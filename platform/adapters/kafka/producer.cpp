// The book of what is in flight, and the thread that serves the client library.
#include "platform/adapters/kafka/producer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/check.hpp"
#include "platform/adapters/kafka/errors.hpp"

namespace granary::kafka {
namespace {

using ports::DeliveryOutcome;
using SteadyClock = std::chrono::steady_clock;

constexpr int poll_ms = 20;
// Brokers forget a producer that was silent in a partition for a day (producer.id.expiration.ms), and would then take the
// second of its records without the first.
constexpr auto remembered_for = std::chrono::hours(1);
// One request's worth. More than that handed over would wait in the library, whose thread spins as long as an idempotent producer's
// partition has records both waiting and under way (rd_kafka_toppar_producer_serve of 2.0.2 wakes for what it may not send).
constexpr std::size_t handful_bytes_max = 512 * 1024;
constexpr std::size_t handful_records_max = 4096;
constexpr std::size_t message_overhead_bytes = 64 * 1024;  // batch headers and keys around one record

SteadyClock::time_point after(Duration duration) { return SteadyClock::now() + std::chrono::microseconds(duration.us); }

Settings settings_of(const LogOptions& options) {
    // Twice our own bounds: ours refuse first, whole calls at a time.
    const std::size_t kilobytes = std::max(2 * options.queue_bytes_max / 1024, std::size_t{2} * 1024);
    return {
        {"enable.idempotence", "true"},  // keeps the order over retries; acks=all with it
        {"acks", "all"},
        {"max.in.flight", "5"},
        {"linger.ms", "1"},
        {"compression.codec", "lz4"},
        // The library would give up single messages and go on with those behind them. We give up all of them at once, see overdue().
        {"message.timeout.ms", "0"},
        {"enable.gapless.guarantee", "true"},
        {"request.timeout.ms", std::to_string(milliseconds_of(limits::kafka_request_timeout) * 3 / 4)},
        {"retry.backoff.ms", "50"},
        {"message.max.bytes", std::to_string(limits::record_bytes_max + message_overhead_bytes)},
        {"queue.buffering.max.messages", std::to_string(2 * options.queue_records_max)},
        {"queue.buffering.max.kbytes", std::to_string(kilobytes)},
        {"statistics.interval.ms", "0"},
    };
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::start(const LogOptions& options, std::uint32_t partitions, Deliver deliver) {
    std::unique_ptr<Producer> producer(new Producer(options, partitions, std::move(deliver)));
    auto client = producer->make();
    if (!client) return std::unexpected(std::move(client.error()));
    producer->client_ = std::move(*client);
    producer->thread_ = std::thread([raw = producer.get()] { raw->run(); });
    return producer;
}

Producer::Producer(const LogOptions& options, std::uint32_t partitions, Deliver deliver) : options_(options), deliver_(std::move(deliver)), pending_(partitions) {}

Producer::~Producer() {
    if (!thread_.joinable()) return;
    {
        const std::scoped_lock lock(mutex_);
        closing_ = true;
    }
    thread_.join();
}

Result<std::unique_ptr<ProducerClient>> Producer::make() {
    auto made = std::make_unique<ProducerClient>();
    made->hooks.owner = this;
    made->hooks.delivered = on_delivery;
    made->hooks.failed = on_failure;
    auto client = make_client(RD_KAFKA_PRODUCER, options_, made->hooks, settings_of(options_));
    if (!client) return std::unexpected(std::move(client.error()));
    made->client = std::move(*client);
    auto topic = open_topic(made->client.get(), options_.topic);
    if (!topic) return std::unexpected(std::move(topic.error()));
    made->topic = std::move(*topic);
    return made;
}

// -- appending ----------------------------------------------------------------------------------------------------------

Status Producer::append(std::vector<ports::LogAppend>&& appends) {
    std::size_t bytes = 0;
    for (const auto& append : appends) bytes += append.record.size();
    const std::scoped_lock lock(mutex_);
    if (closing_ || broken_ || !client_) return fault(FaultCode::unavailable, closing_ ? "the log is being closed" : "the connection to Kafka is being renewed");
    if (pending_records_ + appends.size() > options_.queue_records_max || pending_bytes_ + bytes > options_.queue_bytes_max) {
        return fault(FaultCode::unavailable, "too much is on its way to Kafka already");
    }
    std::vector<Queue*> touched;
    for (auto& append : appends) {
        auto& queue = pending_[append.partition.number];
        if (!std::exchange(queue.touched, true)) touched.push_back(&queue);
        hold(std::move(append));
    }
    for (auto* queue : touched) {
        queue->touched = false;
        send_held(*queue);
    }
    return {};
}

void Producer::hold(ports::LogAppend&& append) {
    auto& queue = pending_[append.partition.number];
    pending_bytes_ += append.record.size();
    queue.records.push_back(
        {{append.partition, append.token, DeliveryOutcome::unknown, {}, {}}, std::move(append.record), std::move(append.routing_key), SteadyClock::now(), false, false});
    ++queue.held;
    ++pending_records_;
}

bool Producer::Queue::is_known() const { return known_at && SteadyClock::now() - *known_at < remembered_for; }

std::size_t Producer::Queue::sendable() const {
    if (held == 0 || under_way > 0) return 0;
    if (!is_known()) return 1;
    std::size_t count = 0;
    for (std::size_t bytes = 0; count < std::min(held, handful_records_max); ++count) {
        bytes += records[records.size() - held + count].record.size();
        if (count > 0 && bytes > handful_bytes_max) break;
    }
    return count;
}

void Producer::send_held(Queue& queue) {
    if (!client_) return;
    // Again when nothing of what may go is under way: a record that is refused for its size never is.
    for (std::size_t count = queue.sendable(); count > 0; count = queue.sendable()) {
        ++handfuls_;
        for (; count > 0; --count) {
            auto& next = queue.first_held();
            --queue.held;
            produce(next);
            if (next.sent) ++queue.under_way;
        }
    }
}

void Producer::produce(Pending& pending) {
    if (pending.record.size() > limits::record_bytes_max) {
        pending.settled = true;
        pending.delivery.outcome = DeliveryOutcome::refused;
        pending.delivery.fault = {FaultCode::invalid_argument, "the record is larger than a record may be"};
        return;
    }
    if (broken_) return settle(pending, RD_KAFKA_RESP_ERR__PURGE_QUEUE, -1, true);
    const auto view = pending.record.view();
    // The library promises not to write to the bytes; without its copy flag it only keeps the pointer.
    void* payload = const_cast<char*>(view.data());
    const void* key = pending.key.empty() ? nullptr : pending.key.data();
    const int failed = rd_kafka_produce(client_->topic.get(), static_cast<std::int32_t>(pending.delivery.partition.number), 0, payload, view.size(), key,
                                        pending.key.size(), &pending);
    pending.sent = failed == 0;
    if (pending.sent) return;
    settle(pending, rd_kafka_last_error(), -1, true);
    broken_ = true;
}

// -- what became of it --------------------------------------------------------------------------------------------------

void Producer::settle(Pending& pending, int error, std::int64_t offset, bool surely_not_stored) {
    auto& delivery = pending.delivery;
    pending.settled = true;
    const Meaning meaning = meaning_of(error);
    if (meaning == Meaning::none) {
        delivery.outcome = offset >= 0 ? DeliveryOutcome::stored : DeliveryOutcome::stored_offset_unknown;
        if (offset >= 0) delivery.offset = {offset};
        return;
    }
    delivery.outcome = surely_not_stored || meaning == Meaning::refuse ? DeliveryOutcome::refused : DeliveryOutcome::unknown;
    delivery.fault = fault_of(error, "the record was not acknowledged");
}

void Producer::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* hooks) {
    auto* self = static_cast<Producer*>(static_cast<ClientHooks*>(hooks)->owner);
    auto& pending = *static_cast<Pending*>(message->_private);
    const bool surely_not_stored = rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    const std::scoped_lock lock(self->mutex_);
    self->settle(pending, message->err, message->offset, surely_not_stored);
    auto& queue = self->pending_[pending.delivery.partition.number];
    --queue.under_way;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) queue.known_at = SteadyClock::now();
    self->send_held(queue);
    if (pending.delivery.outcome == DeliveryOutcome::unknown || meaning_of(message->err) == Meaning::fence) self->must_renew_ = true;
}

void Producer::on_failure(rd_kafka_t*, int error, const char*, void* hooks) {
    auto* self = static_cast<Producer*>(static_cast<ClientHooks*>(hooks)->owner);
    if (error == RD_KAFKA_RESP_ERR__FATAL) self->must_renew_ = true;
}

void Producer::run() {
    for (;;) {
        rd_kafka_t* client = nullptr;
        {
            const std::scoped_lock lock(mutex_);
            if (closing_) break;
            client = client_ ? client_->client.get() : nullptr;
        }
        if (client != nullptr) {
            rd_kafka_poll(client, poll_ms);
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds_of(limits::kafka_retry)));
            must_renew_ = true;
        }
        report();
        if (must_renew_ || overdue()) renew();
    }
    close();
}

// True when something has waited too long, or the client has to go for another reason.
bool Producer::overdue() const {
    const std::scoped_lock lock(mutex_);
    if (broken_) return true;
    if (pending_records_ == 0) return false;
    const auto patience = std::chrono::microseconds(options_.delivery_timeout.us);
    const auto now = SteadyClock::now();
    return std::ranges::any_of(pending_, [&](const auto& queue) { return !queue.records.empty() && now - queue.records.front().since > patience; });
}

// Delivers what is settled, in order: nothing passes one that is still open.
void Producer::report() {
    std::vector<Delivered> done;
    {
        const std::scoped_lock lock(mutex_);
        if (pending_records_ == 0) return;
        for (auto& queue : pending_) {
            while (!queue.records.empty() && queue.records.front().settled) {
                auto& front = queue.records.front();
                pending_bytes_ -= front.record.size();
                --pending_records_;
                done.push_back({std::move(front.delivery), std::move(front.record)});
                queue.records.pop_front();
            }
        }
    }
    if (!done.empty()) deliver_(std::move(done));
}

bool Producer::nothing_pending() const {
    const std::scoped_lock lock(mutex_);
    return pending_records_ == 0;
}

// -- dropping the producer ----------------------------------------------------------------------------------------------

// What is still open is purged, so that no later answer can pass for an acknowledgement; then this producer writes no more.
void Producer::renew() {
    must_renew_ = false;
    std::unique_ptr<ProducerClient> old;
    {
        const std::scoped_lock lock(mutex_);
        old = std::move(client_);
    }
    if (old) {
        ++renewals_;
        if (options_.counters) ++options_.counters->producers_dropped;
        if (options_.notice) options_.notice("kafka: the fate of records in flight is unknown: the producer is dropped and made anew");
        old->hooks.quiet = true;
        refuse_held();
        rd_kafka_purge(old->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        drain(old->client.get(), limits::kafka_drain_deadline);
        old->topic.reset();
        old->client.reset();  // returns when its threads have ended: from here on nobody holds an address in the book
        give_up_the_rest();
        must_renew_ = false;
    }
    auto fresh = make();
    if (!fresh) {
        if (options_.notice) options_.notice("kafka: no producer can be made: " + fresh.error().message);
        return;  // tried again at the next turn
    }
    const std::scoped_lock lock(mutex_);
    for (auto& queue : pending_) queue.known_at.reset();
    client_ = std::move(*fresh);
    broken_ = false;
}

void Producer::drain(rd_kafka_t* client, Duration deadline) {
    const auto end = after(deadline);
    while (!nothing_pending() && SteadyClock::now() < end) {
        rd_kafka_poll(client, poll_ms);
        report();
    }
}

// What was never handed to the library is certainly not stored.
void Producer::refuse_held() {
    const std::scoped_lock lock(mutex_);
    for (auto& queue : pending_) {
        for (; queue.held > 0; --queue.held) settle(queue.first_held(), RD_KAFKA_RESP_ERR__PURGE_QUEUE, -1, true);
    }
}

// Only a client library that forgot a report leaves anything here.
void Producer::give_up_the_rest() {
    {
        const std::scoped_lock lock(mutex_);
        for (auto& queue : pending_) {
            for (auto& pending : queue.records) {
                if (!pending.settled) settle(pending, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, -1, false);
            }
            queue.under_way = 0;
        }
    }
    report();
}

void Producer::close() {
    if (!client_) {
        refuse_held();
        return give_up_the_rest();
    }
    drain(client_->client.get(), limits::kafka_close_deadline);
    refuse_held();
    rd_kafka_purge(client_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    drain(client_->client.get(), limits::kafka_drain_deadline);
    client_->topic.reset();
    client_->client.reset();
    give_up_the_rest();
}

}  // namespace granary::kafka
