// A position moves only when everything before it is acknowledged, and a failed batch is read and published again.
#include "integration/runtime/publisher.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/limits.hpp"

namespace granary::integration {
namespace {

std::size_t number_of(std::string_view topic) { return static_cast<std::size_t>(std::ranges::find(topics, topic) - topics.begin()); }

ports::PublishedUpTo place_of(const ChainReader& reader) {
    const auto anchor = reader.anchor();
    return {reader.next(), anchor.offset, anchor.offset.number < 0 ? Digest{} : anchor.hash};
}

}  // namespace

bool Publisher::turn(Duration patience) {
    const auto changes = options_.broker.poll(patience);
    if (!changes) return failed(changes.error());
    take(*changes);
    if (options_.clock.monotonic() < not_before_) return false;
    // Published and not kept: first of all, so that a restart repeats little.
    if (const auto kept = keep(); !kept) return failed(kept.error());
    auto batch = gather();
    if (!batch.events.empty()) {
        if (const auto published = publish(batch); !published) return failed(published.error());
    }
    for (const auto& advance : batch.advances) {
        auto& source = *advance.source;
        if (source.published == advance.published) continue;
        source.published = advance.published;
        source.kept = false;
        if (source.published.next >= source.seen_end) source.waiting_since.reset();
    }
    note(&batch);
    if (const auto kept = keep(); !kept) return failed(kept.error());
    if (batch.failed) return failed(*batch.failed);
    retry_ = {};
    const std::scoped_lock lock(mutex_);
    status_.failing = false;
    return batch.more;
}

// A failure is a pause, and whatever is not known to be published is read again after it.
bool Publisher::failed(const Fault& fault) {
    for (auto& [partition, source] : sources_) source.reader.reset();
    if (retry_.us == 0 && options_.notice) options_.notice("integration events wait: " + fault.message);
    retry_ = std::clamp(retry_ * 2, limits::integration_retry_min, limits::integration_retry_max);
    not_before_ = options_.clock.monotonic() + retry_;
    note(nullptr);
    const std::scoped_lock lock(mutex_);
    ++status_.failures;
    status_.failing = true;
    return false;
}

void Publisher::take(const ports::ShareChanges& changes) {
    if (changes.gone.empty() && changes.came.empty()) return;
    for (const auto partition : changes.gone) sources_.erase(partition);
    for (const auto& came : changes.came) {
        auto& source = sources_[came.partition];
        source = Source{};
        source.partition = came.partition;
        source.published = came.kept.value_or(ports::PublishedUpTo{{0}, {}, {}});
    }
    note(nullptr);
}

// -- reading ------------------------------------------------------------------------------------------------------------

Publisher::Batch Publisher::gather() {
    Batch batch;
    std::vector<Source*> order;
    for (auto& [partition, source] : sources_) order.push_back(&source);
    std::ranges::rotate(order, std::ranges::find_if(order, [&](const Source* source) { return source->partition >= first_; }));
    for (auto* source : order) {
        // Brokers that are silent for one partition are so for the next: each costs a deadline, and what is at hand need not wait for all of them.
        if (batch.bytes >= limits::integration_batch_bytes_max || batch.failed) {
            first_ = source->partition;
            break;
        }
        if (!source->halted) read(*source, batch);
    }
    return batch;
}

Status Publisher::open(Source& source) {
    // A position without its record was set by hand: the chain is followed from the beginning, and nothing published before it.
    std::optional<ChainAnchor> anchor;
    if (source.published.anchor.number >= 0) anchor = ChainAnchor{source.published.anchor, source.published.hash};
    auto reader = ChainReader::open(options_.log, source.partition, anchor);
    if (!reader) return std::unexpected(std::move(reader.error()));
    source.reader.emplace(std::move(*reader));
    return {};
}

void Publisher::read(Source& source, Batch& batch) {
    Status opened = source.reader ? Status() : open(source);
    const auto records = opened ? source.reader->read(limits::integration_read_bytes_max) : Result<std::vector<AcceptedRecord>>(std::unexpected(opened.error()));
    if (!records) {
        if (records.error().retryable()) batch.failed = records.error();
        else halt(source, records.error().message);
        return;
    }
    source.seen_end = source.reader->next();
    if (!records->empty()) {
        batch.more = true;
        // How much more there is; a page of one record is at hand in most logs.
        const auto page = options_.log.read(source.partition, source.seen_end, 1);
        if (page) source.seen_end = std::max(source.seen_end, page->end);
    }
    for (const auto& record : *records) {
        if (!add(source, record, batch)) return;
    }
    if (source.reader->next() > source.published.next) batch.advances.push_back({&source, place_of(*source.reader)});
}

bool Publisher::add(Source& source, const AcceptedRecord& record, Batch& batch) {
    const auto* commit = std::get_if<Commit>(&record.entry);
    if (commit == nullptr || record.position.offset < source.published.next) return true;
    if (!source.waiting_since) source.waiting_since = commit->meta.time;
    auto events = cloud_events_of(*commit, record.position, options_.log.identity().id);
    if (std::ranges::any_of(events, [](const CloudEvent& event) { return event.bytes() > limits::integration_event_bytes_max; })) {
        halt(source, "the events of position " + text_of(record.position) + " are larger than an integration event may be");
        return false;
    }
    for (auto& event : events) {
        batch.bytes += event.bytes();
        ++batch.by_topic[number_of(event.topic)];
        batch.events.push_back({std::string(event.topic), std::move(event.key), std::move(event.headers), std::move(event.body)});
    }
    return true;
}

void Publisher::halt(Source& source, const std::string& why) {
    source.halted = true;
    source.reader.reset();
    if (options_.notice) options_.notice("integration events of partition " + std::to_string(source.partition.number) + " are halted: " + why);
}

// -- publishing ---------------------------------------------------------------------------------------------------------

Status Publisher::publish(Batch& batch) { return options_.broker.publish(std::move(batch.events), limits::integration_publish_deadline); }

Status Publisher::keep() {
    std::vector<ports::KeptPosition> positions;
    for (const auto& [partition, source] : sources_) {
        if (!source.kept) positions.push_back({partition, source.published});
    }
    if (positions.empty()) return {};
    if (auto kept = options_.broker.keep(positions, limits::integration_keep_deadline); !kept) return kept;
    for (const auto& position : positions) sources_[position.partition].kept = true;
    return {};
}

// -- what is seen from outside --------------------------------------------------------------------------------------------

void Publisher::note(const Batch* published) {
    PublisherStatus now;
    std::optional<Time> oldest;
    for (const auto& [partition, source] : sources_) {
        ++now.partitions;
        if (source.halted) ++now.halted;
        if (source.seen_end > source.published.next) now.lag_records += static_cast<std::uint64_t>(source.seen_end.number - source.published.next.number);
        if (source.waiting_since && (!oldest || *source.waiting_since < *oldest)) oldest = source.waiting_since;
    }
    const std::scoped_lock lock(mutex_);
    status_.partitions = now.partitions;
    status_.halted = now.halted;
    status_.lag_records = now.lag_records;
    oldest_ = oldest;
    if (published == nullptr) return;
    for (std::size_t i = 0; i < topics.size(); ++i) status_.published[i] += published->by_topic[i];
}

PublisherStatus Publisher::status() const {
    const std::scoped_lock lock(mutex_);
    PublisherStatus status = status_;
    if (oldest_) status.lag = std::max(options_.clock.now() - *oldest_, Duration{});
    return status;
}

}  // namespace granary::integration
