// Each reader fetches a stretch of one partition at a time. Answers of brokers come whole, so what is over is kept for the pages after it.
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

constexpr std::size_t answer_bytes = std::size_t{1} << 20;  // of a broker, about

// A client that asks ahead has, whenever it stops, several answers on their way or in its queue that nobody takes. One that is full with a
// single answer asks for no other; once full it rests for a second, so it is of no use to whoever needs several.
Settings settings(bool asks_ahead) {
    return {
        {"fetch.wait.max.ms", "10"},  // a fetch that finds nothing must not hold up the next stretch
        {"fetch.message.max.bytes", std::to_string(answer_bytes)},
        {"fetch.max.bytes", std::to_string(limits::kafka_fetch_bytes_max)},
        {"queued.min.messages", "1000000"},
        {"queued.max.messages.kbytes", asks_ahead ? "65536" : "1"},
    };
}

std::string name_of(Partition partition, Offset offset) { return "offset " + std::to_string(offset.number) + " of partition " + std::to_string(partition.number); }

}  // namespace

struct RangeReaders::Reader {
    Kind kind;
    ClientHooks hooks;
    Client client;
    Topic topic;
    Partition partition;
    std::vector<ports::LogRecord> stretch;

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
    stretch.clear();
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

// Waits for so many bytes, or for one record where a single answer must do, and takes what has come with them: not more than one client
// fetches at once, since one that asks ahead may bring more for as long as somebody takes it.
Status RangeReaders::Reader::take(Queue& queue, Offset from, Offset until, std::size_t bytes) {
    const auto end = SteadyClock::now() + std::chrono::microseconds(limits::kafka_read_deadline.us);
    Offset next = from;
    for (std::size_t taken = 0; next < until && taken < bytes + limits::kafka_fetch_bytes_max;) {
        const bool enough = kind == Kind::single ? next > from : taken >= bytes;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now()).count();
        if (left <= 0) {
            if (next > from) return {};
            return fault(FaultCode::unavailable, name_of(partition, from) + " did not come from its broker in time");
        }
        const auto came = take_one(queue, next, enough ? 0 : static_cast<int>(left));
        if (!came) {
            // It will be told when it is read itself.
            if (enough) return {};
            return std::unexpected(came.error());
        }
        if (!*came && enough) return {};
        if (!*came) continue;
        taken += stretch.back().bytes.size();
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
    stretch.push_back({wanted, SharedBytes(std::string(static_cast<const char*>(message->payload), message->payload == nullptr ? 0 : message->len))});
    return true;
}

Result<std::vector<ports::LogRecord>> RangeReaders::read(Partition partition, Offset from, Offset until, std::size_t bytes_max) {
    if (auto at_hand = ahead_.page(partition, from, bytes_max); !at_hand.empty()) return at_hand;
    auto stretch = fetch(partition, from, until, bytes_max);
    if (!stretch) return stretch;
    auto page = page_of(*stretch, 0, bytes_max);
    stretch->erase(stretch->begin(), stretch->begin() + static_cast<std::ptrdiff_t>(page.size()));
    ahead_.keep(partition, std::move(*stretch));
    return page;
}

Result<std::vector<ports::LogRecord>> RangeReaders::fetch(Partition partition, Offset from, Offset until, std::size_t bytes) {
    auto reader = borrow(bytes <= answer_bytes ? Kind::single : Kind::flowing);
    if (!reader) return std::unexpected(std::move(reader.error()));
    const auto fetched = (*reader)->fetch(partition, from, until, bytes);
    auto stretch = std::exchange((*reader)->stretch, {});
    give_back(std::move(*reader));
    if (!fetched) return std::unexpected(fetched.error());
    return stretch;
}

Result<RangeReaders::ReaderHandle> RangeReaders::borrow(Kind kind) {
    ReaderHandle of_other_kind;  // it takes its time to end: not under the lock
    {
        std::unique_lock lock(mutex_);
        const auto wait = std::chrono::microseconds(limits::kafka_read_deadline.us);
        if (!idle_changed_.wait_for(lock, wait, [&] { return !idle_.empty() || readers_ < limits::kafka_range_readers_max; })) {
            return fault(FaultCode::unavailable, "too many reads of older records at once");
        }
        if (const auto found = std::ranges::find(idle_, kind, [](const auto& reader) { return reader->kind; }); found != idle_.end()) {
            auto reader = std::move(*found);
            idle_.erase(found);
            return reader;
        }
        if (readers_ < limits::kafka_range_readers_max) {
            ++readers_;
        } else {
            of_other_kind = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    ReaderHandle reader(new Reader{.kind = kind});
    if (auto ready = make_ready(*reader); !ready) {
        const std::scoped_lock lock(mutex_);
        --readers_;
        idle_changed_.notify_one();
        return std::unexpected(std::move(ready.error()));
    }
    return reader;
}

Status RangeReaders::make_ready(Reader& reader) {
    auto client = make_reader(options_, reader.hooks, settings(reader.kind == Kind::flowing));
    if (!client) return std::unexpected(std::move(client.error()));
    reader.client = std::move(*client);
    auto topic = open_topic(reader.client.get(), options_.topic);
    if (!topic) return std::unexpected(std::move(topic.error()));
    reader.topic = std::move(*topic);
    return {};
}

void RangeReaders::give_back(ReaderHandle reader) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(reader));
    idle_changed_.notify_one();
}

}  // namespace granary::kafka
