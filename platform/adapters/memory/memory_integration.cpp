// The brokers as a list and a map; each member compares its share with what it was told last.
#include "platform/adapters/memory/memory_integration.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace granary::memory {

class MemoryIntegrationMember final : public ports::IntegrationBroker {
  public:
    explicit MemoryIntegrationMember(MemoryIntegration& brokers) : brokers_(brokers) {}
    ~MemoryIntegrationMember() override { leave(); }
    MemoryIntegrationMember(const MemoryIntegrationMember&) = delete;
    MemoryIntegrationMember& operator=(const MemoryIntegrationMember&) = delete;

    Result<ports::ShareChanges> poll(Duration patience) override;
    Status publish(std::vector<ports::OutgoingEvent> events, Duration patience) override;
    Status keep(std::span<const ports::KeptPosition> positions, Duration patience) override;
    void leave() override;
    void cancel() override;

  private:
    friend class MemoryIntegration;

    MemoryIntegration& brokers_;
    bool joined_ = false;
    bool cancelled_ = false;
    std::set<Partition> share_, told_;
};

namespace {

std::unexpected<Fault> cancelled() { return fault(FaultCode::unavailable, "publishing is being ended"); }

}  // namespace

Result<ports::ShareChanges> MemoryIntegrationMember::poll(Duration patience) {
    std::unique_lock lock(brokers_.mutex_);
    if (cancelled_) return cancelled();
    if (!joined_) {
        joined_ = true;
        brokers_.members_.push_back(this);
        brokers_.spread();
    }
    if (std::exchange(brokers_.poll_fails_, false)) return fault(FaultCode::unavailable, "the group does not answer");
    if (patience.us > 0) brokers_.changed_.wait_for(lock, std::chrono::microseconds(patience.us), [&] { return share_ != told_ || cancelled_; });
    ports::ShareChanges changes;
    std::ranges::set_difference(told_, share_, std::back_inserter(changes.gone));
    std::vector<Partition> fresh;
    std::ranges::set_difference(share_, told_, std::back_inserter(fresh));
    for (const auto partition : fresh) {
        const auto found = brokers_.kept_.find(partition);
        changes.came.push_back({partition, found == brokers_.kept_.end() ? std::nullopt : std::optional(found->second)});
    }
    told_ = share_;
    return changes;
}

Status MemoryIntegrationMember::publish(std::vector<ports::OutgoingEvent> events, Duration) {
    const std::scoped_lock lock(brokers_.mutex_);
    if (cancelled_) return cancelled();
    const auto fails = std::exchange(brokers_.publish_fails_, std::nullopt);
    const std::size_t stored = fails ? std::min(fails->stored, events.size()) : events.size();
    std::move(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(stored), std::back_inserter(brokers_.events_));
    if (fails) return fault(fails->code, "not every event was acknowledged");
    return {};
}

Status MemoryIntegrationMember::keep(std::span<const ports::KeptPosition> positions, Duration) {
    const std::scoped_lock lock(brokers_.mutex_);
    if (cancelled_) return cancelled();
    if (!std::ranges::all_of(positions, [&](const auto& kept) { return share_.contains(kept.partition); })) {
        return fault(FaultCode::conflict, "another member holds a partition now");
    }
    const auto fails = std::exchange(brokers_.keep_fails_, std::nullopt);
    if (fails.value_or(true)) {
        for (const auto& kept : positions) brokers_.kept_[kept.partition] = kept.position;
    }
    if (fails) return fault(FaultCode::timed_out, "the group did not say whether it keeps the positions");
    return {};
}

void MemoryIntegrationMember::leave() {
    const std::scoped_lock lock(brokers_.mutex_);
    cancelled_ = true;
    if (!std::exchange(joined_, false)) return;
    share_.clear();
    std::erase(brokers_.members_, this);
    brokers_.spread();
}

void MemoryIntegrationMember::cancel() {
    const std::scoped_lock lock(brokers_.mutex_);
    cancelled_ = true;
    brokers_.changed_.notify_all();
}

std::unique_ptr<ports::IntegrationBroker> MemoryIntegration::member() { return std::make_unique<MemoryIntegrationMember>(*this); }

void MemoryIntegration::spread() {
    for (auto* member : members_) member->share_.clear();
    for (std::uint32_t number = 0; number < partitions_ && !members_.empty(); ++number) members_[number % members_.size()]->share_.insert({number});
    changed_.notify_all();
}

std::vector<ports::OutgoingEvent> MemoryIntegration::events() const {
    const std::scoped_lock lock(mutex_);
    return events_;
}

std::map<Partition, ports::PublishedUpTo> MemoryIntegration::kept() const {
    const std::scoped_lock lock(mutex_);
    return kept_;
}

void MemoryIntegration::set_position(Partition partition, Offset next) {
    const std::scoped_lock lock(mutex_);
    kept_[partition] = {next, {}, {}};
}

void MemoryIntegration::fail_publish(std::size_t stored, FaultCode code) {
    const std::scoped_lock lock(mutex_);
    publish_fails_ = Planned{stored, code};
}

void MemoryIntegration::fail_keep(bool kept) {
    const std::scoped_lock lock(mutex_);
    keep_fails_ = kept;
}

void MemoryIntegration::fail_poll() {
    const std::scoped_lock lock(mutex_);
    poll_fails_ = true;
}

}  // namespace granary::memory
