// What becomes of a job when its answer comes, does not come, or is no answer: recorded, retried with back-off, reconciled
// under the same key, or parked.
#include <limits>
#include <utility>

#include "core/limits.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"
#include "sagas/runtime/outcomes.hpp"
#include "sagas/runtime/saga_runner.hpp"

namespace granary::sagas {
namespace {

// After this the fold should have passed what settled the job.
constexpr Duration settle_patience = seconds(5);

// A carrier that can't be asked now is asked when its timer has run once more; nobody needs to act.
bool asks_again_later(const Job& job) { return job.kind == Job::Kind::action && job.step == order_fulfilment::Step::track_shipment; }

// An authorization has a timer of its own: it gives the payment up, which is better than an order that waits for an
// operator because the provider is away.
bool ends_by_itself(const Job& job) { return job.effect && job.step == order_fulfilment::Step::authorize; }

}  // namespace

// Of what is no order's saga.
bool SagaRunner::take_beside(const Reply& reply) {
    if (const auto* answer = std::get_if<ErasureAnswer>(&reply.answer)) {
        (void)erasures_.take(reply.job, *answer, now_);
        return true;
    }
    const auto* answered = std::get_if<CommandReply>(&reply.answer);
    return answered != nullptr && (expiry_.take(reply.job, *answered, now_) || erasures_.take(reply.job, *answered, now_));
}

void SagaRunner::take(const Reply& reply) {
    if (take_beside(reply)) return;
    auto* job = jobs_.find(reply.job);
    // Closed meanwhile, or the late answer of a try that was given up.
    if (job == nullptr || job->stage != Job::Stage::asked || job->round != reply.round) {
        GRANARY_MARK(answer_of_a_given_up_try);
        return;
    }
    if (const auto* command = std::get_if<CommandReply>(&reply.answer)) return take_command(*job, *command);
    if (const auto* provider = std::get_if<Result<ports::ProviderAnswer>>(&reply.answer)) return take_provider(*job, *provider);
    take_carrier(*job, std::get<Result<ports::CarrierAnswer>>(reply.answer));
}

void SagaRunner::take_command(Job& job, const CommandReply& reply) {
    // A recording is settled by its own event; so is a command of the own partition.
    const bool recording = job.has_answer() || job.kind != Job::Kind::action;
    switch (reply.outcome) {
        case ports::CommandOutcome::accepted:
        case ports::CommandOutcome::replayed:
            if (recording || job.own_partition) return settle(job, reply.position.offset);
            job.answer = PlainAnswer{true, RefusalCode::none, reply.time};
            return jobs_.make_ready(job);
        case ports::CommandOutcome::unchanged:
            if (recording) return settle(job, reply.position.offset);
            job.answer = PlainAnswer{true, RefusalCode::none, reply.time};
            return jobs_.make_ready(job);
        case ports::CommandOutcome::refused:
            if (recording) return fail(job, "the record of an answer was refused: " + std::string(name_of(reply.refusal)));
            job.answer = PlainAnswer{false, reply.refusal, reply.time};
            return jobs_.make_ready(job);
        case ports::CommandOutcome::unavailable:
        case ports::CommandOutcome::unknown: {
            // Our own command side is busy or handing over. Parking would have to be written by it as well, so this is
            // no attempt: it goes on, ever more slowly, until it comes back.
            if (GRANARY_MUTANT(busy_taken_for_no) && !recording && reply.outcome == ports::CommandOutcome::unknown) {
                job.answer = PlainAnswer{false, RefusalCode::out_of_stock, reply.time};
                return jobs_.make_ready(job);
            }
            const auto delay = std::max(retry_delay(job.id, job.delays++), reply.retry_after);
            return jobs_.delay(job, now_ + delay);
        }
    }
}

template <class Answer>
void SagaRunner::take_outcome(Job& job, const Answer& answer) {
    auto* instance = cache_.cached(job.order);
    const auto* action = instance == nullptr ? nullptr : open_action(instance->state, job.id);
    if (action == nullptr) return fail(job, "its instance is not at hand");
    const auto effect = effect_of(instance->state, *action);
    if constexpr (std::is_same_v<Answer, ports::ProviderAnswer>) {
        // "Declined" may mean that nothing was held, or that the money was captured: the book says which.
        const bool ambiguous = std::holds_alternative<VoidPayment>(effect) && answer.status == ports::ProviderStatus::declined && !job.find;
        if (ambiguous) {
            job.find = true;
            return jobs_.make_ready(job);
        }
    }
    if constexpr (std::is_same_v<Answer, ports::CarrierAnswer>) {
        if (std::holds_alternative<TrackShipment>(effect) && tells_nothing_new(instance->state, answer)) {
            job.answer = PlainAnswer{true, RefusalCode::none, {}};
            return jobs_.make_ready(job);
        }
    }
    job.find = false;
    if (!outcome_of(effect, job.order, answer)) return fail(job, "the answer does not fit the question");
    job.answer = answer;
    jobs_.make_ready(job);
}

void SagaRunner::take_provider(Job& job, const Result<ports::ProviderAnswer>& answer) {
    if (!answer) return take_fault(job, answer.error());
    take_outcome(job, *answer);
}

void SagaRunner::take_carrier(Job& job, const Result<ports::CarrierAnswer>& answer) {
    if (!answer) return take_fault(job, answer.error());
    take_outcome(job, *answer);
}

void SagaRunner::take_fault(Job& job, const Fault& fault) {
    if (fault.code == FaultCode::unavailable && !asks_again_later(job)) return wait_for_other_system(job, fault);
    if (fault.code == FaultCode::timed_out) {
        GRANARY_MARK(effect_of_unknown_outcome);
        job.find = true;
    }
    fail(job, std::string(name_of(fault.code)) + ": " + fault.message);
    if (!fault.retryable() && job.stage == Job::Stage::delayed && !asks_again_later(job)) park(job);
}

// Certainly not done, so nothing is at stake but time: a provider that is away for an hour, or that a backlog keeps busy
// for minutes, must not leave its orders to an operator.
void SagaRunner::wait_for_other_system(Job& job, const Fault& fault) {
    job.reason = std::string(name_of(fault.code)) + ": " + fault.message;
    if (++job.absences >= limits::saga_unavailable_max && !ends_by_itself(job)) return park(job);
    jobs_.delay(job, now_ + retry_delay(job.id, job.absences));
}

void SagaRunner::settle(Job& job, Offset offset) { jobs_.settle(job, offset, now_ + settle_patience); }

void SagaRunner::fail(Job& job, std::string reason) {
    job.reason = std::move(reason);
    job.answer = std::monostate{};
    ++job.attempts;
    if (asks_again_later(job) && job.attempts >= limits::saga_attempts_max) {
        job.answer = PlainAnswer{false, RefusalCode::none, {}};
        return jobs_.make_ready(job);
    }
    if (job.kind == Job::Kind::action && !ends_by_itself(job) && job.attempts >= limits::saga_attempts_max) return park(job);
    jobs_.delay(job, now_ + retry_delay(job.id, job.attempts));
}

// The job rests; once the parking is folded, it goes, and comes back fresh when an operator resumes the instance.
void SagaRunner::park(Job& job) {
    jobs_.settle(job, Offset{std::numeric_limits<std::int64_t>::max()}, now_ + limits::saga_retry_max);
    auto* instance = cache_.cached(job.order);
    if (instance == nullptr || !instance->park_job.is_nil()) return;
    Job parking;
    parking.id = derived_id(job.id, "park " + std::to_string(instance->state.parks));
    parking.order = job.order;
    parking.kind = Job::Kind::park;
    parking.step = job.step;
    parking.reason = job.reason.substr(0, limits::reason_bytes_max);
    if (jobs_.find(parking.id) != nullptr) return;
    instance->park_job = parking.id;
    ++instance->jobs;
    jobs_.add(std::move(parking));
}

void SagaRunner::wake_jobs() {
    while (auto* job = jobs_.next_due(now_)) {
        switch (job->stage) {
            case Job::Stage::ready: return;  // never due
            case Job::Stage::delayed: jobs_.make_ready(*job); break;
            case Job::Stage::asked:
                // No answer at all: an effect may have happened; a command is idempotent.
                if (job->effect && !job->has_answer()) {
                    job->find = true;
                    fail(*job, "no answer in time");
                } else {
                    jobs_.make_ready(*job);
                }
                break;
            case Job::Stage::settled:
                if (reader_.next() <= job->settled_at) {
                    jobs_.settle(*job, job->settled_at, now_ + settle_patience);
                } else {
                    fail(*job, "recorded, but without effect");
                }
                break;
        }
    }
}

}  // namespace granary::sagas
