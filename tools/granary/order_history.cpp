// States are folded from the first event on; what stands behind the page is not read.
#include "tools/granary/order_history.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "core/http1.hpp"
#include "core/json_writer.hpp"
#include "core/privacy_limits.hpp"
#include "tools/granary/aggregate_state.hpp"
#include "tools/granary/state_difference.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t commits_at_once = 256;

// Behind which event to go on: `OFFSET:INDEX`, so that a cursor can be read.
struct Place {
    std::int64_t offset = -1;
    std::int64_t index = -1;

    auto operator<=>(const Place&) const = default;
};

std::string text_of_place(const Place& place) { return std::to_string(place.offset) + ":" + std::to_string(place.index); }

std::optional<Place> parse_place(std::string_view text) {
    if (text.empty()) return Place{};
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto offset = http1::parse_length(text.substr(0, colon));
    const auto index = http1::parse_length(text.substr(colon + 1));
    if (!offset || !index) return std::nullopt;
    return Place{static_cast<std::int64_t>(*offset), static_cast<std::int64_t>(*index)};
}

// Folds commits of several streams, and writes those events that belong to the page.
class PageWriter {
  public:
    PageWriter(Partition partition, Place after, std::size_t limit) : partition_(partition), after_(after), limit_(limit) {}

    // False once an event came that has no room.
    Result<bool> take(Offset offset, const Commit& commit) {
        auto& state = states_[commit.stream()];
        if (!state) state = make_aggregate_state(commit.stream().kind);
        for (std::size_t i = 0; i < commit.events.size(); ++i) {
            const Place place{offset.number, static_cast<std::int64_t>(i)};
            if (place > after_ && page_.items.size() == limit_) return false;
            if (auto folded = state->fold(commit.events[i].event); !folded) return std::unexpected(folded.error());
            if (place <= after_) continue;
            write({partition_, offset}, commit, i, state->json());
            last_ = place;
        }
        return true;
    }
    ports::HistoryPage end(bool has_more) {
        if (has_more) page_.next_cursor = text_of_place(last_);
        return std::move(page_);
    }

  private:
    void write(Position position, const Commit& commit, std::size_t index, std::string state) {
        auto event = history_event_of(position, commit, index);
        event.state_json = std::move(state);
        const auto stream = commit.stream();
        JsonWriter json;
        json.begin_object().member("aggregate", name_of(stream.kind)).member("key", stream.key);
        write_members(json, event);
        json.end_object();
        page_.items.push_back(json.take());
    }

    const Partition partition_;
    const Place after_;
    const std::size_t limit_;
    Place last_;
    ports::HistoryPage page_;
    std::map<StreamId, std::unique_ptr<AggregateState>> states_;
};

}  // namespace

Status ViewedOrderHistory::each_commit(OrderId order, const ports::HistoryMoment& as_of, const Visit& visit) const {
    const Partition partition = orders_.partition(order);
    auto offsets = orders_.commits_of(order, limits::history_events_shown_max);
    if (!offsets) return std::unexpected(offsets.error());
    if (const auto* position = std::get_if<Position>(&as_of)) {
        if (position->partition != partition) return fault(FaultCode::invalid_argument, "the order's events are in partition " + std::to_string(partition.number) + ", so no position of another one is a moment of them");
        std::erase_if(*offsets, [&](const Offset& offset) { return offset > position->offset; });
    }
    const auto* time = std::get_if<Time>(&as_of);
    for (std::size_t from = 0; from < offsets->size(); from += commits_at_once) {
        const auto some = std::span(*offsets).subspan(from, std::min(commits_at_once, offsets->size() - from));
        const auto commits = commits_.at(partition, some);
        if (!commits) return std::unexpected(commits.error());
        for (std::size_t i = 0; i < some.size(); ++i) {
            // Time never runs back within a partition.
            if (time != nullptr && (*commits)[i].meta.time > *time) return {};
            const auto goes_on = visit({partition, some[i]}, (*commits)[i]);
            if (!goes_on) return std::unexpected(goes_on.error());
            if (!*goes_on) return {};
        }
    }
    return {};
}

Result<ports::HistoryPage> ViewedOrderHistory::page(const ports::HistoryRequest& request) {
    const auto after = parse_place(request.cursor);
    if (!after || request.limit == 0) return fault(FaultCode::invalid_argument, "the cursor is not one of a history");
    PageWriter writer(orders_.partition(request.order), *after, request.limit);
    bool has_more = false;
    const auto walked = each_commit(request.order, request.as_of, [&](Position position, const Commit& commit) {
        auto has_room = writer.take(position.offset, commit);
        has_more = has_room && !*has_room;
        return has_room;
    });
    if (!walked) return std::unexpected(walked.error());
    return writer.end(has_more);
}

Result<History> ViewedOrderHistory::standing(OrderId order, const ports::HistoryMoment& as_of) const {
    const StreamId stream = order_stream(order).stream;
    const auto state = make_aggregate_state(stream.kind);
    History history;
    const auto walked = each_commit(order, as_of, [&](Position position, const Commit& commit) -> Result<bool> {
        if (commit.stream() != stream) return true;
        for (const auto& entry : commit.events) {
            if (auto folded = state->fold(entry.event); !folded) return std::unexpected(folded.error());
        }
        history.events.assign(1, history_event_of(position, commit, commit.events.size() - 1));
        return true;
    });
    if (!walked) return std::unexpected(walked.error());
    if (!history.events.empty()) history.events.back().state_json = state->json();
    return history;
}

Result<std::string> ViewedOrderHistory::changes(OrderId order, const ports::HistoryMoment& from, const ports::HistoryMoment& to) {
    auto before = standing(order, from);
    if (!before) return std::unexpected(before.error());
    auto after = standing(order, to);
    if (!after) return std::unexpected(after.error());
    const auto difference = difference_between(std::move(*before), std::move(*after));
    if (!difference) return std::unexpected(difference.error());
    HistoryQuery query;
    query.stream = order_stream(order).stream;
    return json_of(query, *difference);
}

}  // namespace granary::cli
