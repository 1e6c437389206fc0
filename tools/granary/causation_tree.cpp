// Partitions are read one beside the other for what belongs to the same stories; then each event is put below its cause.
#include "tools/granary/causation_tree.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "core/order_streams.hpp"
#include "platform/host/chain_reader.hpp"

namespace granary::cli {
namespace {

// Which commits belong to it.
struct Selection {
    std::unordered_set<CorrelationId> correlations;
    std::string routing_key;    // of an order's life; empty: none
    std::optional<Time> until;  // nothing committed later

    bool takes(const Commit& commit) const {
        if (until && commit.meta.time > *until) return false;
        if (!routing_key.empty() && commit.meta.routing_key == routing_key) return true;
        return !commit.meta.correlation.is_nil() && correlations.contains(commit.meta.correlation);
    }
};

Selection selection_of(const HistoryQuery& query, const History& history) {
    Selection selection;
    for (const auto& event : history.events) {
        if (!event.correlation.is_nil()) selection.correlations.insert(event.correlation);
    }
    if (is_of_order(query.stream.kind)) selection.routing_key = history.routing_key;
    if (const auto* time = std::get_if<Time>(&query.as_of)) selection.until = *time;
    // There is no order between partitions but time, so that of the position's commit stands for it elsewhere.
    if (std::holds_alternative<Position>(query.as_of) && !history.events.empty()) selection.until = history.events.back().time;
    return selection;
}

class Gathering {
  public:
    Gathering(ports::Log& log, const Selection& selection) : log_(log), selection_(selection) {}

    Result<CausationTree> run(std::size_t threads) {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < threads; ++i) others.emplace_back([this] { work(); });
        work();
        others.clear();
        if (fault_) return std::unexpected(*fault_);
        return std::move(tree_);
    }

  private:
    void work() {
        for (std::uint32_t number = next_++; number < log_.identity().partitions; number = next_++) {
            if (const auto read = read_partition({number}); !read) {
                const std::scoped_lock lock(mutex_);
                if (!fault_) fault_ = read.error();
            }
        }
    }

    Status read_partition(Partition partition) {
        auto reader = ChainReader::open(log_, partition, std::nullopt);
        if (!reader) return std::unexpected(reader.error());
        while (true) {
            const auto records = reader->read(limits::log_read_bytes_max);
            if (!records) return std::unexpected(records.error());
            if (records->empty()) return {};
            for (const auto& record : *records) {
                const auto* commit = std::get_if<Commit>(&record.entry);
                if (commit == nullptr) continue;
                // The time of commits never decreases within a partition.
                if (selection_.until && commit->meta.time > *selection_.until) return {};
                if (selection_.takes(*commit)) take(record.position, *commit);
            }
        }
    }

    void take(Position position, const Commit& commit) {
        const std::scoped_lock lock(mutex_);
        for (std::size_t i = 0; i < commit.events.size(); ++i) {
            if (tree_.events.size() >= history_events_max) {
                ++tree_.left_out;
                continue;
            }
            tree_.events.push_back({commit.stream(), history_event_of(position, commit, i), 0});
        }
    }

    ports::Log& log_;
    const Selection& selection_;
    std::atomic<std::uint32_t> next_ = 0;
    std::mutex mutex_;
    std::optional<Fault> fault_;
    CausationTree tree_;
};

// Below their causes, those of one cause in the order in which they stand.
std::vector<CausedEvent> in_order_of_causes(std::vector<CausedEvent> events) {
    std::ranges::sort(events, {}, [](const CausedEvent& e) { return std::tuple(e.event.time, e.event.position, e.event.version); });
    std::unordered_map<EventId, std::size_t> places;
    for (std::size_t i = 0; i < events.size(); ++i) places.emplace(events[i].event.id, i);
    std::vector<std::vector<std::size_t>> caused(events.size());
    std::vector<std::size_t> stack;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto cause = places.find(events[i].event.causation);
        // An event's id follows from its command, so none can be its own cause, nor that of its cause.
        if (cause != places.end() && cause->second != i) {
            caused[cause->second].push_back(i);
        } else {
            stack.push_back(i);
        }
    }
    std::ranges::reverse(stack);
    std::vector<CausedEvent> ordered;
    ordered.reserve(events.size());
    while (!stack.empty()) {
        const std::size_t place = stack.back();
        stack.pop_back();
        for (auto next = caused[place].rbegin(); next != caused[place].rend(); ++next) {
            events[*next].depth = events[place].depth + 1;
            stack.push_back(*next);
        }
        ordered.push_back(std::move(events[place]));
    }
    return ordered;
}

std::string name_of_stream(const StreamId& stream) { return std::string(name_of(stream.kind)) + ' ' + stream.key; }

}  // namespace

Result<CausationTree> read_causation_tree(ports::Log& log, const HistoryQuery& query, const History& history, std::size_t threads) {
    const auto selection = selection_of(query, history);
    auto tree = Gathering(log, selection).run(threads);
    if (tree) tree->events = in_order_of_causes(std::move(tree->events));
    return tree;
}

Table table_of(const CausationTree& tree) {
    Table table{{{"depth", true}, {"event"}, {"aggregate"}, {"version", true}, {"position"}, {"time"}, {"actor"}, {"command"}, {"correlation"}}, {}};
    for (const auto& [stream, event, depth] : tree.events) {
        table.rows.push_back({std::to_string(depth), std::string(2 * depth, ' ') + event.name, name_of_stream(stream), std::to_string(event.version), text_of(event.position), rfc3339_of(event.time), event.actor,
                              text_of(event.command), text_of(event.correlation)});
    }
    return table;
}

std::string json_of(const HistoryQuery& query, const CausationTree& tree) {
    JsonWriter json;
    json.begin_object().member("kind", name_of(query.stream.kind)).member("id", query.stream.key);
    json.member("left_out", static_cast<std::int64_t>(tree.left_out)).key("events").begin_array();
    for (const auto& [stream, event, depth] : tree.events) {
        json.begin_object().member("depth", static_cast<std::int64_t>(depth)).member("kind", name_of(stream.kind)).member("key", stream.key);
        write_members(json, event);
        json.end_object();
    }
    json.end_array().end_object();
    return json.take() + "\n";
}

}  // namespace granary::cli
