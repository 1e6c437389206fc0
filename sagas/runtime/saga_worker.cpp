// The loop of one thread: mail in, steps, what they send out to the ports.
#include "sagas/runtime/saga_worker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/limits.hpp"
#include "platform/host/background_thread.hpp"

namespace granary::sagas {
namespace {

constexpr Duration patience_max = seconds(1);
constexpr Duration fault_pause = seconds(1);

// A parcel without an address can't be sent: the person was erased. It may have been booked before, though, and the answer lost. Where
// it was not, the carrier is told that it will not be, so that no booking that is still on its way comes true.
void refuse_unaddressed(ports::Carrier& carrier, ShipmentId shipment, ports::CarrierCallback done) {
    auto refused = [done](Result<ports::CarrierAnswer> answer) {
        if (answer && answer->status == ports::CarrierStatus::cancelled) {
            answer->status = ports::CarrierStatus::refused;
            answer->reason = name_of(RefusalCode::customer_erased);
        }
        done(std::move(answer));
    };
    carrier.find(shipment, [&carrier, shipment, done = std::move(done), refused = std::move(refused)](Result<ports::CarrierAnswer> answer) {
        if (!answer || answer->status != ports::CarrierStatus::unknown_key) return done(std::move(answer));
        carrier.cancel(shipment, refused);
    });
}

Fault not_driven_here() { return {FaultCode::unavailable, "the sagas of this partition are not driven by this node"}; }

}  // namespace

void SagaWorker::adopt(Partition partition, std::size_t cached_instances) {
    Slot slot;
    slot.partition = partition;
    slot.cached_instances = cached_instances;
    slot.status.partition = partition;
    slot.status.held = options_.hold_all;
    if (slot.status.held) open(slot, options_.clock.now());
    slots_.push_back(std::move(slot));
}

void SagaWorker::open(Slot& slot, Time now) {
    auto runner = SagaRunner::open(options_.log, options_.store, slot.partition, slot.cached_instances, options_.bounds);
    if (!runner) return note_fault(slot, runner.error(), now);
    slot.runner = std::move(*runner);
    slot.active = true;
}

void SagaWorker::hold(Partition partition, bool held) { mail_->box.push_reply(SagaMail::Held{partition, held}); }

void SagaWorker::catch_up(SagaMail::CatchUp wish) {
    auto done = wish.done;
    if (!mail_->box.try_push(std::move(wish))) done(fault(FaultCode::unavailable, "the sagas are busy, or stopping"));
}

SagaWorker::Slot& SagaWorker::slot_of(Partition partition) { return *std::ranges::lower_bound(slots_, partition, {}, &Slot::partition); }

void SagaWorker::take_wish(SagaMail::CatchUp&& wish) {
    auto& slot = slot_of(wish.partition);
    if (slot.status.halted) return wish.done(fault(FaultCode::halted, slot.status.reason));
    if (!slot.status.held) return wish.done(std::unexpected(not_driven_here()));
    if (!slot.runner) return wish.done(fault(FaultCode::timed_out, slot.status.reason));  // it is opened again in a moment
    slot.waiting.push_back(std::move(wish));
    slot.active = true;
}

void SagaWorker::answer_waiting(Slot& slot, Time now) {
    if (slot.waiting.empty()) return;
    const Offset reached = slot.status.runner.next;
    const bool some_are_due = std::ranges::any_of(slot.waiting, [&](const auto& wish) { return wish.to <= reached; });
    const Status written = some_are_due ? slot.runner->flush() : Status();
    std::erase_if(slot.waiting, [&](const auto& wish) {
        if (wish.to <= reached) wish.done(written);
        else if (wish.until <= now) wish.done(fault(FaultCode::timed_out, "the sagas of this partition are behind the log"));
        else return false;
        return true;
    });
}

void SagaWorker::turn_away(Slot& slot, const Fault& fault) {
    for (const auto& wish : std::exchange(slot.waiting, {})) wish.done(std::unexpected(fault));
}

void SagaWorker::change_hold(Slot& slot, bool held, Time now) {
    if (slot.status.held == held) return;
    slot.status.held = held;
    // What was asked is answered into the log or asked again by whoever drives it next; rows stay, as of where they are.
    slot.runner.reset();
    turn_away(slot, not_driven_here());
    slot.replies.clear();
    slot.status.runner = {};
    slot.wake = {};
    if (held && !slot.status.halted) open(slot, now);
}

void SagaWorker::start() {
    publish();
    thread_ = std::thread([this] { run(); });
}

void SagaWorker::grown(Partition partition) {
    // A box that is full wakes the loop anyway, and every runner reads to the end of its log.
    if (!mail_->box.try_push(SagaMail::Grown{partition})) mail_->box.wake();
}

void SagaWorker::begin_stop(Duration deadline) {
    stop_at_us_ = options_.clock.monotonic().us + deadline.us;
    stopping_ = true;
    mail_->box.wake();
}

bool SagaWorker::join() {
    if (thread_.joinable()) thread_.join();
    mail_->box.close();
    return mail_->unanswered.load() == 0;
}

bool SagaWorker::finished() const {
    if (!stopping_) return false;
    return mail_->unanswered.load() == 0 || options_.clock.monotonic().us >= stop_at_us_.load();
}

void SagaWorker::run() {
    run_in_background("sagas");
    while (!turn(patience_max)) {}
}

bool SagaWorker::turn(Duration wait_max) {
    const bool last = finished();
    mail_->box.drain(messages_, last ? Duration{} : std::min(patience(), wait_max));
    sort_mail(messages_);
    more_ = step_all(options_.clock.now());
    publish();
    // The step after the last answer has folded what it could.
    if (last) flush_all();
    return last;
}

// What can't be written is folded again after the restart.
void SagaWorker::flush_all() {
    for (auto& slot : slots_) {
        if (!slot.runner) continue;
        if (auto flushed = slot.runner->flush(); !flushed) slot.status.reason = flushed.error().message;
        turn_away(slot, {FaultCode::unavailable, "the sagas are stopping"});
    }
    publish();
}

void SagaWorker::sort_mail(std::vector<SagaMail::Message>& messages) {
    for (auto& message : messages) {
        if (const auto* grown = std::get_if<SagaMail::Grown>(&message)) {
            slot_of(grown->partition).active = true;
        } else if (const auto* hold = std::get_if<SagaMail::Held>(&message)) {
            change_hold(slot_of(hold->partition), hold->held, options_.clock.now());
        } else if (auto* wish = std::get_if<SagaMail::CatchUp>(&message)) {
            take_wish(std::move(*wish));
        } else {
            auto& reply = std::get<Reply>(message);
            auto& slot = slot_of(reply.partition);
            if (!slot.runner) continue;
            slot.replies.push_back(std::move(reply));
            slot.active = true;
        }
    }
}

bool SagaWorker::step_all(Time now) {
    bool more = false;
    if (options_.clients_waiting) pressure_.note(options_.clients_waiting(), now);
    first_ = slots_.empty() ? 0 : (first_ + 1) % slots_.size();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        auto& slot = slots_[(first_ + i) % slots_.size()];
        if (!slot.runner && slot.status.held && !slot.status.halted && slot.wake <= now) open(slot, now);
        if (!slot.runner) continue;
        const bool has_room = slot.held_back && budget() > 0;
        if (slot.active || has_room || slot.wake <= now) more = step(slot, now) || more;
    }
    return more;
}

std::size_t SagaWorker::budget() const {
    // Effects take nothing from clients' commands, so a slow provider does not use up the window.
    const std::size_t out = mail_->unanswered.load();
    const std::size_t commands = mail_->commands.load();
    const std::size_t window = window_.size(pressure_.level());
    if (stopping_ || out >= in_flight_max_ || commands >= window) return 0;
    return std::min(in_flight_max_ - out, window - commands);
}

bool SagaWorker::step(Slot& slot, Time now) {
    auto result = slot.runner->step(now, std::exchange(slot.replies, {}), budget());
    slot.status.runner = slot.runner->status();
    if (!result) {
        note_fault(slot, result.error(), now);
        return false;
    }
    slot.status.reason.clear();
    slot.active = result->more;
    slot.held_back = result->held_back;
    slot.wake = result->wake.value_or(now + patience_max);
    for (auto& outgoing : result->outgoing) carry_out(slot.partition, std::move(outgoing));
    answer_waiting(slot, now);
    return result->more;
}

void SagaWorker::note_fault(Slot& slot, const Fault& fault, Time now) {
    turn_away(slot, {fault.retryable() ? FaultCode::timed_out : fault.code, fault.message});
    slot.status.reason = fault.message;
    slot.active = false;
    slot.wake = now + fault_pause;
    const bool for_good = fault.code == FaultCode::halted || fault.code == FaultCode::corrupt || fault.code == FaultCode::unsupported;
    if (!for_good) return;
    slot.status.halted = true;
    slot.runner.reset();
}

void SagaWorker::carry_out(Partition partition, Outgoing&& outgoing) {
    mail_->unanswered.fetch_add(1);
    if (auto* command = std::get_if<SendCommand>(&outgoing)) {
        mail_->commands.fetch_add(1);
        return send(partition, std::move(*command));
    }
    if (const auto* erasure = std::get_if<PerformErasure>(&outgoing)) return perform(partition, *erasure);
    perform(partition, std::move(std::get<PerformEffect>(outgoing)));
}

void SagaWorker::send(Partition partition, SendCommand&& sent) {
    options_.bus.submit(std::move(sent.request), [mail = mail_, partition, job = sent.job, round = sent.round](ports::CommandAnswer answer) {
        CommandReply reply{answer.outcome, answer.position, RefusalCode::none, {}, answer.retry_after};
        if (answer.outcome == ports::CommandOutcome::refused) reply.refusal = answer.refusal.code;
        if (answer.commit) reply.time = answer.commit->meta.time;
        mail->answer({partition, job, round, reply});
    });
}

void SagaWorker::perform(Partition partition, PerformEffect&& sent) {
    const auto by_provider = [mail = mail_, partition, job = sent.job, round = sent.round](Result<ports::ProviderAnswer> answer) {
        mail->answer({partition, job, round, std::move(answer)});
    };
    const auto by_carrier = [mail = mail_, partition, job = sent.job, round = sent.round](Result<ports::CarrierAnswer> answer) {
        mail->answer({partition, job, round, std::move(answer)});
    };
    auto& provider = options_.provider;
    auto& carrier = options_.carrier;
    if (auto* e = std::get_if<AuthorizePayment>(&sent.effect)) {
        if (sent.find) return provider.find(e->payment, by_provider);
        return provider.authorize(e->payment, e->order, e->amount, std::move(e->token), by_provider);
    }
    if (const auto* e = std::get_if<CapturePayment>(&sent.effect)) {
        return sent.find ? provider.find(e->payment, by_provider) : provider.capture(e->payment, e->amount, by_provider);
    }
    if (const auto* e = std::get_if<VoidPayment>(&sent.effect)) return sent.find ? provider.find(e->payment, by_provider) : provider.cancel(e->payment, by_provider);
    if (const auto* e = std::get_if<RefundPayment>(&sent.effect)) {
        return sent.find ? provider.find_refund(e->payment, e->refund, by_provider) : provider.refund(e->payment, e->refund, e->amount, by_provider);
    }
    if (const auto* e = std::get_if<CancelShipment>(&sent.effect)) return sent.find ? carrier.find(e->shipment, by_carrier) : carrier.cancel(e->shipment, by_carrier);
    if (const auto* e = std::get_if<TrackShipment>(&sent.effect)) return carrier.find(e->shipment, by_carrier);
    book(std::move(sent), by_carrier);
}

void SagaWorker::book(PerformEffect&& sent, ports::CarrierCallback done) {
    auto& carrier = options_.carrier;
    const auto& book = std::get<BookShipment>(sent.effect);
    if (sent.find) return carrier.find(book.shipment, std::move(done));
    ports::CarrierBooking booking{book.shipment, sent.order, book.warehouse, book.country, {}, book.pieces};
    if (sent.ship_to) {
        auto address = options_.sealer.open(*sent.ship_to);
        if (!address) return done(std::unexpected(address.error()));
        if (!*address) return refuse_unaddressed(carrier, book.shipment, std::move(done));
        booking.ship_to = std::move(**address);
    }
    carrier.book(std::move(booking), std::move(done));
}

void SagaWorker::perform(Partition partition, const PerformErasure& sent) {
    const auto answer = [mail = mail_, partition, job = sent.job](ErasureAnswer told) { mail->answer({partition, job, 0, std::move(told)}); };
    if (sent.step == customer_erasure::Step::find_orders) return options_.eraser.orders_under_way(sent.subject.customer, sent.subject.order, answer);
    const auto destroyed = [answer](const Status& done) { answer(done ? ErasureAnswer(0) : std::unexpected(done.error())); };
    if (sent.again) return options_.eraser.keep_destroyed(sent.subject.person, destroyed);
    options_.eraser.destroy_key(sent.subject.person, destroyed);
}

Duration SagaWorker::patience(Time now) const {
    Duration least = stopping_ ? milliseconds(20) : hours(1);
    for (const auto& slot : slots_) {
        const bool waits_to_open = !slot.runner && slot.status.held && !slot.status.halted;
        if (!slot.runner && !waits_to_open) continue;
        if (slot.runner && slot.active) return {};
        least = std::min(least, std::max(slot.wake - now, Duration{}));
    }
    return least;
}

void SagaWorker::publish() {
    {
        const std::scoped_lock lock(status_mutex_);
        status_.resize(slots_.size());
        for (std::size_t i = 0; i < slots_.size(); ++i) status_[i] = slots_[i].status;
        ++changes_;
    }
    status_changed_.notify_all();
}

void SagaWorker::add_status(std::vector<SagaPartitionStatus>& out) const {
    const std::scoped_lock lock(status_mutex_);
    out.insert(out.end(), status_.begin(), status_.end());
}

std::uint64_t SagaWorker::changes() const {
    const std::scoped_lock lock(status_mutex_);
    return changes_;
}

void SagaWorker::wait_for_change(std::uint64_t seen, Duration deadline) const {
    std::unique_lock lock(status_mutex_);
    status_changed_.wait_for(lock, std::chrono::microseconds(deadline.us), [&] { return changes_ != seen; });
}

}  // namespace granary::sagas
