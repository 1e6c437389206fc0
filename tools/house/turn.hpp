// One turn of a house's thread: what it changes, keeps together in one write, and says only after that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "gateway/http/message.hpp"
#include "tools/house/house_options.hpp"

namespace granary::house {

// The tables of one house: its own records by id, what it will do by itself by time, callbacks by time, and its counter.
struct HouseTables {
    std::string records, due, outbox, meta;

    explicit HouseTables(std::string_view house);
};

// Sorts by time, then by number: tasks and callbacks are found in the order in which they are due.
std::string key_of(Time due, std::uint64_t number, std::uint8_t copy = 0);
// The time of such a key; nullopt when it is none.
std::optional<Time> due_of(std::string_view key);

// An answer that waits for the write.
struct PendingAnswer {
    http::Responder respond;
    std::optional<http::Response> response;  // nullopt: never
    Duration hold_back;                      // after the write
};

class Turn {
  public:
    Turn(const HouseOptions& options, const HouseTables& tables, Time now, std::uint64_t last_number, std::size_t callbacks_waiting);

    Time now() const { return now_; }
    // As changed by this turn so far.
    Result<std::optional<std::string>> record(const std::string& key) const;
    void put_record(const std::string& key, std::string value);
    // Records that were written by earlier turns, in key order, after `after`.
    Result<std::vector<std::pair<std::string, std::string>>> page(const std::string& after, std::size_t count_max) const;
    // Fresh for ever, also over restarts.
    std::uint64_t next_number();
    // `task` comes back to the trade when it is due.
    void schedule(Duration delay, std::string task);
    // A callback: `number` is that of its event id. Told: the caller learns the same from the answer to its own call.
    void emit(std::uint64_t number, const std::string& body, bool told);
    // False when so many callbacks wait already that nothing may be done that makes one.
    bool has_room_for_callbacks() const { return callbacks_waiting_ < options_->callbacks.waiting_max; }
    // The answer leaves after the write, or not at all as it is when the write fails.
    void answer(http::Responder respond, http::Response response, Duration hold_back = {});
    void never_answer(http::Responder respond);

    // For the desk.
    void forget_task(const std::string& key) { set(tables_->due, key, std::nullopt); }
    void forget_callback(const std::string& key);
    void postpone_callback(const std::string& key, std::string entry, Time due);
    ports::StoreBatch batch() const;
    bool changes_records() const { return changes_records_; }
    std::vector<PendingAnswer> take_answers() { return std::move(answers_); }
    std::uint64_t last_number() const { return last_number_; }
    std::size_t callbacks_waiting() const { return callbacks_waiting_; }

  private:
    void set(const std::string& table, const std::string& key, std::optional<std::string> value);
    void add_callback(std::uint64_t number, const std::string& body, std::uint8_t copy);

    const HouseOptions* options_;
    const HouseTables* tables_;
    Time now_;
    std::uint64_t last_number_;
    std::uint64_t number_before_;
    std::size_t callbacks_waiting_;
    bool changes_records_ = false;
    std::map<std::pair<std::string, std::string>, std::optional<std::string>> changes_;
    std::vector<PendingAnswer> answers_;
};

// What a house does with requests and tasks; called on the desk's thread only. Every request must be answered (or never
// answered) through the turn.
class Trade {
  public:
    virtual ~Trade() = default;
    virtual void on_request(http::Request&& request, http::Responder respond, Turn& turn) = 0;
    virtual Status on_task(std::string_view task, Turn& turn) = 0;
};

// A callback as it is kept: the number of attempts so far and the body.
struct CallbackEntry {
    std::uint32_t attempts = 0;
    std::string body;
};
std::string text_of(const CallbackEntry& entry);
std::optional<CallbackEntry> parse_callback(std::string_view text);

}  // namespace granary::house
