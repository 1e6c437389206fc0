// Book-keeping of what is in flight.
#include "command-side/runtime/pipeline.hpp"

#include <utility>

#include "core/check.hpp"

namespace granary::command_side {

Fate fate_of(ports::DeliveryOutcome outcome) {
    switch (outcome) {
        case ports::DeliveryOutcome::stored: return Fate::stored;
        case ports::DeliveryOutcome::stored_offset_unknown: return Fate::offset_unknown;
        case ports::DeliveryOutcome::unknown: return Fate::unknown;
        case ports::DeliveryOutcome::refused: return Fate::refused;
    }
    return Fate::unknown;
}

void Pipeline::push(InFlight&& entry) {
    GRANARY_CHECK(entries_.empty() || entries_.back().token + 1 == entry.token);
    const bool added = tokens_.try_emplace(entry.waiting.request.id, entry.token).second;
    GRANARY_CHECK(added);
    entries_.push_back(std::move(entry));
}

InFlight Pipeline::pop() {
    GRANARY_CHECK(!entries_.empty());
    InFlight entry = std::move(entries_.front());
    entries_.pop_front();
    tokens_.erase(entry.commit.meta.command_id);
    broken_ = broken_ && !entries_.empty();
    return entry;
}

std::deque<InFlight> Pipeline::take() {
    tokens_.clear();
    broken_ = false;
    return std::exchange(entries_, {});
}

bool Pipeline::note(const ports::LogDelivery& delivery) {
    InFlight* entry = by_token(delivery.token);
    if (entry == nullptr) return false;
    entry->fate = fate_of(delivery.outcome);
    entry->offset = delivery.offset;
    entry->fault = delivery.fault;
    broken_ = broken_ || entry->fate == Fate::refused || entry->fate == Fate::unknown;
    return true;
}

InFlight* Pipeline::find(CommandId id) {
    const auto found = tokens_.find(id);
    return found == tokens_.end() ? nullptr : by_token(found->second);
}

InFlight* Pipeline::by_token(std::uint64_t token) {
    if (entries_.empty() || token < entries_.front().token || token > entries_.back().token) return nullptr;
    return &entries_[token - entries_.front().token];
}

}  // namespace granary::command_side
