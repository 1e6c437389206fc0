// Reads and writes the record that says which log a topic holds.
#include "platform/adapters/kafka/identity.hpp"

#include <charconv>
#include <condition_variable>
#include <mutex>

#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/errors.hpp"
#include "platform/adapters/kafka/producer.hpp"
#include "platform/adapters/kafka/range_reader.hpp"

namespace granary::kafka {
namespace {

constexpr std::string_view magic = "granary-log 1 ";
constexpr std::string_view copy_mark = " copy ";
constexpr std::size_t hex_digits = 32;

std::string live_text(Uuid place) { return "granary-log-live 1 " + hex_of(place); }

LogOptions options_of_identity(const LogOptions& options) {
    LogOptions changed = options;
    changed.topic = identity_topic(options);
    return changed;
}

std::string where(const LogOptions& options) { return "a log in the Kafka topic " + options.topic + " at " + options.brokers; }

// One record, appended and acknowledged.
Status append_one(const LogOptions& options, std::string text) {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<ports::LogDelivery> delivery;
    auto producer = Producer::start(options, 1, [&](std::vector<Delivered>&& delivered) {
        const std::scoped_lock lock(mutex);
        delivery = std::move(delivered.front().delivery);
        came.notify_one();
    });
    if (!producer) return std::unexpected(std::move(producer.error()));
    std::vector<ports::LogAppend> appends;
    appends.push_back({{0}, {}, SharedBytes(std::move(text)), 0});
    if (auto queued = (*producer)->append(std::move(appends)); !queued) return queued;
    std::unique_lock lock(mutex);
    const bool answered = came.wait_for(lock, std::chrono::microseconds(limits::kafka_open_deadline.us), [&] { return delivery.has_value(); });
    const auto found = delivery;
    lock.unlock();  // the producer may still deliver while it is taken down
    producer->reset();
    if (!answered) return fault(FaultCode::timed_out, "the identity of " + where(options) + " is not acknowledged");
    using enum ports::DeliveryOutcome;
    if (found->outcome == stored || found->outcome == stored_offset_unknown) return {};
    return std::unexpected(found->fault);
}

// Whether a record behind the first says that the copy of this place is live.
Result<bool> find_live(RangeReaders& readers, Uuid place, Offset end) {
    const std::string wanted = live_text(place);
    for (Offset at{1}; at < end;) {
        const auto page = readers.read({0}, at, end, limits::log_read_bytes_max);
        if (!page) return std::unexpected(page.error());
        for (const auto& record : *page) {
            if (record.bytes.view() == wanted) return true;
        }
        at = page->back().offset.next();
    }
    return false;
}

}  // namespace

std::string identity_topic(const LogOptions& options) { return options.topic + ".identity"; }

std::string text_of_identity(const ports::LogIdentity& identity, const std::string& topic) {
    std::string text = std::string(magic) + hex_of(identity.id) + " " + std::to_string(identity.partitions) + " " + topic;
    if (!identity.place.is_nil()) text += std::string(copy_mark) + hex_of(identity.place);
    return text;
}

std::optional<ports::LogIdentity> parse_identity(std::string_view text, const std::string& topic) {
    if (!text.starts_with(magic) || text.size() < magic.size() + hex_digits + 1) return std::nullopt;
    const auto id = parse_hex_uuid(text.substr(magic.size(), hex_digits));
    if (!id) return std::nullopt;
    ports::LogIdentity identity{*id, 0};
    const auto rest = text.substr(magic.size() + hex_digits + 1);
    std::from_chars(rest.data(), rest.data() + rest.size(), identity.partitions);
    if (const auto mark = rest.rfind(copy_mark); mark != std::string_view::npos) {
        if (const auto place = parse_hex_uuid(rest.substr(mark + copy_mark.size()))) identity.place = *place;
    }
    // Written again it must be the same, to the last byte.
    if (identity.id.is_nil() || identity.partitions == 0 || identity.partitions > limits::partitions_max || text != text_of_identity(identity, topic)) return std::nullopt;
    return identity;
}

Result<ports::LogIdentity> read_identity(const LogOptions& options, Duration patience) {
    const LogOptions own = options_of_identity(options);
    ClientHooks hooks;
    const auto asker = make_asker(own, hooks);
    if (!asker) return std::unexpected(asker.error());
    const auto partitions = partitions_of(asker->get(), own.topic, patience);
    if (!partitions) return std::unexpected(partitions.error());
    const std::string remedy = "there is not " + where(options) + "; `granary log create --log kafka` makes one";
    if (*partitions == 0) return fault(FaultCode::not_found, remedy);
    const auto ends = ask_edges(asker->get(), own.topic, {{0}}, Edge::end, limits::kafka_open_deadline);
    if (!ends) return std::unexpected(ends.error());
    const auto& end = (*ends)->elems[0];
    if (end.err != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(fault_of(end.err, "the topic " + own.topic));
    if (end.offset <= 0) return fault(FaultCode::not_found, remedy);
    RangeReaders readers(own);
    const auto first = readers.read({0}, {0}, {1}, 1);
    if (!first) return std::unexpected(first.error());
    auto identity = parse_identity(first->front().bytes.view(), options.topic);
    if (!identity) return fault(FaultCode::corrupt, "the first record of the topic " + own.topic + " is no identity of " + where(options));
    if (identity->place.is_nil()) return *identity;
    const auto live = find_live(readers, identity->place, {end.offset});
    if (!live) return std::unexpected(live.error());
    identity->live = *live;
    return *identity;
}

Status write_identity(const LogOptions& options, const ports::LogIdentity& identity) {
    const LogOptions own = options_of_identity(options);
    if (auto appended = append_one(own, text_of_identity(identity, options.topic)); !appended) return appended;
    const auto first = read_identity(options, limits::kafka_open_deadline);
    if (!first) return std::unexpected(first.error());
    if (first->id != identity.id || first->place != identity.place) return fault(FaultCode::conflict, "there is " + where(options) + " already");
    return {};
}

Status write_live(const LogOptions& options, Uuid place) { return append_one(options_of_identity(options), live_text(place)); }

}  // namespace granary::kafka
