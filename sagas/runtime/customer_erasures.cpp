// A row for each live erasure, an index by when it asks for something, a tombstone for each that is done.
#include "sagas/runtime/customer_erasures.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/privacy_limits.hpp"
#include "sagas/runtime/saga_runner.hpp"

namespace granary::sagas {
namespace {

using customer_erasure::Step;
using ports::CommandOutcome;

// After this the fold should have passed what settled the job.
constexpr Duration settle_patience = seconds(5);
constexpr std::size_t keys_looked_after_max = 64;  // of erased persons, at once

bool is_outside(Step step) { return step == Step::find_orders || step == Step::destroy_key; }

ports::CommandRequest request_for(const ErasureStateT& state, Command command, CommandId id) {
    ports::CommandRequest request;
    request.command = std::move(command);
    request.id = id;
    request.correlation = state.correlation;
    request.causation = state.cause;
    request.not_before = state.caused_at;
    request.actor = erasure_actor;
    request.background = true;
    request.traceparent = state.traceparent;
    return request;
}

}  // namespace

CommandId record_id_of(const ErasureStateT& asked, const Command& record) { return derived_id(asked.action, name_of(record)); }
CommandId park_id_of(const ErasureStateT& asked, std::uint32_t parks) { return derived_id(asked.action, "park " + std::to_string(parks)); }

std::optional<Time> CustomerErasures::due_of(const ErasureStateT& state) {
    if (state.parked || state.step == Step::none) return std::nullopt;
    return state.not_before;
}

Result<CustomerErasures::Instance*> CustomerErasures::find(PersonId person) {
    if (const auto known = instances_.find(person); known != instances_.end()) return &known->second;
    const auto row = store_->get(tables::erasures, tables::person_key(partition_, person));
    if (!row) return std::unexpected(row.error());
    if (!*row) return nullptr;
    auto state = decode_erasure_state(**row);
    if (!state) return std::unexpected(state.error());
    auto& instance = instances_[person];
    instance.state = std::move(*state);
    instance.stored = true;
    instance.stored_parked = instance.state.parked;
    instance.stored_due = due_of(instance.state);
    return &instance;
}

Status CustomerErasures::fold(const Input& input) {
    const auto subject = erasure_of(input.event);
    if (!subject) return {};
    const auto found = find(subject->person);
    if (!found) return std::unexpected(found.error());
    // What comes after the end concerns nobody.
    if (*found == nullptr && !begins_erasure(input.event)) return {};
    auto& instance = *found != nullptr ? **found : instances_[subject->person];
    const CommandId action = instance.state.action;
    react(instance.state, input);
    if (!instance.dirty) ++dirty_;
    instance.dirty = true;
    if (instance.state.action != action || instance.state.parked) jobs_.erase(action);
    return {};
}

void CustomerErasures::write(ports::StoreBatch& batch, InstanceCache::Counts& counts) const {
    for (const auto& [person, instance] : instances_) {
        if (!instance.dirty) continue;
        const auto key = tables::person_key(partition_, person);
        const bool ended = has_ended(instance.state);
        counts.live += (ended ? 0 : 1) - (instance.stored ? 1 : 0);
        counts.parked += (instance.state.parked ? 1 : 0) - (instance.stored_parked ? 1 : 0);
        if (ended) {
            batch.put(tables::erased, key, "");
            if (instance.stored) batch.remove(tables::erasures, key);
        } else {
            batch.put(tables::erasures, key, encode(instance.state));
        }
        const auto due = due_of(instance.state);
        if (instance.stored_due && instance.stored_due != due) batch.remove(tables::erasure_dues, tables::person_due_key(partition_, *instance.stored_due, person));
        if (due && instance.stored_due != due) batch.put(tables::erasure_dues, tables::person_due_key(partition_, *due, person), "");
    }
}

void CustomerErasures::written() {
    dirty_ = 0;
    for (auto& [person, instance] : instances_) {
        if (!instance.dirty) continue;
        instance.dirty = false;
        instance.stored = true;
        instance.stored_parked = instance.state.parked;
        instance.stored_due = due_of(instance.state);
        if (instance.stored_due) next_ = std::min(next_.value_or(*instance.stored_due), *instance.stored_due);
    }
    std::erase_if(instances_, [&](const auto& entry) { return !jobs_.contains(entry.second.state.action); });
}

ErasureWish CustomerErasures::wish_of(CommandId id, const Job& job, const ErasureStateT& state) {
    if (job.parking) return {id, request_for(state, park_command_of(state, job.reason), park_id_of(state, state.parks))};
    if (is_outside(state.step) && !job.found) return {id, PerformErasure{id, state.step, subject_of(state)}};
    auto command = record_of(state, job.found.value_or(0));
    const auto record = record_id_of(state, command);
    return {id, request_for(state, std::move(command), record)};
}

void CustomerErasures::ask(CommandId id, Job& job, Time now, std::vector<ErasureWish>& wishes) {
    job.again = now + limits::saga_answer_timeout;
    wishes.push_back(wish_of(id, job, instances_.at(job.person).state));
}

void CustomerErasures::take_up(PersonId person, Time now, std::vector<ErasureWish>& wishes) {
    const CommandId action = instances_.at(person).state.action;
    ask(action, jobs_.emplace(action, Job{.person = person}).first->second, now, wishes);
}

Result<std::vector<ErasureWish>> CustomerErasures::take_due(Time now, std::size_t count_max) {
    std::vector<ErasureWish> wishes;
    for (auto& [id, job] : jobs_) {
        if (job.again <= now && wishes.size() < count_max) ask(id, job, now, wishes);
    }
    for (const auto& [person, instance] : instances_) {
        const auto due = due_of(instance.state);
        if (due && *due <= now && !jobs_.contains(instance.state.action) && has_room(wishes, count_max)) take_up(person, now, wishes);
    }
    Status taken = take_stored(now, count_max, wishes);
    if (taken) taken = look_after_keys(now, count_max, wishes);
    // What stays behind is looked at again soon, whether an answer makes room or not.
    rest_until_ = has_room(wishes, count_max) ? Time{} : now + limits::saga_retry_min;
    if (!taken) return std::unexpected(taken.error());
    return wishes;
}

Status CustomerErasures::take_stored(Time now, std::size_t count_max, std::vector<ErasureWish>& wishes) {
    if (!next_ || *next_ > now) return {};
    next_.reset();
    std::vector<PersonId> due;
    const auto visit = [&](std::string_view key, std::string_view) {
        const auto entry = tables::person_due_in(key);
        if (entry && instances_.contains(entry->person)) return true;  // what is in memory is newer
        const bool has_place = wishes.size() + due.size() < count_max && jobs_.size() + due.size() < limits::erasures_in_hand_max;
        if (!entry || entry->due > now || !has_place) {
            next_ = entry && entry->due > now ? entry->due : now + limits::saga_retry_min;
            return false;
        }
        due.push_back(entry->person);
        return true;
    };
    const auto from = tables::partition_key(partition_);
    if (auto scanned = store_->scan(tables::erasure_dues, from, tables::end_of(from), visit); !scanned) {
        next_ = now;
        return scanned;
    }
    for (const PersonId person : due) {
        const auto found = find(person);
        if (!found || *found == nullptr) {
            next_ = now;
            return found ? fault(FaultCode::corrupt, "an erasure's row is missing; delete the saga tables") : std::unexpected(found.error());
        }
        take_up(person, now, wishes);
    }
    return {};
}

// A backup of keys that was restored may have brought some back.
Status CustomerErasures::look_after_keys(Time now, std::size_t count_max, std::vector<ErasureWish>& wishes) {
    const auto ask_for = [&](PersonId person) {
        const CommandId job = derived_id({person.value}, "destroy again");
        looked_after_[job] = {person, now + limits::saga_answer_timeout};
        wishes.push_back({job, PerformErasure{job, Step::destroy_key, {person, {}, {}}, true}});
    };
    for (const auto& [job, asked] : looked_after_) {
        if (asked.again <= now && wishes.size() < count_max) ask_for(asked.person);
    }
    if (!tombstones_from_) return {};
    const auto prefix = tables::partition_key(partition_);
    std::vector<PersonId> persons;
    std::optional<std::string> rest;
    const auto visit = [&](std::string_view key, std::string_view) {
        if (wishes.size() + persons.size() >= count_max || looked_after_.size() + persons.size() >= keys_looked_after_max) {
            rest = key;
            return false;
        }
        if (const auto person = tables::person_in(key)) persons.push_back(*person);
        return true;
    };
    const auto from = tombstones_from_->empty() ? prefix : *tombstones_from_;
    if (auto scanned = store_->scan(tables::erased, from, tables::end_of(prefix), visit); !scanned) return scanned;
    for (const PersonId person : persons) ask_for(person);
    tombstones_from_ = std::move(rest);
    return {};
}

bool CustomerErasures::has_room(const std::vector<ErasureWish>& wishes, std::size_t count_max) const {
    return wishes.size() < count_max && jobs_.size() < limits::erasures_in_hand_max;
}

bool CustomerErasures::take(CommandId id, const CommandReply& reply, Time now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return false;
    auto& job = found->second;
    switch (reply.outcome) {
        case CommandOutcome::accepted:
        case CommandOutcome::replayed:
        case CommandOutcome::unchanged: job.again = now + settle_patience; break;
        case CommandOutcome::refused: park(job, "the record was refused: " + std::string(name_of(reply.refusal)), now); break;
        case CommandOutcome::unavailable:
        case CommandOutcome::unknown: job.again = now + std::max(retry_delay(id, job.delays++), reply.retry_after); break;
    }
    return true;
}

bool CustomerErasures::take(CommandId id, const ErasureAnswer& answer, Time now) {
    if (const auto asked = looked_after_.find(id); asked != looked_after_.end()) {
        if (answer) looked_after_.erase(asked);
        else asked->second.again = now + limits::saga_retry_max;
        return true;
    }
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return false;
    auto& job = found->second;
    if (answer) {
        job.found = *answer;
        job.again = now;
    } else if (!answer.error().retryable() || ++job.attempts >= limits::saga_unavailable_max) {
        park(job, std::string(name_of(answer.error().code)) + ": " + answer.error().message, now);
    } else {
        job.again = now + retry_delay(id, job.attempts);
    }
    return true;
}

// A parking that is refused is tried again: there is nothing else to do about it.
void CustomerErasures::park(Job& job, std::string reason, Time now) {
    job.again = job.parking ? now + limits::saga_retry_max : now;
    job.parking = true;
    job.reason = reason.substr(0, limits::reason_bytes_max);
}

std::size_t CustomerErasures::open(Time now) const {
    const auto waits = [&](const auto& entry) {
        const auto due = due_of(entry.second.state);
        return due && *due <= now && !jobs_.contains(entry.second.state.action);
    };
    return jobs_.size() + static_cast<std::size_t>(std::ranges::count_if(instances_, waits)) + (next_ && *next_ <= now ? 1 : 0);
}

std::optional<Time> CustomerErasures::next_due() const {
    auto next = next_;
    const auto note = [&](Time at) { next = std::min(next.value_or(at), at); };
    for (const auto& [id, job] : jobs_) note(job.again);
    for (const auto& [id, asked] : looked_after_) note(asked.again);
    for (const auto& [person, instance] : instances_) {
        const auto due = due_of(instance.state);
        if (due && !jobs_.contains(instance.state.action)) note(*due);
    }
    if (tombstones_from_ && looked_after_.size() < keys_looked_after_max) note({});
    if (next) next = std::max(*next, rest_until_);
    return next;
}

}  // namespace granary::sagas
