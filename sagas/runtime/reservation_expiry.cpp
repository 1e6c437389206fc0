// A table in the order of due times, and the few commands that are under way.
#include "sagas/runtime/reservation_expiry.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/mutants.hpp"
#include "sagas/runtime/saga_runner.hpp"

namespace granary::sagas {
namespace {

ports::CommandRequest request_for(const tables::ExpiryKey& key, const tables::StockPlace& place, CommandId id) {
    inventory::ExpireReservationT command;
    command.sku = place.sku;
    command.warehouse = place.warehouse;
    command.reservation_id = key.reservation;
    ports::CommandRequest request;
    request.command = inventory::Command(std::move(command));
    request.id = id;
    request.correlation = {key.reservation.value};
    request.not_before = key.due;  // the decider's clock may be behind ours
    request.actor = "saga:reservation_expiry";
    request.background = true;
    return request;
}

}  // namespace

void ReservationExpiry::fold(const Commit& commit) {
    if (static_cast<StreamKind>(commit.meta.stream_kind) != StreamKind::stock) return;
    if (GRANARY_MUTANT(expiry_forgotten)) return;
    for (const auto& item : commit.events) {
        const auto* event = std::get_if<inventory::Event>(&item.event);
        const auto* reserved = event == nullptr ? nullptr : std::get_if<inventory::StockReservedT>(event);
        if (reserved == nullptr || !reserved->order_id.is_nil()) continue;
        made_.insert_or_assign({reserved->expires_at, reserved->reservation_id}, tables::StockPlace{reserved->warehouse, reserved->sku});
    }
}

void ReservationExpiry::write(ports::StoreBatch& batch) const {
    for (const auto& [key, place] : made_) batch.put(tables::expiries, tables::expiry_key(partition_, key), tables::encode(place));
    for (const auto& key : done_) batch.remove(tables::expiries, tables::expiry_key(partition_, key));
}

void ReservationExpiry::written() {
    if (!made_.empty()) next_ = std::min(next_.value_or(made_.begin()->first.due), made_.begin()->first.due);
    made_.clear();
    done_.clear();
}

Result<std::vector<Expiry>> ReservationExpiry::take_due(Time now, std::size_t count_max) {
    std::vector<Expiry> due;
    if (const auto next = next_due(); !next || *next > now) return due;
    next_.reset();
    Status inner;
    const auto visit = [&](std::string_view key, std::string_view value) {
        const auto expiry = tables::expiry_in(key);
        const auto place = tables::decode_place(value);
        if (!expiry || !place) {
            inner = fault(FaultCode::corrupt, "a row of reservations can't be read; delete the saga tables");
            return false;
        }
        const CommandId job = derived_id({expiry->reservation.value}, "expire " + std::to_string(expiry->due.unix_us));
        const auto known = asked_.find(job);
        if (known != asked_.end() && known->second.again > now) return true;
        if (std::ranges::find(done_, *expiry) != done_.end()) return true;  // its row goes with the next batch
        const bool has_room = due.size() < count_max && (known != asked_.end() || asked_.size() < limits::expiries_in_flight_max);
        if (expiry->due > now || !has_room) {
            next_ = std::max(expiry->due, has_room ? Time{} : now + limits::saga_retry_min);
            return false;
        }
        auto& asked = asked_[job];
        asked.key = *expiry;
        asked.again = now + limits::saga_answer_timeout;
        due.push_back({job, request_for(*expiry, *place, job)});
        return true;
    };
    const auto from = tables::partition_key(partition_);
    if (auto scanned = store_->scan(tables::expiries, from, tables::end_of(from), visit); !scanned) inner = std::move(scanned);
    if (inner) return due;
    next_ = now;
    return std::unexpected(inner.error());
}

bool ReservationExpiry::take(CommandId job, const CommandReply& reply, Time now) {
    const auto found = asked_.find(job);
    if (found == asked_.end()) return false;
    if (reply.outcome == ports::CommandOutcome::unavailable || reply.outcome == ports::CommandOutcome::unknown) {
        found->second.again = now + std::max(retry_delay(job, found->second.attempts++), reply.retry_after);
        return true;
    }
    // Expired now, before, or closed by its owner: whichever, there is nothing left to end.
    done_.push_back(found->second.key);
    asked_.erase(found);
    return true;
}

std::optional<Time> ReservationExpiry::next_due() const {
    auto next = next_;
    for (const auto& [job, asked] : asked_) next = std::min(next.value_or(asked.again), asked.again);
    return next;
}

}  // namespace granary::sagas
