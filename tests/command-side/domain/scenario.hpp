// Given these events, when this command, then: these events, this refusal, or nothing at all.
#pragma once

#include <doctest/doctest.h>

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "core/refusal.hpp"
#include "core/time.hpp"

namespace granary::scenario {

inline constexpr Time now{1'700'000'000'000'000};

// What a decision came to, in words: the JSON of each event, or the refusal. Tests compare these.
template <class Event>
std::string text_of(const std::expected<std::vector<Event>, Refusal>& decision) {
    if (!decision) return "refused " + std::string(name_of(decision.error().code)) + " at '" + decision.error().pointer + "'";
    std::string text;
    for (const auto& event : *decision) {
        JsonWriter json;
        write_json(json, event);
        text += std::string(name_of(event)) + " " + json.take() + "\n";
    }
    return text.empty() ? "nothing" : text;
}

// `State` is what decide and evolve of the context work on. Events that a decision brings are folded, so that a scenario
// can go on from there.
template <class State, class Event, class Command>
class Scenario {
  public:
    Scenario& given(std::vector<Event> events) {
        for (const auto& event : events) evolve(state_, event);
        return *this;
    }
    // Commands that must be allowed, as a shorter way to a state.
    Scenario& after(std::vector<Command> commands) {
        for (auto& command : commands) {
            when(std::move(command));
            REQUIRE_MESSAGE(decision_.has_value(), text_of(decision_));
        }
        return *this;
    }
    Scenario& at(Time time) {
        time_ = time;
        return *this;
    }
    Scenario& when(Command command) {
        command_ = std::move(command);
        decision_ = decide(state_, command_, time_);
        if (decision_) {
            for (const auto& event : *decision_) evolve(state_, event);
        }
        return *this;
    }
    Scenario& then(std::vector<Event> expected) {
        const std::expected<std::vector<Event>, Refusal> wanted(std::move(expected));
        CHECK(text_of(decision_) == text_of(wanted));
        // What the text does not show: sealed data and secrets.
        if (decision_ && decision_->size() == wanted->size()) {
            for (std::size_t i = 0; i < wanted->size(); ++i) CHECK(encode_event((*decision_)[i]) == encode_event((*wanted)[i]));
        }
        return *this;
    }
    Scenario& refused(RefusalCode code, std::string pointer) {
        CHECK(text_of(decision_) == text_of(std::expected<std::vector<Event>, Refusal>(refuse(code, std::move(pointer), ""))));
        if (!decision_) CHECK_FALSE(decision_.error().detail.empty());
        return *this;
    }
    Scenario& nothing_happens() {
        CHECK(text_of(decision_) == "nothing");
        return *this;
    }
    const State& state() const { return state_; }
    const std::expected<std::vector<Event>, Refusal>& decision() const { return decision_; }

  private:
    State state_;
    Command command_;
    Time time_ = now;
    std::expected<std::vector<Event>, Refusal> decision_;
};

}  // namespace granary::scenario
