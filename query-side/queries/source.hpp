// What every query reads from, and what every answer says about how new it is.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/position.hpp"
#include "core/time.hpp"
#include "platform/ports/freshness.hpp"
#include "platform/ports/sealer.hpp"
#include "platform/ports/store.hpp"
#include "platform/ports/view_directory.hpp"

namespace granary::queries {

// Borrowed: everything outlives the queries made of it. Thread-safe because its parts are.
struct Source {
    const ports::Store& store;
    const ports::ViewDirectory& views;
    ports::Freshness& freshness;
    ports::Sealer& sealer;
    std::uint32_t partitions = limits::partitions_default;  // of the log
};

// How new an answer about one aggregate is. Read before the row, so the row is at least this new.
struct Freshness {
    Position folded;  // the aggregate's partition and the last offset folded there
    Duration age;     // of the node's slowest view: ports::ViewAge
};

// One aggregate's page. ETag: "<version>-<changed_at.offset>".
struct Document {
    std::string json;           // a complete JSON object, personal fields opened; an erased person's are null
    CustomerId owner;           // nil: nobody in particular (an anonymous order, a product)
    std::uint64_t version = 0;  // of the aggregate: what If-Match compares
    Position changed_at;        // of the last event that changed this page
    Freshness freshness;
    bool has_lost_fields = false;  // a person was erased after `changed_at`: the page is another one than was served under this ETag
};

// One page of a list. The cursor is raw bytes that say where to go on; whoever hands it out signs it.
struct Page {
    std::vector<std::string> items;  // complete JSON objects
    std::string next_cursor;         // empty when there is nothing more
    bool has_more = false;
    ports::ViewAge view;
};

struct PageRequest {
    std::size_t limit = limits::page_size_default;  // 1 to limits::page_size_max
    std::string cursor;                             // a Page's next_cursor of the same list, or empty
};

// Calls `ready(true)` once everything of these partitions that was durable when this was called is folded, at once if it
// is; `ready(false)` after `deadline`, or when the log does not say where it ends. For a look-up by id that found nothing: look again after it.
void fold_to_known_end(ports::Freshness& freshness, const std::vector<Partition>& partitions, Duration deadline,
                       std::function<void(bool)> ready);
std::vector<Partition> all_partitions(std::uint32_t count);

}  // namespace granary::queries
