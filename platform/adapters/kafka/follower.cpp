// One consumer over all partitions, made anew whenever the log's history is in doubt.
#include "platform/adapters/kafka/follower.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "platform/adapters/kafka/errors.hpp"

namespace granary::kafka {
namespace {

constexpr int poll_ms = 20;
constexpr std::size_t batch_max = 1024;
constexpr std::int64_t newest_records = 64;      // of each partition, at hand after the start
constexpr Duration ask_deadline = seconds(1);    // while following: others' records wait meanwhile

std::vector<Partition> first_partitions(std::uint32_t count) {
    std::vector<Partition> all;
    for (std::uint32_t number = 0; number < count; ++number) all.push_back({number});
    return all;
}

SharedBytes bytes_of(const rd_kafka_message_t& message) {
    return SharedBytes(std::string(static_cast<const char*>(message.payload), message.payload == nullptr ? 0 : message.len));
}

void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds_of(limits::kafka_retry))); }

// Own records are at hand when they are acknowledged, so only those of other nodes are waited for: a fetch that takes what has
// gathered in 50 ms costs brokers and nodes as much as one that takes a single record.
Settings settings() {
    return {
        {"fetch.min.bytes", "131072"},
        {"fetch.wait.max.ms", "50"},
        {"fetch.message.max.bytes", "1048576"},
        {"queued.min.messages", "1000000"},
        {"queued.max.messages.kbytes", "16384"},
    };
}

}  // namespace

Result<std::unique_ptr<Follower>> Follower::start(const LogOptions& options, Tail& tail, std::uint32_t partitions, Grown grown) {
    std::unique_ptr<Follower> follower(new Follower(options, tail, partitions, std::move(grown)));
    if (auto begun = follower->begin(); !begun) return std::unexpected(std::move(begun.error()));
    follower->thread_ = std::thread([raw = follower.get()] { raw->run(); });
    if (!tail.wait_until_level(limits::kafka_open_deadline)) return fault(FaultCode::timed_out, "the newest records of the topic " + options.topic + " don't come from its brokers");
    return follower;
}

Follower::Follower(const LogOptions& options, Tail& tail, std::uint32_t partitions, Grown grown)
    : options_(options), tail_(tail), partitions_(first_partitions(partitions)), grown_(std::move(grown)), has_grown_(partitions), short_since_(partitions) {}

Follower::~Follower() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

// -- connecting ---------------------------------------------------------------------------------------------------------

Status Follower::begin() {
    auto connection = connect();
    if (!connection) return std::unexpected(std::move(connection.error()));
    rd_kafka_t* client = (*connection)->client.get();
    const auto beginnings = ask_edges(client, options_.topic, partitions_, Edge::beginning, limits::kafka_open_deadline);
    if (!beginnings) return std::unexpected(beginnings.error());
    const auto ends = ask_edges(client, options_.topic, partitions_, Edge::end, limits::kafka_open_deadline);
    if (!ends) return std::unexpected(ends.error());
    for (const auto partition : partitions_) {
        const auto& low = (*beginnings)->elems[partition.number];
        const auto& high = (*ends)->elems[partition.number];
        for (const auto& edge : {low, high}) {
            if (edge.err != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(edge.err, "partition " + std::to_string(partition.number) + " of the topic " + options_.topic));
        }
        if (low.offset > 0) {
            return fault(FaultCode::corrupt, "partition " + std::to_string(partition.number) + " of the topic " + options_.topic + " begins at offset " + std::to_string(low.offset) +
                                                 ": the records before it were deleted; restore the topic, and keep its retention unlimited");
        }
        tail_.start_at(partition, {std::max<std::int64_t>(0, high.offset - newest_records)});
        tail_.reaches(partition, {std::max<std::int64_t>(0, high.offset)});
    }
    if (auto followed = follow(**connection); !followed) return followed;
    connection_ = std::move(*connection);
    return {};
}

Result<std::unique_ptr<Follower::Connection>> Follower::connect() {
    auto made = std::make_unique<Connection>();
    made->hooks.owner = this;
    made->hooks.failed = on_failure;
    auto client = make_reader(options_, made->hooks, settings());
    if (!client) return std::unexpected(std::move(client.error()));
    made->client = std::move(*client);
    auto topic = open_topic(made->client.get(), options_.topic);
    if (!topic) return std::unexpected(std::move(topic.error()));
    made->topic = std::move(*topic);
    made->queue.reset(rd_kafka_queue_new(made->client.get()));
    made->checks.resize(partitions_.size());
    return made;
}

// From the last record that is at hand, which is read again and compared.
Status Follower::follow(Connection& connection) {
    for (const auto& doubted : tail_.doubted()) {
        auto last = tail_.last(doubted.partition);
        const auto place = tail_.place(doubted.partition);
        if (last) connection.checks[doubted.partition.number] = Check{doubted, {place.end.number - 1}, std::move(*last)};
        else tail_.settle(doubted);
    }
    for (const auto partition : partitions_) {
        if (tail_.condemned(partition)) continue;
        const auto& check = connection.checks[partition.number];
        const std::int64_t from = check ? check->offset.number : tail_.place(partition).end.number;
        if (rd_kafka_consume_start_queue(connection.topic.get(), static_cast<std::int32_t>(partition.number), from, connection.queue.get()) != 0) {
            return std::unexpected(fault_of(rd_kafka_last_error(), "partition " + std::to_string(partition.number) + " can't be followed"));
        }
    }
    return {};
}

void Follower::on_failure(rd_kafka_t*, int error, const char*, void* hooks) {
    auto* self = static_cast<Follower*>(static_cast<ClientHooks*>(hooks)->owner);
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) self->all_brokers_down_ = true;
}

// -- following ----------------------------------------------------------------------------------------------------------

void Follower::run() {
    while (!stopping_) {
        if (connection_) take_what_came();
        // Whatever happened to the topic while no broker could be reached was not seen.
        if (all_brokers_down_.exchange(false)) tail_.doubt_all(Tail::Doubt::history);
        auto doubted = tail_.doubted();
        if (!connection_ || std::ranges::any_of(doubted, [&](const auto& one) { return needs_connection(one); })) {
            reconnect();
        } else {
            std::erase_if(doubted, [](const auto& one) { return one.what != Tail::Doubt::end; });
            if (!doubted.empty()) settle_ends(doubted);
        }
        tell_growth();
    }
}

// A doubt about the history is cleared up by a fresh connection, unless the present one is about to.
bool Follower::needs_connection(const Tail::Doubted& doubted) const {
    if (doubted.what != Tail::Doubt::history) return false;
    const auto& check = connection_->checks[doubted.partition.number];
    return !check || check->doubted.number != doubted.number;
}

void Follower::reconnect() {
    connection_.reset();
    pause();
    auto fresh = connect();
    const auto compared = fresh ? compare_ends((*fresh)->client.get(), partitions_, limits::kafka_end_deadline) : Status(std::unexpected(fresh.error()));
    const auto followed = compared ? follow(**fresh) : compared;
    if (!followed) {
        if (options_.notice) options_.notice("kafka: the topic " + options_.topic + " can't be followed, trying again: " + followed.error().message);
        return;
    }
    connection_ = std::move(*fresh);
}

// True once the partition has been told to end too early for so long that whoever says so is no old leader that stood still.
bool Follower::stays_short(Partition partition) {
    auto& since = short_since_[partition.number];
    if (!since) since = std::chrono::steady_clock::now();
    return std::chrono::steady_clock::now() - *since >= std::chrono::microseconds(limits::kafka_read_deadline.us);
}

// A log that ends before what was known of it when it was asked was cut: records that came since prove nothing. unavailable: it
// may be, and has to be asked again.
Status Follower::compare_ends(rd_kafka_t* client, const std::vector<Partition>& partitions, Duration deadline) {
    std::vector<std::int64_t> known_before(partitions_.size());
    for (const auto partition : partitions) known_before[partition.number] = tail_.place(partition).end.number;
    const auto ends = ask_edges(client, options_.topic, partitions, Edge::end, deadline);
    if (!ends) {
        // Between two answers that were not had in a row, anything may have been said: the ten seconds begin anew.
        std::ranges::fill(short_since_, std::nullopt);
        return std::unexpected(ends.error());
    }
    Status sure;
    for (int i = 0; i < (*ends)->cnt; ++i) {
        const auto& end = (*ends)->elems[i];
        const Partition partition{static_cast<std::uint32_t>(end.partition)};
        if (end.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            short_since_[partition.number].reset();
            return std::unexpected(fault_of(end.err, "partition " + std::to_string(partition.number)));
        }
        const auto known = known_before[partition.number];
        if (end.offset >= known) {
            short_since_[partition.number].reset();
            tail_.reaches(partition, {end.offset});
        } else if (stays_short(partition)) {
            condemn(partition, "it ends at offset " + std::to_string(end.offset) + ", and held " + std::to_string(known) + " records before");
        } else {
            sure = fault(FaultCode::unavailable, "partition " + std::to_string(partition.number) + " is said to end before records that were there");
        }
    }
    return sure;
}

void Follower::settle_ends(const std::vector<Tail::Doubted>& doubted) {
    std::vector<Partition> partitions;
    for (const auto& one : doubted) partitions.push_back(one.partition);
    if (const auto compared = compare_ends(connection_->client.get(), partitions, ask_deadline); !compared) return pause();
    for (const auto& one : doubted) {
        tail_.settle(one);
        has_grown_[one.partition.number] = true;
    }
}

void Follower::take_what_came() {
    rd_kafka_poll(connection_->client.get(), 0);
    std::array<rd_kafka_message_t*, batch_max> messages{};
    messages[0] = rd_kafka_consume_queue(connection_->queue.get(), poll_ms);
    if (messages[0] == nullptr) return;
    const auto more = rd_kafka_consume_batch_queue(connection_->queue.get(), 0, messages.data() + 1, batch_max - 1);
    for (std::size_t i = 0; i <= static_cast<std::size_t>(std::max<ssize_t>(more, 0)); ++i) {
        take(*messages[i]);
        rd_kafka_message_destroy(messages[i]);
    }
}

void Follower::take(const rd_kafka_message_t& message) {
    if (message.partition < 0 || static_cast<std::size_t>(message.partition) >= partitions_.size()) return;
    const Partition partition{static_cast<std::uint32_t>(message.partition)};
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return take_record(partition, {message.offset}, bytes_of(message));
    if (options_.notice) options_.notice("kafka: " + fault_of(message.err, "partition " + std::to_string(partition.number)).message);
    // Whatever the reason, the connection stands still here: look anew, and hold what is at hand against what is there.
    connection_->checks[partition.number].reset();
    tail_.doubt(partition, Tail::Doubt::history);
}

void Follower::take_record(Partition partition, Offset offset, SharedBytes record) {
    check(connection_->checks[partition.number], partition, offset, record);
    if (tail_.condemned(partition)) return;
    switch (tail_.add(partition, offset, record)) {
        case Tail::Added::kept: has_grown_[partition.number] = true; return;
        case Tail::Added::there:
        case Tail::Added::gone: return;
        case Tail::Added::another: return condemn(partition, "the record at offset " + std::to_string(offset.number) + " is not the one that was acknowledged there");
        case Tail::Added::ahead: break;
    }
    condemn(partition, "after offset " + std::to_string(tail_.place(partition).end.number - 1) + " comes " + std::to_string(offset.number) +
                           ": records are missing, or somebody writes to the topic in transactions");
}

void Follower::check(std::optional<Check>& wanted, Partition partition, Offset offset, const SharedBytes& record) {
    if (!wanted) return;
    if (offset != wanted->offset || record.view() != wanted->record.view()) {
        condemn(partition, "the record at offset " + std::to_string(wanted->offset.number) + " is not the one that was there before");
    } else {
        tail_.settle(wanted->doubted);
        has_grown_[partition.number] = true;
    }
    wanted.reset();
}

void Follower::condemn(Partition partition, const std::string& why) {
    const std::string text = "partition " + std::to_string(partition.number) + " of the topic " + options_.topic + " was cut or replaced while it was open: " + why +
                             "; stop every node and restore the topic";
    if (options_.notice) options_.notice("kafka: " + text);
    tail_.condemn(partition, {FaultCode::corrupt, text});
    has_grown_[partition.number] = true;
}

void Follower::tell_growth() {
    std::vector<Partition> grown;
    for (std::uint32_t number = 0; number < has_grown_.size(); ++number) {
        if (has_grown_[number]) grown.push_back({number});
    }
    if (grown.empty()) return;
    has_grown_.assign(has_grown_.size(), false);
    grown_(grown);
}

}  // namespace granary::kafka
