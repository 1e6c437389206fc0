// Pipelining, time-outs and the end of a connection, as a machine that is stepped from outside.
#include "gateway/http/conversation.hpp"

#include <algorithm>
#include <utility>

namespace granary::http {
namespace {

// More than this unwritten, and no further request is read: the peer asks but does not listen.
constexpr std::size_t output_bytes_max = std::size_t{256} * 1024;
// An idle connection keeps at most this much of a buffer.
constexpr std::size_t kept_buffer_bytes_max = std::size_t{16} * 1024;

}  // namespace

Conversation::Conversation(const ConversationRules& rules, const ConversationTime& time)
    : rules_(&rules), time_(&time), framer_(rules.framer), phase_since_(time.monotonic), progress_at_(time.monotonic) {}

void Conversation::on_bytes(std::string_view bytes) {
    if (!input_ended_) unread_.append(bytes);
}

void Conversation::on_end_of_input() { peer_ended_ = true; }

void Conversation::on_written(std::size_t bytes) {
    output_.consume(bytes);
    progress_at_ = time_->monotonic;
}

bool Conversation::has_room() const { return slots_.size() < rules_->pipeline_max && output_.size() < output_bytes_max; }

bool Conversation::wants_bytes() const { return !input_ended_ && !peer_ended_ && has_room(); }

std::size_t Conversation::held_bytes() const {
    std::size_t bytes = unread_.size() + framer_.held_bytes() + output_.size();
    for (const Slot& slot : slots_) bytes += slot.response.body.size();
    return bytes;
}

bool Conversation::mute_for(Duration patience) const {
    return !input_ended_ && phase_ == Framer::Phase::between_requests && slots_.empty() && output_.empty() && time_->monotonic.us - progress_at_.us > patience.us;
}

std::optional<Conversation::Arrival> Conversation::next_request() {
    if (input_ended_ || !has_room()) return std::nullopt;
    std::string_view view = std::string_view(unread_).substr(unread_at_);
    const Framer::Progress progress = framer_.feed(view);
    unread_at_ = unread_.size() - view.size();
    if (progress == Framer::Progress::refused) {
        ++refused_;
        const FramingRefusal& refusal = framer_.refusal();
        push_refusal(refusal.status, refusal.code, refusal.detail);
        return std::nullopt;
    }
    if (progress == Framer::Progress::need_more) {
        if (framer_.take_continue()) push_interim();
        note_phase();
        unread_.erase(0, std::exchange(unread_at_, 0));
        if (unread_.empty() && unread_.capacity() > kept_buffer_bytes_max) unread_.shrink_to_fit();
        if (peer_ended_) end_input();
        return std::nullopt;
    }
    Framer::Framed framed = framer_.take();
    phase_ = Framer::Phase::between_requests;
    progress_at_ = time_->monotonic;
    Arrival arrival{first_sequence_ + slots_.size(), std::move(framed.request)};
    arrival.request.received = time_->wall;
    arrival.request.deadline = time_->wall + rules_->handler_deadline;
    slots_.push_back({.head_only = arrival.request.method == Method::head,
                      .keep_alive = framed.keep_alive,
                      .deadline = {time_->monotonic.us + rules_->handler_deadline.us},
                      .response = {}});
    if (!framed.keep_alive) end_input();
    return arrival;
}

void Conversation::note_phase() {
    const Framer::Phase phase = framer_.phase();
    if (phase == phase_) return;
    phase_ = phase;
    phase_since_ = time_->monotonic;
}

void Conversation::answer(std::uint64_t sequence, Response&& response) {
    const std::uint64_t index = sequence - first_sequence_;  // wraps to a huge number for one that is already gone
    if (index >= slots_.size() || slots_[index].state != Slot::State::waiting) return;
    slots_[index].state = Slot::State::answered;
    slots_[index].response = std::move(response);
    if (index == 0) flush_answers();
}

void Conversation::flush_answers() {
    while (!slots_.empty() && slots_.front().state != Slot::State::waiting) {
        if (output_.empty()) progress_at_ = time_->monotonic;
        Slot slot = std::move(slots_.front());
        slots_.pop_front();
        ++first_sequence_;
        if (slot.state == Slot::State::interim) {
            output_.append(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
            continue;
        }
        const bool silent = slot.response.silent;
        const bool keep_alive = slot.keep_alive && !slot.response.close && !silent;
        if (!silent) write_answer(output_, std::move(slot.response), {slot.head_only, keep_alive, time_->date});
        if (keep_alive) continue;
        // Whatever was asked behind this answer can't be answered any more: the client was told that this is the last.
        first_sequence_ += slots_.size();
        slots_.clear();
        end_input();
    }
}

void Conversation::push_interim() {
    slots_.push_back({.state = Slot::State::interim, .response = {}});
    if (slots_.size() == 1) flush_answers();
}

void Conversation::push_refusal(int status, std::string_view code, std::string_view detail) {
    slots_.push_back({.state = Slot::State::answered, .keep_alive = false, .response = rules_->problem(status, code, detail)});
    end_input();
    if (slots_.size() == 1) flush_answers();
}

void Conversation::refuse(int status, std::string_view code, std::string_view detail) {
    if (!input_ended_) push_refusal(status, code, detail);
}

void Conversation::drain() {
    end_input();
    if (!slots_.empty()) slots_.back().keep_alive = false;
}

void Conversation::end_input() {
    input_ended_ = true;
    unread_ = {};
    unread_at_ = 0;
    framer_ = Framer(rules_->framer);
    phase_ = Framer::Phase::between_requests;
}

void Conversation::answer_overdue() {
    for (Slot& slot : slots_) {
        if (slot.state != Slot::State::waiting || time_->monotonic < slot.deadline) continue;
        ++timed_out_;
        slot.state = Slot::State::answered;
        slot.response = rules_->problem(503, "deadline", "the answer did not come in time; whether the request had an effect is unknown");
    }
    flush_answers();
}

bool Conversation::on_tick() {
    answer_overdue();
    const Duration now = time_->monotonic;
    const Duration silent = {now.us - progress_at_.us};
    if (!output_.empty() && silent > rules_->idle_timeout) {
        ++timed_out_;
        return true;
    }
    if (input_ended_) return false;
    if (!wants_bytes()) {
        phase_since_ = now;  // it is not the peer's fault that nothing is read
        return false;
    }
    const Duration in_phase = {now.us - phase_since_.us};
    if (phase_ == Framer::Phase::between_requests) {
        const bool idle = slots_.empty() && output_.empty() && silent > rules_->idle_timeout;
        timed_out_ += idle ? 1 : 0;
        return idle;
    }
    const bool in_header = phase_ == Framer::Phase::header;
    if (in_phase > (in_header ? rules_->header_timeout : rules_->body_timeout)) {
        ++timed_out_;
        push_refusal(408, in_header ? "header_timeout" : "body_timeout", "the request did not arrive in time");
    }
    return false;
}

}  // namespace granary::http
