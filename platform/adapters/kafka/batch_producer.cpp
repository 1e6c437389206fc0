// One idempotent producer, polled by whoever waits for it.
#include "platform/adapters/kafka/batch_producer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "core/limits.hpp"
#include "platform/adapters/kafka/errors.hpp"

namespace granary::kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Headers = std::unique_ptr<rd_kafka_headers_t, Destroyer<rd_kafka_headers_destroy>>;

constexpr int poll_ms = 20;
constexpr std::size_t batch_overhead_bytes = 64 * 1024;

Settings producer_settings() {
    return {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"max.in.flight", "1"},  // a broker takes any first request of a producer: a second one behind a refused first would be stored alone
        {"enable.gapless.guarantee", "true"},
        {"linger.ms", "1"},
        {"compression.codec", "lz4"},
        {"partitioner", "murmur2_random"},  // as Java's producers choose, so that theirs and ours agree
        {"message.timeout.ms", "0"},        // no single record is given up: the whole batch is, by its deadline
        {"request.timeout.ms", std::to_string(milliseconds_of(limits::kafka_request_timeout) * 3 / 4)},
        {"retry.backoff.ms", "50"},
        {"message.max.bytes", std::to_string(limits::integration_event_bytes_max + batch_overhead_bytes)},
        {"queue.buffering.max.messages", std::to_string(limits::integration_queue_events_max)},
        {"queue.buffering.max.kbytes", std::to_string(limits::log_queue_bytes_max / 1024)},
        {"statistics.interval.ms", "0"},
    };
}

// The library copies key and value, and writes to neither.
rd_kafka_vu_t part_of(rd_kafka_vtype_t type, std::optional<std::string_view> bytes) {
    rd_kafka_vu_t part{};
    part.vtype = type;
    part.u.mem = {bytes ? const_cast<char*>(bytes->data()) : nullptr, bytes ? bytes->size() : 0};
    return part;
}

}  // namespace

void BatchProducer::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* hooks) {
    auto* self = static_cast<BatchProducer*>(static_cast<ClientHooks*>(hooks)->owner);
    --self->open_;
    auto error = message->err;
    // Without an offset the library only infers that it was stored, from one behind it that was; the batch is published again instead.
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset < 0) error = RD_KAFKA_RESP_ERR__INCONSISTENT;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && self->error_ == 0) self->error_ = error;
}

void BatchProducer::on_failure(rd_kafka_t*, int error, const char*, void* hooks) {
    auto* self = static_cast<BatchProducer*>(static_cast<ClientHooks*>(hooks)->owner);
    if (error == RD_KAFKA_RESP_ERR__FATAL && self->error_ == 0) self->error_ = error;
}

Status BatchProducer::make() {
    hooks_.owner = this;
    hooks_.delivered = on_delivery;
    hooks_.failed = on_failure;
    hooks_.quiet = false;
    auto client = make_client(RD_KAFKA_PRODUCER, options_, hooks_, producer_settings());
    if (!client) return std::unexpected(std::move(client.error()));
    client_ = std::move(*client);
    return {};
}

Status BatchProducer::publish(std::span<const OutgoingRecord> records, Duration patience, std::string_view what) {
    if (records.size() > limits::integration_queue_events_max) return fault(FaultCode::invalid_argument, "more records than one batch may hold");
    if (!client_) {
        if (auto made = make(); !made) return made;
    }
    error_ = 0;
    Status done;
    for (const auto& record : records) {
        if (done = queue(record); !done) break;
    }
    if (done) done = wait(patience, what);
    if (!done) drop();
    return done;
}

Status BatchProducer::queue(const OutgoingRecord& record) {
    Headers headers(rd_kafka_headers_new(record.headers.size()));
    for (const auto& [name, value] : record.headers) {
        rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(), static_cast<ssize_t>(value.size()));
    }
    std::array<rd_kafka_vu_t, 5> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = record.topic.c_str();
    parts[1] = part_of(RD_KAFKA_VTYPE_KEY, record.key);
    parts[2] = part_of(RD_KAFKA_VTYPE_VALUE, record.value);
    parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[3].u.i = RD_KAFKA_MSG_F_COPY;
    parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[4].u.headers = headers.get();
    rd_kafka_error_t* error = rd_kafka_produceva(client_.get(), parts.data(), parts.size());
    if (error == nullptr) {
        static_cast<void>(headers.release());  // the library's now
        ++open_;
        return {};
    }
    const auto code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return std::unexpected(fault_of(code, "nothing can be published to " + record.topic));
}

Status BatchProducer::wait(Duration patience, std::string_view what) {
    const auto deadline = SteadyClock::now() + std::chrono::microseconds(patience.us);
    while (open_ > 0 && error_ == 0) {
        if (cancelled_) return fault(FaultCode::unavailable, "publishing is being ended");
        if (SteadyClock::now() > deadline) return fault(FaultCode::timed_out, std::to_string(open_) + " " + std::string(what) + " were not acknowledged in time");
        rd_kafka_poll(client_.get(), poll_ms);
    }
    if (error_ != 0) return std::unexpected(fault_of(error_, std::string(what) + " were not acknowledged"));
    return {};
}

// What is still open is purged, so that it can't be stored behind what is published again later; what was sent already may arrive, in order.
void BatchProducer::drop() {
    if (!client_) return;
    hooks_.quiet = true;
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    const auto deadline = SteadyClock::now() + std::chrono::microseconds(limits::kafka_drain_deadline.us);
    while (open_ > 0 && SteadyClock::now() < deadline) rd_kafka_poll(client_.get(), poll_ms);
    client_.reset();
    open_ = 0;
}

}  // namespace granary::kafka
