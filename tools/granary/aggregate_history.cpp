// Walks the chain of the aggregate's partition, or of all of them until it is found, and keeps what is its own.
#include "tools/granary/aggregate_history.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "core/routing.hpp"
#include "platform/host/chain_reader.hpp"
#include "tools/granary/aggregate_state.hpp"

namespace granary::cli {
namespace {

std::unexpected<Fault> wrong_id(std::string_view kind, const std::string& expected) {
    return fault(FaultCode::invalid_argument, std::string(kind) + " takes " + expected);
}

HistoryQuery query_of(StreamTarget target) {
    HistoryQuery query;
    query.stream = std::move(target.stream);
    query.routing_key = std::move(target.routing_key);
    return query;
}

Result<HistoryQuery> parse_stock(std::string_view id) {
    const auto slash = id.find('/');
    const auto sku = Sku::parse(slash == std::string_view::npos ? std::string_view() : id.substr(slash + 1));
    if (!sku || !is_valid_warehouse(id.substr(0, slash))) return wrong_id("stock", "WAREHOUSE/SKU, for instance main/85123A");
    return query_of(stock_stream(*sku, *WarehouseCode::parse(id.substr(0, slash))));
}

// Whose partition only the log knows.
template <class Kind>
Result<HistoryQuery> parse_lodger(StreamKind kind, std::string_view id) {
    const auto parsed = parse_id<Kind>(id);
    if (!parsed) return wrong_id(name_of(kind), std::string(Kind::prefix) + "_ and 32 hex digits");
    HistoryQuery query;
    query.stream = {kind, text_of(*parsed)};
    return query;
}

Result<HistoryQuery> parse_order(StreamKind kind, std::string_view id) {
    const auto order = parse_id<OrderKind>(id);
    if (!order) return wrong_id(name_of(kind), "an order's id: ord_ and 32 hex digits");
    return query_of(kind == StreamKind::order ? order_stream(*order) : order_fulfilment_stream(*order));
}

Result<HistoryQuery> parse_product(std::string_view id) {
    const auto sku = Sku::parse(id);
    if (!sku) return wrong_id("product", "a SKU of 1 to " + std::to_string(Sku::capacity) + " printable characters");
    return query_of(product_stream(*sku));
}

Result<HistoryQuery> parse_invoice(std::string_view id) {
    const auto slash = id.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == id.size()) return wrong_id("invoice", "SOURCE/NUMBER, such as online-retail/536365");
    return query_of(invoice_stream(id.substr(0, slash), id.substr(slash + 1)));
}

Result<HistoryQuery> parse_customer(std::string_view id) {
    const auto customer = parse_id<CustomerKind>(id);
    if (!customer) return wrong_id("customer", "cus_ and 32 hex digits");
    return query_of(customer_stream(*customer));
}

Result<HistoryQuery> parse_erasure(std::string_view id) {
    if (const auto customer = parse_id<CustomerKind>(id)) return query_of(customer_erasure_stream(*customer));
    if (const auto order = parse_id<OrderKind>(id)) return query_of(customer_erasure_stream(*order));
    return wrong_id("customer_erasure", "a customer's id, or that of an order without a customer");
}

Result<HistoryQuery> parse_access(std::string_view id) {
    const auto slash = id.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == id.size()) return wrong_id("access", "PRINCIPAL/DAY, such as key_0192f7c0a3b47e8c9d1e2f3a4b5c6d7e/2010-12-01");
    return query_of(access_stream(id.substr(0, slash), id.substr(slash + 1)));
}

bool is_behind(const HistoryQuery& query, const AcceptedRecord& record, const Commit* commit) {
    if (const auto* position = std::get_if<Position>(&query.as_of)) return record.position.offset > position->offset;
    if (const auto* time = std::get_if<Time>(&query.as_of)) return commit != nullptr && commit->meta.time > *time;
    return false;
}

struct PartitionPart {
    std::deque<HistoryEvent> events;
    std::uint64_t version = 0;  // of the aggregate after the last event
    std::string routing_key;
    Offset read_up_to;
};

// One partition's reading; stops early when `stop` is set, because the aggregate was found elsewhere.
class PartitionReading {
  public:
    PartitionReading(ports::Log& log, const HistoryQuery& query, Partition partition, const std::atomic<bool>& stop)
        : log_(log), query_(query), partition_(partition), stop_(stop) {
        if (query.with_states) state_ = make_aggregate_state(query.stream.kind);
    }

    Result<PartitionPart> run() {
        auto reader = ChainReader::open(log_, partition_, std::nullopt);
        if (!reader) return std::unexpected(reader.error());
        while (!stop_.load(std::memory_order_relaxed)) {
            const auto records = reader->read(limits::log_read_bytes_max);
            if (!records) return std::unexpected(records.error());
            if (records->empty()) break;
            for (const auto& record : *records) {
                const auto* commit = std::get_if<Commit>(&record.entry);
                if (is_behind(query_, record, commit)) return std::move(part_);
                if (const auto taken = take(record.position, commit); !taken) return std::unexpected(taken.error());
                part_.read_up_to = record.position.offset;
            }
        }
        return std::move(part_);
    }

  private:
    Status take(Position position, const Commit* commit) {
        if (commit == nullptr || commit->stream() != query_.stream) return {};
        if (commit->meta.first_version != part_.version + 1) {
            return fault(FaultCode::corrupt, "at position " + text_of(position) + " the stream goes on with version " + std::to_string(commit->meta.first_version) +
                                                 " after version " + std::to_string(part_.version));
        }
        for (std::size_t i = 0; i < commit->events.size(); ++i) {
            if (auto added = add(position, *commit, i); !added) return added;
        }
        return {};
    }

    Status add(Position position, const Commit& commit, std::size_t index) {
        auto entry = history_event_of(position, commit, index);
        if (state_) {
            if (auto folded = state_->fold(commit.events[index].event); !folded) return folded;
            entry.state_json = state_->json();
        }
        part_.version = entry.version;
        part_.routing_key = commit.meta.routing_key;
        part_.events.push_back(std::move(entry));
        if (part_.events.size() > query_.last) part_.events.pop_front();
        return {};
    }

    ports::Log& log_;
    const HistoryQuery& query_;
    const Partition partition_;
    const std::atomic<bool>& stop_;
    std::unique_ptr<AggregateState> state_;
    PartitionPart part_;
};

// Several partitions, several at a time; a stream lives in one, so the first find ends the search.
class Search {
  public:
    Search(ports::Log& log, const HistoryQuery& query, std::vector<Partition> partitions) : log_(log), query_(query), partitions_(std::move(partitions)) {
        history_.read_up_to.resize(log.identity().partitions);
    }

    Result<History> run(std::size_t threads) {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < std::min(threads, partitions_.size()); ++i) others.emplace_back([this] { work(); });
        work();
        others.clear();
        // What was found counts, even if a partition that was looked into meanwhile is damaged.
        if (fault_ && history_.events.empty()) return std::unexpected(*fault_);
        return std::move(history_);
    }

  private:
    void work() {
        for (std::size_t i = next_++; i < partitions_.size() && !stop_; i = next_++) {
            auto part = PartitionReading(log_, query_, partitions_[i], stop_).run();
            const std::scoped_lock lock(mutex_);
            if (!part) {
                if (!fault_) fault_ = part.error();
                continue;
            }
            history_.read_up_to[partitions_[i].number] = part->read_up_to;
            if (part->version == 0) continue;
            history_.left_out = part->version - part->events.size();
            history_.routing_key = std::move(part->routing_key);
            history_.events.assign(std::make_move_iterator(part->events.begin()), std::make_move_iterator(part->events.end()));
            stop_ = true;
        }
    }

    ports::Log& log_;
    const HistoryQuery& query_;
    const std::vector<Partition> partitions_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> stop_ = false;
    std::mutex mutex_;
    std::optional<Fault> fault_;
    History history_;
};

// The partitions that may hold the aggregate.
Result<std::vector<Partition>> candidates(const HistoryQuery& query, std::uint32_t count) {
    const auto* as_of = std::get_if<Position>(&query.as_of);
    if (as_of != nullptr && as_of->partition.number >= count) {
        return fault(FaultCode::invalid_argument, "the log has " + std::to_string(count) + " partitions; there is no position " + text_of(*as_of));
    }
    if (query.routing_key) {
        const Partition home = partition_of(*query.routing_key, count);
        if (as_of != nullptr && as_of->partition != home) {
            return fault(FaultCode::invalid_argument, query.stream.key + " lives in partition " + std::to_string(home.number) + "; give a position of that partition, not " + text_of(*as_of));
        }
        return std::vector{home};
    }
    if (as_of != nullptr) return std::vector{as_of->partition};
    std::vector<Partition> all;
    for (std::uint32_t i = 0; i < count; ++i) all.push_back({i});
    return all;
}

std::string text_or_empty(EventId id) { return id.is_nil() ? std::string() : text_of(id); }

}  // namespace

Result<HistoryQuery> parse_aggregate(std::string_view kind, std::string_view id) {
    const auto parsed = parse_stream_kind(kind);
    switch (parsed.value_or(StreamKind::none)) {
        case StreamKind::order:
        case StreamKind::order_fulfilment: return parse_order(*parsed, id);
        case StreamKind::payment: return parse_lodger<PaymentKind>(*parsed, id);
        case StreamKind::shipment: return parse_lodger<ShipmentKind>(*parsed, id);
        case StreamKind::stock: return parse_stock(id);
        case StreamKind::product: return parse_product(id);
        case StreamKind::customer: return parse_customer(id);
        case StreamKind::invoice: return parse_invoice(id);
        case StreamKind::customer_erasure: return parse_erasure(id);
        case StreamKind::access: return parse_access(id);
        case StreamKind::none: break;
    }
    return fault(FaultCode::invalid_argument, "there is no kind of aggregate called " + std::string(kind));
}

Status parse_as_of(std::string_view text, HistoryQuery& query) {
    if (const auto position = parse_position(text)) {
        query.as_of = *position;
    } else if (const auto time = parse_rfc3339(text)) {
        query.as_of = *time;
    } else {
        return fault(FaultCode::invalid_argument, "--as-of takes a position such as 12:3456, or a time such as 2010-12-01T08:26:00Z");
    }
    return {};
}

Result<History> read_history(ports::Log& log, const HistoryQuery& query, std::size_t threads) {
    auto partitions = candidates(query, log.identity().partitions);
    if (!partitions) return std::unexpected(partitions.error());
    return Search(log, query, std::move(*partitions)).run(threads);
}

HistoryEvent history_event_of(Position position, const Commit& commit, std::size_t index) {
    const auto& [event, occurred_at] = commit.events[index];
    const auto& meta = commit.meta;
    JsonWriter fields;
    write_json(fields, event);
    return {position,   meta.first_version + index, meta.time,      occurred_at,      event_id(meta.command_id, index), std::string(name_of(event)),
            meta.actor, meta.command_id,            meta.causation, meta.correlation, fields.take(),                    {}};
}

void write_members(JsonWriter& json, const HistoryEvent& event) {
    json.member("position", text_of(event.position)).member("version", static_cast<std::int64_t>(event.version));
    json.member("time", rfc3339_of(event.time)).member("occurred_at", rfc3339_of(event.occurred_at));
    json.member("id", text_of(event.id)).member("event", event.name).member("actor", event.actor).member("command", text_of(event.command));
    json.key("causation");
    if (event.causation.is_nil()) {
        json.null();
    } else {
        json.string(text_of(event.causation));
    }
    json.member("correlation", text_of(event.correlation)).key("fields").raw(event.fields_json);
    if (!event.state_json.empty()) json.key("state").raw(event.state_json);
}

Table table_of(const History& history) {
    Table table{{{"position"}, {"version", true}, {"time"}, {"event"}, {"actor"}, {"command"}, {"causation"}, {"correlation"}, {"fields"}}, {}};
    for (const auto& event : history.events) {
        table.rows.push_back({text_of(event.position), std::to_string(event.version), rfc3339_of(event.time), event.name, event.actor, text_of(event.command),
                              text_or_empty(event.causation), text_of(event.correlation), event.fields_json});
    }
    return table;
}

std::string json_of(const HistoryQuery& query, const History& history) {
    JsonWriter json;
    json.begin_object().member("kind", name_of(query.stream.kind)).member("id", query.stream.key).member("position", text_of(history.read_up_to));
    json.member("left_out", static_cast<std::int64_t>(history.left_out)).key("events").begin_array();
    for (const auto& event : history.events) {
        write_members(json.begin_object(), event);
        json.end_object();
    }
    json.end_array().end_object();
    return json.take() + "\n";
}

}  // namespace granary::cli
