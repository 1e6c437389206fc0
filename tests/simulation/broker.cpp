// How appends travel: in order per partition and connection, each stored and answered at moments of their own.
#include "tests/simulation/broker.hpp"

#include <algorithm>
#include <utility>

#include "core/chain.hpp"
#include "core/limits.hpp"

namespace granary::simulation {

using ports::DeliveryOutcome;

// Per partition: until when the way is taken, which appends still get through, and what waits for the process to go on.
struct NodeLog::Way {
    struct Lane {
        Duration stored_last, answered_last;
        Duration broken_until;  // what is sent before then is lost with what was lost before it
        std::uint64_t sent = 0;
        std::uint64_t arrived = 0;
        std::uint64_t cut = UINT64_MAX;  // appends from this one on never arrive
        bool held = false;
        std::deque<std::function<void()>> waiting;
    };
    NodeLog* log = nullptr;  // while the process lives
    std::vector<Lane> lanes;
};

void Broker::put(Partition partition, const SharedBytes& record) {
    note_sent(record, 1);
    (void)store(partition, record);
}

std::size_t Broker::sent_behind(const Digest& head) const {
    const auto found = sent_behind_.find(head);
    return found == sent_behind_.end() ? 0 : found->second;
}

void Broker::note_sent(const SharedBytes& record, std::size_t times) {
    if (const auto header = chain::parse_header(record.view())) sent_behind_[header->prev] += times;
}

Offset Broker::store(Partition partition, const SharedBytes& record) {
    auto& records = records_[partition.number];
    const Offset offset{static_cast<std::int64_t>(records.size())};
    records.push_back(record);
    stored_at_[partition.number].push_back(schedule_.now());
    schedule_.trace("stored", {partition.number, static_cast<std::uint64_t>(offset.number), record.size()});
    for (const auto& [number, connection] : connections_) connection->hear_of(partition);
    return offset;
}

NodeLog::NodeLog(Broker& broker, Fuse& fuse, std::function<void()> heard)
    : broker_(broker), fuse_(fuse), number_(broker.next_connection_++), heard_something_(std::move(heard)), way_(std::make_shared<Way>()) {
    way_->log = this;
    way_->lanes.resize(broker.identity_.partitions);
    for (const auto& records : broker.records_) heard_.push_back({static_cast<std::int64_t>(records.size())});
    broker_.connections_.emplace(number_, this);
}

NodeLog::~NodeLog() {
    broker_.connections_.erase({number_, this});
    way_->log = nullptr;
    Dice& dice = broker_.schedule_.dice();
    for (auto& lane : way_->lanes) {
        lane.cut = lane.arrived + dice.below(lane.sent - lane.arrived + 1);
        lane.held = false;
        for (auto& arrive : std::exchange(lane.waiting, {})) arrive();
    }
}

Status NodeLog::append(std::vector<ports::LogAppend> appends) {
    if (fuse_.stops()) return {};
    if (broker_.schedule_.dice().chance(broker_.faults.call_refused)) return fault(FaultCode::unavailable, "too many records wait for the log");
    for (const auto& one : appends) send(one);
    return {};
}

NodeLog::Planned NodeLog::plan(const ports::LogAppend& append) {
    const LogFaults& faults = broker_.faults;
    Dice& dice = broker_.schedule_.dice();
    auto& lane = way_->lanes[append.partition.number];
    const Duration now = broker_.schedule_.now();
    Planned planned;
    Duration there = dice.between(Duration{50}, faults.latency_max);
    Duration back = dice.between(Duration{50}, faults.latency_max);
    if (dice.chance(faults.slow)) (dice.chance(500) ? there : back) = dice.between(milliseconds(10), seconds(3));
    planned.answer = {append.partition, append.token, DeliveryOutcome::stored, {}, {}};
    const auto unknown = [&](bool stored, Duration more) {
        planned.stored = stored;
        there = there + more;
        planned.answer.outcome = DeliveryOutcome::unknown;
        planned.answer.fault = {FaultCode::timed_out, "no answer in time"};
        back = dice.between(milliseconds(1), seconds(4));
    };
    if (dice.chance(faults.offset_unknown)) planned.answer.outcome = DeliveryOutcome::stored_offset_unknown;
    else if (dice.chance(faults.unknown_stored)) unknown(true, {});
    else if (dice.chance(faults.unknown_late)) unknown(true, dice.between(milliseconds(100), seconds(20)));
    else if (dice.chance(faults.unknown_lost)) unknown(false, {});
    else if (dice.chance(faults.refused)) {
        planned.stored = false;
        planned.answer.outcome = DeliveryOutcome::refused;
        planned.answer.fault = {FaultCode::unavailable, "refused"};
    }
    if (broker_.keeps_prefixes && now < lane.broken_until) unknown(false, {});
    planned.twice = dice.chance(faults.twice) && !broker_.keeps_prefixes;
    const bool known = planned.answer.outcome != DeliveryOutcome::unknown;
    planned.store_at = std::max(now + there, lane.stored_last + Duration{1});
    planned.answer_at = std::max((known ? planned.store_at : now) + back, lane.answered_last + Duration{1});
    lane.stored_last = planned.store_at;
    lane.answered_last = planned.answer_at;
    if (broker_.keeps_prefixes && !planned.stored) lane.broken_until = planned.answer_at + Duration{1};
    return planned;
}

void NodeLog::send(const ports::LogAppend& append) {
    Schedule& schedule = broker_.schedule_;
    Planned planned = plan(append);
    broker_.note_sent(append.record, planned.twice ? 2 : 1);
    auto& lane = way_->lanes[append.partition.number];
    const std::uint64_t number = lane.sent++;
    const auto answer = std::make_shared<ports::LogDelivery>(std::move(planned.answer));
    auto arrive = [&broker = broker_, way = way_, partition = append.partition, record = append.record, number, answer, planned = std::pair(planned.stored, planned.twice)] {
        auto& at = way->lanes[partition.number];
        ++at.arrived;
        if (number >= at.cut || !planned.first) return;
        const Offset offset = broker.store(partition, record);
        if (answer->outcome == DeliveryOutcome::stored) answer->offset = offset;
        if (!planned.second) return;
        const Duration later = broker.schedule_.dice().chance(500) ? Duration{} : broker.schedule_.dice().between(milliseconds(1), seconds(2));
        broker.schedule_.after(later, [&broker, partition, record] { (void)broker.store(partition, record); });
    };
    schedule.at(planned.store_at, [way = way_, partition = append.partition, arrive = std::move(arrive)] {
        auto& at = way->lanes[partition.number];
        if (at.held) at.waiting.push_back(arrive);
        else arrive();
    });
    // An answer never comes before what it tells of: a lane that was held has not stored it yet.
    const auto tell = std::make_shared<std::function<void()>>();
    *tell = [way = way_, partition = append.partition, number, answer, &schedule, again = std::weak_ptr(tell)] {
        if (way->log == nullptr) return;
        const bool waits = answer->outcome != DeliveryOutcome::unknown && way->lanes[partition.number].arrived <= number;
        if (!waits) return way->log->deliver(*answer);
        if (const auto self = again.lock()) schedule.after(milliseconds(1), [self] { (*self)(); });
    };
    schedule.at(planned.answer_at, [tell] { (*tell)(); });
}

void NodeLog::deliver(const ports::LogDelivery& delivery) {
    if (paused_) {
        unheard_.push_back(delivery);
        return;
    }
    broker_.schedule_.trace("answered", {number_, delivery.partition.number, delivery.token, static_cast<std::uint64_t>(delivery.outcome)});
    if (delivery.outcome == DeliveryOutcome::stored) heard_[delivery.partition.number] = std::max(heard_[delivery.partition.number], delivery.offset.next());
    for (auto* observer : std::vector(observers_)) observer->delivered(std::span(&delivery, 1));
    heard_something_();
}

void NodeLog::hear_of(Partition partition) {
    grown_.insert(partition.number);
    if (std::exchange(growth_planned_, true)) return;
    Dice& dice = broker_.schedule_.dice();
    const Duration delay = dice.chance(broker_.faults.slow) ? dice.between(milliseconds(5), milliseconds(500)) : dice.between(Duration{50}, broker_.faults.latency_max);
    broker_.schedule_.after(delay, [way = way_] {
        if (way->log != nullptr) way->log->tell_growth();
    });
}

void NodeLog::tell_growth() {
    growth_planned_ = false;
    if (paused_) return;
    std::vector<Partition> partitions;
    for (const std::uint32_t number : std::exchange(grown_, {})) {
        partitions.push_back({number});
        heard_[number] = {static_cast<std::int64_t>(broker_.records_[number].size())};
    }
    if (partitions.empty()) return;
    for (auto* observer : std::vector(observers_)) observer->grown(partitions);
    heard_something_();
}

Result<ports::LogPage> NodeLog::read(Partition partition, Offset from, std::size_t bytes_max) {
    if (partition.number >= broker_.records_.size() || from.number < 0) return fault(FaultCode::invalid_argument, "no such partition or offset");
    if (fuse_.blown() || broker_.schedule_.dice().chance(broker_.faults.read)) return fault(FaultCode::unavailable, "the brokers don't answer");
    const auto& records = broker_.records_[partition.number];
    const auto end = static_cast<std::int64_t>(records.size());
    if (from.number > end) return fault(FaultCode::corrupt, "the log ends before this offset");
    ports::LogPage page{{}, from, {end}};
    std::size_t bytes = 0;
    while (page.next.number < end && page.records.size() < broker_.page_records_max && (page.records.empty() || bytes < bytes_max)) {
        const auto& record = records[static_cast<std::size_t>(page.next.number)];
        bytes += record.size();
        page.records.push_back({page.next, record});
        page.next = page.next.next();
    }
    heard_[partition.number] = std::max(heard_[partition.number], page.next);
    return page;
}

Result<Offset> NodeLog::end(Partition partition) {
    if (partition.number >= broker_.records_.size()) return fault(FaultCode::invalid_argument, "no such partition");
    if (fuse_.blown() || broker_.schedule_.dice().chance(broker_.faults.read)) return fault(FaultCode::unavailable, "the brokers don't answer");
    return Offset{static_cast<std::int64_t>(broker_.records_[partition.number].size())};
}

void NodeLog::pause() {
    paused_ = true;
    for (auto& lane : way_->lanes) lane.held = broker_.schedule_.dice().chance(500);
}

void NodeLog::resume() {
    paused_ = false;
    for (auto& lane : way_->lanes) {
        lane.held = false;
        // What was held back is sent now, late, and before anything newer.
        for (auto& arrive : std::exchange(lane.waiting, {})) arrive();
    }
    for (const auto& delivery : std::exchange(unheard_, {})) deliver(delivery);
    // That the log has grown meanwhile is heard as late as ever: until then only the process itself can know that it stood still.
    for (std::uint32_t i = 0; i < heard_.size(); ++i) hear_of({i});
}

}  // namespace granary::simulation
