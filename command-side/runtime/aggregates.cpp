// Loading, changing and writing back of live aggregates.
#include "command-side/runtime/aggregates.hpp"

#include "command-side/runtime/checkpoint.hpp"
#include "core/check.hpp"
#include "core/marks.hpp"

namespace granary::command_side {
namespace {

const Decider& known_decider(StreamKind kind) {
    const Decider* decider = decider_of(kind);
    GRANARY_CHECK(decider != nullptr);
    return *decider;
}

// `part` is the part that the commit's command named.
void evolve_all(const Decider& decider, Aggregates::Value& value, Part* part, const Commit& commit) {
    Part none;
    for (const auto& item : commit.events) {
        const bool uses_part = part_of(item.event).has_value();
        GRANARY_CHECK(!uses_part || part != nullptr);
        decider.evolve(value.state, uses_part ? *part : none, item.event);
    }
    value.version += commit.events.size();
}

std::unexpected<Fault> not_a_continuation(const Commit& commit, const std::string& why) {
    return fault(FaultCode::corrupt, "an accepted commit on " + std::string(name_of(commit.stream().kind)) + " " + commit.meta.stream_key + " " + why);
}

}  // namespace

Status Aggregates::load(const std::vector<Wanted>& wanted) {
    if (auto loaded = load_streams(wanted); !loaded) return loaded;
    return load_parts(wanted);
}

Status Aggregates::load_streams(const std::vector<Wanted>& wanted) {
    std::vector<const StreamId*> missing;
    std::vector<std::string> keys;
    for (const auto& item : wanted) {
        if (aggregates_.contains(*item.stream)) continue;
        missing.push_back(item.stream);
        keys.push_back(aggregate_key(*item.stream));
    }
    if (keys.empty()) return {};
    const auto found = store_->get_many(tables::aggregates, keys);
    if (!found) return std::unexpected(found.error());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (aggregates_.contains(*missing[i])) continue;  // wanted twice
        const Decider& decider = known_decider(missing[i]->kind);
        Value value{decider.initial(), 0};
        if (const auto& bytes = (*found)[i]) {
            GRANARY_MARK(aggregate_loaded);
            const auto stored = decode_aggregate(*bytes);
            if (!stored) return std::unexpected(stored.error());
            auto state = decider.decode(stored->state);
            if (!state) return std::unexpected(std::move(state.error()));
            value = {std::move(*state), stored->version};
        }
        aggregates_.insert(*missing[i], std::move(value));
    }
    return {};
}

Status Aggregates::load_parts(const std::vector<Wanted>& wanted) {
    std::vector<std::string> keys;
    for (const auto& item : wanted) {
        if (!item.part) continue;
        std::string key = part_key(item.stream->key, *item.part);
        if (!parts_.contains(key)) keys.push_back(std::move(key));
    }
    if (keys.empty()) return {};
    const auto found = store_->get_many(tables::stock_parts, keys);
    if (!found) return std::unexpected(found.error());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (parts_.contains(keys[i])) continue;
        Part part;
        if (const auto& bytes = (*found)[i]) {
            auto stored = decode_part(*bytes);
            if (!stored) return std::unexpected(std::move(stored.error()));
            part = std::move(*stored);
        }
        parts_.insert(keys[i], std::move(part));
    }
    return {};
}

Aggregates::Aggregate& Aggregates::at(const StreamId& stream) {
    Aggregate* aggregate = aggregates_.find(stream);
    GRANARY_CHECK(aggregate != nullptr);
    return *aggregate;
}

Aggregates::PartEntry& Aggregates::part_at(std::string_view stream_key, Uuid part) {
    PartEntry* entry = parts_.find(part_key(stream_key, part));
    GRANARY_CHECK(entry != nullptr);
    return *entry;
}

void Aggregates::speculate(Aggregate& aggregate, PartEntry* part, const Commit& commit) {
    aggregate.speculate();
    if (part != nullptr) part->speculate();
    evolve_all(known_decider(aggregate.key->kind), aggregate.newest, part != nullptr ? &part->newest : nullptr, commit);
}

void Aggregates::confirm(Aggregate& aggregate, PartEntry* part, const Commit& commit) {
    // A part is only ever changed together with its aggregate, so the last commit in flight on the aggregate is the last
    // one on the part: what is newest then counts, and nothing needs folding again.
    if (aggregate.in_flight > 1) {
        evolve_all(known_decider(aggregate.key->kind), *aggregate.counted, part != nullptr ? &*part->counted : nullptr, commit);
    }
    aggregate.confirm();
    aggregates_.mark_dirty(aggregate);
    if (part != nullptr) {
        part->confirm();
        parts_.mark_dirty(*part);
    }
}

Status Aggregates::fold(const Commit& commit) {
    const StreamId stream = commit.stream();
    const Decider* decider = decider_of(stream.kind);
    if (decider == nullptr) return not_a_continuation(commit, "is of a kind of stream that this build does not know; upgrade this node");
    std::vector<Wanted> wanted{{&stream, std::nullopt}};
    for (const auto& item : commit.events) {
        if (const auto part = part_of(item.event)) wanted.push_back({&stream, part});
    }
    if (auto loaded = load(wanted); !loaded) return loaded;
    Aggregate& aggregate = at(stream);
    GRANARY_CHECK(aggregate.in_flight == 0);
    Value& value = aggregate.newest;
    if (commit.meta.first_version != value.version + 1) {
        return not_a_continuation(commit, "starts at version " + std::to_string(commit.meta.first_version) + " after version " + std::to_string(value.version));
    }
    for (const auto& item : commit.events) {
        if (item.event.index() != value.state.index()) return not_a_continuation(commit, "holds an event of another context");
        Part none;
        const auto id = part_of(item.event);
        PartEntry* part = id ? &part_at(stream.key, *id) : nullptr;
        Part& named = part != nullptr ? part->newest : none;
        if (const char* why = decider->contradiction(value.state, named, item.event)) {
            return not_a_continuation(commit, "holds an event (" + std::string(name_of(item.event)) + ") that can't have happened, since it " + why + "; restore the log, or run the version that wrote it");
        }
        decider->evolve(value.state, named, item.event);
        if (part != nullptr) parts_.mark_dirty(*part);
    }
    value.version += commit.events.size();
    aggregates_.mark_dirty(aggregate);
    return {};
}

void Aggregates::collect(ports::StoreBatch& batch) const {
    for (const Aggregate* aggregate : aggregates_.dirty()) {
        const Value& value = aggregate->counting();
        batch.put(tables::aggregates, aggregate_key(*aggregate->key), encode_aggregate(value.version, known_decider(aggregate->key->kind).encode(value.state)));
    }
    for (const PartEntry* part : parts_.dirty()) {
        const Part& value = part->counting();
        if (value) {
            batch.put(tables::stock_parts, *part->key, encode_part(*value));
        } else {
            batch.remove(tables::stock_parts, *part->key);
        }
    }
}

void Aggregates::all_written() {
    aggregates_.all_written();
    parts_.all_written();
}

void Aggregates::trim() {
    aggregates_.trim();
    parts_.trim();
}

}  // namespace granary::command_side
