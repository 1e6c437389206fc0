// Point reads, pages and personal fields.
#include "query-side/queries/lookup.hpp"

#include <algorithm>
#include <utility>

#include "core/mutants.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::queries {
namespace {

constexpr std::size_t cursor_bytes_max = 128;

std::unexpected<Fault> bad_page() {
    return fault(FaultCode::invalid_argument, "limit must be from 1 to " + std::to_string(limits::page_size_max) + ", and the cursor one that this list gave");
}

class Collector {
  public:
    Collector(Slice& slice, std::size_t prefix_size, std::size_t limit, const Wanted& wanted)
        : slice_(slice), prefix_size_(prefix_size), limit_(limit), wanted_(wanted) {}

    bool operator()(std::string_view key, std::string_view value) {
        if (slice_.entries.size() == limit_ || seen_ == limits::list_scan_max) {
            slice_.has_more = true;
            slice_.next_cursor = GRANARY_MUTANT(cursor_skips) ? std::string(key.substr(prefix_size_)) : last_;
            return false;
        }
        ++seen_;
        last_ = key.substr(prefix_size_);
        if (!wanted_ || wanted_(value)) slice_.entries.push_back({last_, std::string(value)});
        return true;
    }

  private:
    Slice& slice_;
    const std::size_t prefix_size_;
    const std::size_t limit_;
    const Wanted& wanted_;
    std::size_t seen_ = 0;
    std::string last_;
};

}  // namespace

Result<std::optional<std::string>> get_value(const Source& source, std::string_view view, const std::string& key) {
    return with_table(source, view, [&](const std::string& table) { return source.store.get(table, key); });
}

Result<std::vector<std::optional<std::string>>> get_values(const Source& source, std::string_view view,
                                                           const std::vector<std::string>& keys) {
    return with_table(source, view, [&](const std::string& table) { return source.store.get_many(table, keys); });
}

Freshness freshness_of(const Source& source, Partition partition) {
    const Offset folded = source.freshness.folded(partition);
    return {{partition, folded}, source.freshness.age().age};
}

Result<Slice> slice(const Source& source, std::string_view view, const std::string& prefix, const PageRequest& request,
                    const Wanted& wanted, const SliceBounds& bounds) {
    if (request.limit < 1 || request.limit > limits::page_size_max || request.cursor.size() > cursor_bytes_max) return bad_page();
    std::string from = prefix + request.cursor;
    if (!request.cursor.empty() && !GRANARY_MUTANT(cursor_repeats)) from += '\0';
    from = std::max(from, prefix + bounds.from);
    const std::string to = bounds.to.empty() ? read_models::end_of_prefix(prefix) : prefix + bounds.to;
    Slice slice;
    slice.view = source.freshness.age();
    auto scanned = with_table(source, view, [&](const std::string& table) {
        slice.entries.clear();
        return source.store.scan(table, from, to,
                                 Collector(slice, prefix.size(), request.limit, wanted));
    });
    if (!scanned) return std::unexpected(std::move(scanned.error()));
    return slice;
}

Page page_of(const Slice& slice) { return {{}, slice.next_cursor, slice.has_more, slice.view}; }

Result<read_models::PersonalField> open_field(const Source& source, const wire::SealedT* sealed) {
    if (sealed == nullptr || sealed->box.empty()) return read_models::PersonalField{};
    auto clear = source.sealer.open(*sealed);
    if (!clear) return std::unexpected(std::move(clear.error()));
    return read_models::PersonalField{true, std::move(*clear)};
}

}  // namespace granary::queries
