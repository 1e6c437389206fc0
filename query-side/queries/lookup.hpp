// Reading rows of live tables: shared by all queries of this folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "query-side/queries/source.hpp"
#include "query-side/read_models/orders.hpp"
#include "query-side/read_models/row.hpp"

namespace granary::queries {

// Reads from the live table of a view; asks again when that was promoted away and discarded in between.
template <class Read>
auto with_table(const Source& source, std::string_view view, Read read) -> decltype(read(std::string())) {
    for (int attempt = 0;; ++attempt) {
        const auto table = source.views.live_table(view);
        if (!table) return fault(FaultCode::unavailable, source.views.why_missing(view));
        auto answer = read(*table);
        if (answer || answer.error().code != FaultCode::not_found || attempt > 0) return answer;
    }
}

Result<std::optional<std::string>> get_value(const Source& source, std::string_view view, const std::string& key);
Result<std::vector<std::optional<std::string>>> get_values(const Source& source, std::string_view view,
                                                           const std::vector<std::string>& keys);

template <class Row>
Result<std::optional<read_models::StoredRow<Row>>> get_row(const Source& source, std::string_view view,
                                                           const std::string& key) {
    auto value = get_value(source, view, key);
    if (!value) return std::unexpected(std::move(value.error()));
    if (!*value) return std::nullopt;
    auto row = read_models::read_row<Row>(**value);
    if (!row) return std::unexpected(std::move(row.error()));
    return std::optional(std::move(*row));
}

// Call before the row is read.
Freshness freshness_of(const Source& source, Partition partition);

// Keys and values of one page of a range, and the cursor behind it. Keys are without the prefix.
struct Slice {
    struct Entry {
        std::string key;
        std::string value;
    };
    std::vector<Entry> entries;
    std::string next_cursor;
    bool has_more = false;
    ports::ViewAge view;
};
// Rows whose keys start with `prefix`, from behind the cursor, which is the rest of the last key seen. `wanted` may pass
// over rows: at most limits::list_scan_max are looked at. invalid_argument: a limit or cursor out of range.
using Wanted = std::function<bool(std::string_view value)>;
// Within the prefix: the rest of the first key, and of the one behind the last; empty = no bound.
struct SliceBounds {
    std::string from;
    std::string to;
};
Result<Slice> slice(const Source& source, std::string_view view, const std::string& prefix, const PageRequest& request,
                    const Wanted& wanted = {}, const SliceBounds& bounds = {});
// A page without items yet.
Page page_of(const Slice& slice);

// What is left of a personal field once its person is erased.
inline read_models::PersonalField erased_field() { return {true, std::nullopt}; }
// It was given, and its key is gone.
inline bool is_lost(const read_models::PersonalField& field) { return field.given && !field.clear; }
// Opens a personal field; null when it was not given. A box that does not verify is the fault `corrupt`.
Result<read_models::PersonalField> open_field(const Source& source, const wire::SealedT* sealed);

}  // namespace granary::queries
