// Appends through an idempotent producer and says what became of each record, in order per partition; drops the producer and
// makes another when the fate of something in flight is unknown. What it stores of a partition's appends has no holes: a record
// is stored only behind all those that were queued before it and were not refused for their size. Brokers see to that by
// sequence numbers, once they know a producer in a partition; until then it has one record at a time under way there.
//
// A request to a broker holds one partition's records, and costs the brokers and every reader about the same whether it holds one
// or a hundred. So what comes while some of a partition's records are under way waits for them
// (docs/decisions/0063-gathering-appends.md): many requests of one record each become few of many, the more so the slower the brokers are.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/kafka_log.hpp"
#include "platform/ports/log.hpp"

namespace granary::kafka {

// A delivery and the record that it is about.
struct Delivered {
    ports::LogDelivery delivery;
    SharedBytes record;
};

// One librdkafka producer.
struct ProducerClient {
    ClientHooks hooks;
    Client client;
    Topic topic;
};

class Producer {
  public:
    // Called on the producer's own thread.
    using Deliver = std::function<void(std::vector<Delivered>&&)>;

    // The options must outlive it.
    static Result<std::unique_ptr<Producer>> start(const LogOptions& options, std::uint32_t partitions, Deliver deliver);
    // Waits up to limits::kafka_close_deadline for what is queued; delivers everything.
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    // As ports::Log::append; the partitions exist.
    Status append(std::vector<ports::LogAppend>&& appends);

    // Producers dropped so far.
    std::uint64_t renewals() const { return renewals_; }
    // Handfuls of one partition's records that were handed to the client library.
    std::uint64_t handfuls() const { return handfuls_; }

  private:
    // Stays where it is until it is delivered: the client library holds its address and reads its bytes.
    struct Pending {
        ports::LogDelivery delivery;
        SharedBytes record;
        std::string key;
        std::chrono::steady_clock::time_point since;
        bool settled = false;
        bool sent = false;  // handed to the client library
    };
    struct Queue {
        std::deque<Pending> records;  // in the order of the appends; those that are not sent yet are the last ones
        std::size_t held = 0;         // that are not sent yet
        std::size_t under_way = 0;    // sent and not settled
        bool touched = false;         // by the append that is being taken
        // When the partition's leader last stored a record of this client; it then knows what must come next.
        std::optional<std::chrono::steady_clock::time_point> known_at;

        bool is_known() const;
        // How many of those that are held may be sent now.
        std::size_t sendable() const;
        Pending& first_held() { return records[records.size() - held]; }
    };

    Producer(const LogOptions& options, std::uint32_t partitions, Deliver deliver);

    static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* hooks);
    static void on_failure(rd_kafka_t* client, int error, const char* text, void* hooks);
    Result<std::unique_ptr<ProducerClient>> make();
    void send_held(Queue& queue);
    void hold(ports::LogAppend&& append);
    void produce(Pending& pending);
    void settle(Pending& pending, int error, std::int64_t offset, bool surely_not_stored);
    void run();
    void report();
    void renew();
    bool overdue() const;
    void drain(rd_kafka_t* client, Duration deadline);
    void refuse_held();
    void give_up_the_rest();
    void close();
    bool nothing_pending() const;

    const LogOptions& options_;
    const Deliver deliver_;
    mutable std::mutex mutex_;  // of everything below but what is said to be the thread's own
    std::unique_ptr<ProducerClient> client_;  // null while there is none
    std::vector<Queue> pending_;  // per partition
    std::size_t pending_records_ = 0;
    std::size_t pending_bytes_ = 0;
    bool closing_ = false;
    bool broken_ = false;  // the client took no more: nothing may go in behind what it did not take
    bool must_renew_ = false;  // the thread's own
    std::atomic<std::uint64_t> renewals_{0};
    std::atomic<std::uint64_t> handfuls_{0};
    std::thread thread_;
};

}  // namespace granary::kafka
