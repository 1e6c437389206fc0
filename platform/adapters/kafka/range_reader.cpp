// Each reader fetches a stretch of one partition, hands out what is wanted and keeps the rest for the page after it.
#include "platform/adapters/kafka/range_reader.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "platform/adapters/kafka/errors.hpp"

namespace granary::kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t stretch_bytes_min = std::size_t{1} << 20;  // pages are often smaller, and often read one after another

Settings settings() {
    return {
        {"fetch.wait.max.ms", "10"},  // a fetch that finds nothing must not hold up the next stretch
        {"fetch.message.max.bytes", "1048576"},
        {"fetch.max.bytes", std::to_string(limits::kafka_fetch_bytes_max)},
        {"queued.min.messages", "1000000"},
        {"queued.max.messages.kbytes", "65536"},
    };
}

std::string name_of(Partition partition, Offset offset) { return "offset " + std::to_string(offset.number) + " of partition " + std::to_string(partition.number); }

}  // namespace

struct RangeReaders::Reader {
    ClientHooks hooks;
    Client client;
    Topic topic;
    Partition partition;
    std::deque<ports::LogRecord> ahead;

    bool continues_at(Partition wanted, Offset from) const { return partition == wanted && !ahead.empty() && ahead.front().offset == from; }
    bool out_of_range = false;  // of the last stretch: its broker knows no such offset
    Status fetch(Partition wanted, Offset from, Offset until, std::size_t bytes);
    Status fetch_once(Partition wanted, Offset from, Offset until, std::size_t bytes);
    Status take(Queue& queue, Offset from, Offset until, std::size_t bytes);
    Result<bool> take_one(Queue& queue, Offset from, int timeout_ms);
};

void RangeReaders::ReaderDeleter::operator()(Reader* reader) const { delete reader; }

// A broker that stood still may believe for some seconds that it leads, and does not know what was written meanwhile: what it
// calls out of range is only gone when it stays so.
Status RangeReaders::Reader::fetch(Partition wanted, Offset from, Offset until, std::size_t bytes) {
    const auto end = SteadyClock::now() + std::chrono::microseconds(limits::kafka_read_deadline.us);
    while (true) {
        auto taken = fetch_once(wanted, from, until, bytes);
        if (taken || !out_of_range || SteadyClock::now() >= end) return taken;
        std::this_thread::sleep_for(std::chrono::microseconds(limits::kafka_retry.us));
    }
}

Status RangeReaders::Reader::fetch_once(Partition wanted, Offset from, Offset until, std::size_t bytes) {
    partition = wanted;
    out_of_range = false;
    ahead.clear();
    Queue queue(rd_kafka_queue_new(client.get()));  // a fresh one: nothing of an earlier stretch can come in it
    const auto number = static_cast<std::int32_t>(wanted.number);
    if (rd_kafka_consume_start_queue(topic.get(), number, from.number, queue.get()) != 0) {
        return std::unexpected(fault_of(rd_kafka_last_error(), name_of(wanted, from) + " can't be read"));
    }
    auto taken = take(queue, from, until, bytes);
    rd_kafka_consume_stop(topic.get(), number);
    rd_kafka_poll(client.get(), 0);
    return taken;
}

Status RangeReaders::Reader::take(Queue& queue, Offset from, Offset until, std::size_t bytes) {
    const auto end = SteadyClock::now() + std::chrono::microseconds(limits::kafka_read_deadline.us);
    Offset next = from;
    for (std::size_t taken = 0; next < until && taken < bytes;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now()).count();
        if (left <= 0) {
            if (next > from) return {};
            return fault(FaultCode::unavailable, name_of(partition, from) + " did not come from its broker in time");
        }
        const auto came = take_one(queue, next, static_cast<int>(left));
        if (!came) return std::unexpected(came.error());
        if (!*came) continue;
        taken += ahead.back().bytes.size();
        next = next.next();
    }
    return {};
}

// False: nothing came, or nothing that matters.
Result<bool> RangeReaders::Reader::take_one(Queue& queue, Offset wanted, int timeout_ms) {
    rd_kafka_message_t* raw = rd_kafka_consume_queue(queue.get(), timeout_ms);
    if (raw == nullptr) return false;
    const Message message(raw);
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        out_of_range = true;
        return fault(FaultCode::corrupt, name_of(partition, wanted) + " is not in the topic any more");
    }
    if (message->err == RD_KAFKA_RESP_ERR__BAD_MSG || message->err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION) {
        return fault(FaultCode::corrupt, name_of(partition, wanted) + " does not fit its checksum");
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (meaning_of(message->err) == Meaning::retry) return false;
        return std::unexpected(fault_of(message->err, name_of(partition, wanted) + " can't be read"));
    }
    if (message->offset < wanted.number) return false;
    if (message->offset > wanted.number) return fault(FaultCode::corrupt, name_of(partition, wanted) + " is missing: offset " + std::to_string(message->offset) + " comes next");
    ahead.push_back({wanted, SharedBytes(std::string(static_cast<const char*>(message->payload), message->payload == nullptr ? 0 : message->len))});
    return true;
}

Result<std::vector<ports::LogRecord>> RangeReaders::read(Partition partition, Offset from, Offset until, std::size_t bytes_max) {
    auto reader = borrow(partition, from);
    if (!reader) return std::unexpected(std::move(reader.error()));
    auto& ahead = (*reader)->ahead;
    std::vector<ports::LogRecord> records;
    if (!(*reader)->continues_at(partition, from)) {
        if (auto fetched = (*reader)->fetch(partition, from, until, std::max(bytes_max, stretch_bytes_min)); !fetched) {
            ahead.clear();
            give_back(std::move(*reader));
            return std::unexpected(std::move(fetched.error()));
        }
    }
    std::size_t bytes = 0;
    while (!ahead.empty() && records.size() < limits::log_read_records_max && (records.empty() || bytes < bytes_max)) {
        bytes += ahead.front().bytes.size();
        records.push_back(std::move(ahead.front()));
        ahead.pop_front();
    }
    give_back(std::move(*reader));
    return records;
}

Result<RangeReaders::ReaderHandle> RangeReaders::borrow(Partition partition, Offset from) {
    {
        std::unique_lock lock(mutex_);
        const auto wait = std::chrono::microseconds(limits::kafka_read_deadline.us);
        if (!idle_changed_.wait_for(lock, wait, [&] { return !idle_.empty() || readers_ < limits::kafka_range_readers_max; })) {
            return fault(FaultCode::unavailable, "too many reads of older records at once");
        }
        auto found = std::ranges::find_if(idle_, [&](const auto& reader) { return reader->continues_at(partition, from); });
        if (found == idle_.end()) found = std::ranges::find_if(idle_, [](const auto& reader) { return reader->ahead.empty(); });
        if (found == idle_.end() && readers_ == limits::kafka_range_readers_max) found = idle_.begin();
        if (found != idle_.end()) {
            auto reader = std::move(*found);
            idle_.erase(found);
            return reader;
        }
        ++readers_;
    }
    ReaderHandle reader(new Reader);
    const auto made = [&]() -> Status {
        auto client = make_reader(options_, reader->hooks, settings());
        if (!client) return std::unexpected(std::move(client.error()));
        reader->client = std::move(*client);
        auto topic = open_topic(reader->client.get(), options_.topic);
        if (!topic) return std::unexpected(std::move(topic.error()));
        reader->topic = std::move(*topic);
        return {};
    }();
    if (made) return reader;
    const std::scoped_lock lock(mutex_);
    --readers_;
    idle_changed_.notify_one();
    return std::unexpected(made.error());
}

void RangeReaders::give_back(ReaderHandle reader) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(reader));
    idle_changed_.notify_one();
}

}  // namespace granary::kafka
