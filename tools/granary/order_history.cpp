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
#include "tools/granary/aggregate_history.hpp"
#include "tools/granary/aggregate_state.hpp"

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

Result<ports::HistoryPage> ViewedOrderHistory::page(OrderId order, std::size_t limit, std::string_view cursor) {
    const auto after = parse_place(cursor);
    if (!after || limit == 0) return fault(FaultCode::invalid_argument, "the cursor is not one of a history");
    const auto offsets = orders_.commits_of(order, limits::history_events_shown_max);
    if (!offsets) return std::unexpected(offsets.error());
    const Partition partition = orders_.partition(order);
    PageWriter writer(partition, *after, limit);
    for (std::size_t from = 0; from < offsets->size(); from += commits_at_once) {
        const auto some = std::span(*offsets).subspan(from, std::min(commits_at_once, offsets->size() - from));
        const auto commits = commits_.at(partition, some);
        if (!commits) return std::unexpected(commits.error());
        for (std::size_t i = 0; i < some.size(); ++i) {
            const auto has_room = writer.take(some[i], (*commits)[i]);
            if (!has_room) return std::unexpected(has_room.error());
            if (!*has_room) return writer.end(true);
        }
    }
    return writer.end(false);
}

}  // namespace granary::cli
