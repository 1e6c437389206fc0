// The producer on librdkafka's mock brokers, which take whatever comes, so that the order in which it sends is all that counts.
#include "platform/adapters/kafka/producer.hpp"

#include <doctest/doctest.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <string>

#include "platform/adapters/kafka/batch_producer.hpp"
#include "platform/adapters/kafka/range_reader.hpp"

namespace granary::kafka {
namespace {

constexpr std::int16_t produce_api = 0, fetch_api = 1, list_offsets_api = 2;  // the numbers of Kafka's requests
constexpr std::size_t one_per_request = 600 * 1024;  // two of these don't fit into one request

// Brokers inside this process.
class MockBrokers {
  public:
    explicit MockBrokers(int count = 1) {
        std::array<char, 256> why{};
        host_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why.data(), why.size());
        REQUIRE_MESSAGE(host_ != nullptr, why.data());
        cluster_ = rd_kafka_mock_cluster_new(host_, count);
        REQUIRE(cluster_ != nullptr);
        REQUIRE(rd_kafka_mock_topic_create(cluster_, "shop", 2, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    ~MockBrokers() {
        rd_kafka_mock_cluster_destroy(cluster_);
        rd_kafka_destroy(host_);
    }
    MockBrokers(const MockBrokers&) = delete;
    MockBrokers& operator=(const MockBrokers&) = delete;

    std::string addresses() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
    void fail_next_produce(rd_kafka_resp_err_t error) { rd_kafka_mock_push_request_errors(cluster_, produce_api, 1, error); }
    void fail_next_fetch(rd_kafka_resp_err_t error) { rd_kafka_mock_push_request_errors(cluster_, fetch_api, 1, error); }
    // Of those who ask where a partition ends.
    void fail_next_asking(std::size_t times, rd_kafka_resp_err_t error) {
        for (std::size_t n = 0; n < times; ++n) rd_kafka_mock_push_request_errors(cluster_, list_offsets_api, 1, error);
    }

    void lead(std::int32_t partition, std::int32_t broker) { REQUIRE(rd_kafka_mock_partition_set_leader(cluster_, "shop", partition, broker) == RD_KAFKA_RESP_ERR_NO_ERROR); }
    void slow_down(int round_trip_ms) { REQUIRE(rd_kafka_mock_broker_set_rtt(cluster_, 1, round_trip_ms) == RD_KAFKA_RESP_ERR_NO_ERROR); }
    void kill(std::int32_t broker) { REQUIRE(rd_kafka_mock_broker_set_down(cluster_, broker) == RD_KAFKA_RESP_ERR_NO_ERROR); }

  private:
    rd_kafka_t* host_ = nullptr;
    rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

// Asks these brokers where partition 0 ends, or both.
class Asker {
  public:
    explicit Asker(const MockBrokers& brokers) : options_{.brokers = brokers.addresses(), .topic = "shop"} {
        auto made = make_asker(options_, hooks_);
        REQUIRE(made);
        client_ = std::move(*made);
    }
    Result<Positions> ends(Duration deadline) const { return ask_edges(client_.get(), "shop", {{0}, {1}}, Edge::end, deadline); }
    Result<Positions> end(Duration deadline) const { return ask_edges(client_.get(), "shop", {{0}}, Edge::end, deadline); }

  private:
    LogOptions options_;
    ClientHooks hooks_;
    Client client_;  // last: it uses both
};

struct Deliveries {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<ports::LogDelivery> all;

    Producer::Deliver take() {
        return [this](std::vector<Delivered>&& delivered) {
            const std::scoped_lock lock(mutex);
            for (auto& one : delivered) all.push_back(std::move(one.delivery));
            came.notify_all();
        };
    }
    std::vector<ports::LogDelivery> wait_for(std::size_t count) {
        std::unique_lock lock(mutex);
        REQUIRE(came.wait_for(lock, std::chrono::seconds(60), [&] { return all.size() >= count; }));
        return all;
    }
};

std::vector<ports::LogAppend> appends(std::uint64_t from, std::uint64_t count, std::size_t bytes = one_per_request) {
    std::vector<ports::LogAppend> all;
    for (auto token = from; token < from + count; ++token) all.push_back({{1}, "key", SharedBytes(std::string(bytes, static_cast<char>('a' + token % 26))), token});
    return all;
}

}  // namespace

TEST_CASE("whoever asks where a partition ends outlasts a leader that moves, and is told of one that never comes back") {
    MockBrokers brokers;
    const Asker asker(brokers);
    brokers.fail_next_asking(3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    const auto ends = asker.end(seconds(30));
    REQUIRE_MESSAGE(ends, ends.error().message);
    CHECK((*ends)->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR);
    CHECK((*ends)->elems[0].offset == 0);
    brokers.fail_next_asking(200, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    const auto never = asker.end(milliseconds(500));
    const bool failed = !never || (*never)->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR;
    CHECK(failed);
}

TEST_CASE("what a broker calls out of range is asked for again: it may have stood still while another one led") {
    MockBrokers brokers;
    const LogOptions options{.brokers = brokers.addresses(), .topic = "shop"};
    Deliveries deliveries;
    auto producer = Producer::start(options, 2, deliveries.take());
    REQUIRE(producer);
    REQUIRE((*producer)->append(appends(1, 3, 100)));
    deliveries.wait_for(3);
    RangeReaders readers(options);
    brokers.fail_next_fetch(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
    const auto read = readers.read({1}, {1}, {3}, 1000);
    REQUIRE_MESSAGE(read, read.error().message);
    REQUIRE(read->size() == 2);
    CHECK(read->front().offset == Offset{1});
}

TEST_CASE("whoever asks where a partition ends outlasts a leader that died, though it knows no other yet") {
    MockBrokers brokers(2);
    brokers.lead(0, 1);
    const Asker asker(brokers);
    REQUIRE(asker.end(seconds(30)));
    brokers.kill(1);
    brokers.lead(0, 2);
    const auto ends = asker.end(seconds(30));
    REQUIRE_MESSAGE(ends, ends.error().message);
    CHECK((*ends)->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR);
}

TEST_CASE("a producer that the brokers don't know sends one record and waits, so that nothing is stored behind one that was turned away") {
    MockBrokers brokers;
    LogOptions options{.brokers = brokers.addresses(), .topic = "shop"};
    Deliveries deliveries;
    auto producer = Producer::start(options, 2, deliveries.take());
    REQUIRE(producer);
    brokers.fail_next_produce(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    REQUIRE((*producer)->append(appends(0, 4)));
    const auto first = deliveries.wait_for(4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(first[i].token == i);
        CHECK(first[i].outcome == ports::DeliveryOutcome::stored);
        CHECK(first[i].offset == Offset{static_cast<std::int64_t>(i)});
    }
    CHECK((*producer)->renewals() == 0);
    // Known by now: several are under way at once, and all arrive.
    REQUIRE((*producer)->append(appends(4, 4)));
    CHECK(deliveries.wait_for(8)[7].offset == Offset{7});
}

TEST_CASE("what comes while records are under way goes out together when they have arrived, in order") {
    MockBrokers brokers;
    LogOptions options{.brokers = brokers.addresses(), .topic = "shop"};
    Deliveries deliveries;
    auto producer = Producer::start(options, 2, deliveries.take());
    REQUIRE(producer);
    REQUIRE((*producer)->append(appends(0, 1, 400)));
    deliveries.wait_for(1);  // known to the broker from here on
    brokers.slow_down(2000);
    for (std::uint64_t token = 1; token <= 100; ++token) REQUIRE((*producer)->append(appends(token, 1, 400)));
    const auto all = deliveries.wait_for(101);
    for (std::size_t i = 0; i <= 100; ++i) {
        CHECK(all[i].token == i);
        CHECK(all[i].offset == Offset{static_cast<std::int64_t>(i)});
    }
    CHECK((*producer)->handfuls() == 3);  // the first, the one behind it, and the other ninety-nine

    // What is given at once goes at once, up to what fits into a request.
    brokers.slow_down(0);
    REQUIRE((*producer)->append(appends(101, 1000, 1000)));
    CHECK(deliveries.wait_for(1101)[1100].offset == Offset{1100});
    CHECK((*producer)->handfuls() == 5);
    CHECK((*producer)->renewals() == 0);
}

TEST_CASE("what a producer holds back when it is closed or dropped was certainly not stored, and everything is delivered once") {
    LogOptions options{.brokers = "127.0.0.1:1", .topic = "shop"};  // nobody answers
    options.delivery_timeout = milliseconds(100);
    Deliveries deliveries;
    auto producer = Producer::start(options, 2, deliveries.take());
    REQUIRE(producer);
    REQUIRE((*producer)->append(appends(0, 3)));
    const auto all = deliveries.wait_for(3);
    CHECK(all.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(all[i].token == i);
        if (i > 0) CHECK(all[i].outcome == ports::DeliveryOutcome::refused);
    }
    CHECK((*producer)->renewals() == 1);
    producer->reset();
    CHECK(deliveries.all.size() == 3);
}

TEST_CASE("of a batch all is stored, in order, or the batch has failed: a record that was turned away is not taken for stored because one behind it was") {
    MockBrokers brokers;
    const LogOptions options{.brokers = brokers.addresses(), .topic = "shop"};
    const std::atomic<bool> cancelled{false};
    BatchProducer producer(options, cancelled);
    const std::string value(2 * one_per_request, 'v');  // two of these don't fit into one
    std::vector<OutgoingRecord> batch(3, {"shop", "key", value});
    brokers.fail_next_produce(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    REQUIRE(producer.publish(batch, seconds(60), "records"));
    const Asker asker(brokers);
    const auto ends = asker.ends(seconds(30));
    REQUIRE(ends);
    CHECK((*ends)->elems[0].offset + (*ends)->elems[1].offset == 3);
}

}  // namespace granary::kafka
