// One connection's protocol without its socket: bytes in, requests out, answers in, bytes out in the order of the requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/answer.hpp"
#include "gateway/http/framer.hpp"
#include "gateway/http/message.hpp"
#include "gateway/http/output.hpp"

namespace granary::http {

// What all conversations of a server share; outlives them.
struct ConversationRules {
    FramerRules framer;
    std::size_t pipeline_max = limits::http_pipeline_max;
    Duration header_timeout = limits::http_header_timeout;
    Duration body_timeout = limits::http_body_timeout;
    Duration idle_timeout = limits::http_idle_timeout;
    Duration handler_deadline = limits::http_handler_deadline;
    std::function<Response(int, std::string_view, std::string_view)> problem = plain_problem;
};

// The time as its owner last read it; conversations look at it and never at a clock.
struct ConversationTime {
    Duration monotonic;  // since any fixed point
    Time wall;
    std::string date;    // date_line(wall), renewed each second
};

class Conversation {
  public:
    Conversation(const ConversationRules& rules, const ConversationTime& time);

    void on_bytes(std::string_view bytes);
    // The peer will send no more; what it has sent is still answered.
    void on_end_of_input();
    void on_written(std::size_t bytes);
    // Applies the time-outs. True when the connection must be dropped without another word.
    bool on_tick();

    struct Arrival {
        std::uint64_t sequence = 0;
        Request request;
    };
    // The next whole request, while the pipeline has room.
    std::optional<Arrival> next_request();
    // Answers a request; ignored when it was answered before (a deadline may have done so).
    void answer(std::uint64_t sequence, Response&& response);

    // Answers with a problem instead of reading anything, then ends: for a connection too many.
    void refuse(int status, std::string_view code, std::string_view detail);
    // Takes no further request; those that were handed out are answered, the last with `Connection: close`.
    void drain();

    const Output& output() const { return output_; }
    // False while there is no room for more requests, or when no more are wanted.
    bool wants_bytes() const;
    // Memory that this connection keeps busy: what was read and not handed out, and what is not written yet.
    std::size_t held_bytes() const;
    // It has nothing under way, and has said nothing for this long.
    bool mute_for(Duration patience) const;
    // True when everything is said and written: the connection may be closed.
    bool finished() const { return input_ended_ && slots_.empty() && output_.empty(); }
    std::uint64_t refused() const { return refused_; }
    std::uint64_t timed_out() const { return timed_out_; }

  private:
    struct Slot {
        enum class State { waiting, answered, interim } state = State::waiting;
        bool head_only = false;
        bool keep_alive = true;
        Duration deadline;
        Response response;
    };

    bool has_room() const;
    void push_interim();
    void push_refusal(int status, std::string_view code, std::string_view detail);
    void end_input();
    void flush_answers();
    void answer_overdue();
    void note_phase();

    const ConversationRules* rules_;
    const ConversationTime* time_;
    Framer framer_;
    std::string unread_;
    std::size_t unread_at_ = 0;  // bytes of it that the framer has taken
    Output output_;
    std::deque<Slot> slots_;
    std::uint64_t first_sequence_ = 0;
    bool peer_ended_ = false;   // nothing more will arrive; unread_ may still hold requests
    bool input_ended_ = false;  // nothing more will be framed
    Framer::Phase phase_ = Framer::Phase::between_requests;
    Duration phase_since_;
    Duration progress_at_;  // when the peer last sent a request or took bytes
    std::uint64_t refused_ = 0;
    std::uint64_t timed_out_ = 0;
};

}  // namespace granary::http
