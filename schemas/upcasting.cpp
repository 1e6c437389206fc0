// Upcasters: pure, total, and covered by golden bytes of each old version.
#include "schemas/upcasting.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace granary::inventory {
namespace {

constexpr std::array<std::pair<std::string_view, AdjustmentKind>, 5> words{{
    {"count", AdjustmentKind::count},
    {"damage", AdjustmentKind::damage},
    {"loss", AdjustmentKind::loss},
    {"theft", AdjustmentKind::loss},
    {"return", AdjustmentKind::returned},
}};

AdjustmentKind kind_of(std::string_view reason) {
    const auto found = std::ranges::find_if(words, [&](const auto& word) { return reason.find(word.first) != std::string_view::npos; });
    return found == words.end() ? AdjustmentKind::unknown : found->second;
}

}  // namespace

StockAdjustedT upcast(StockAdjustedV1T&& old) {
    StockAdjustedT event;
    event.sku = old.sku;
    event.warehouse = old.warehouse;
    event.delta = old.delta;
    event.kind = kind_of(old.reason);
    event.reason = std::move(old.reason);
    return event;
}

StockAdjustedV1T downcast(const StockAdjustedT& event) {
    StockAdjustedV1T old;
    old.sku = event.sku;
    old.warehouse = event.warehouse;
    old.delta = event.delta;
    old.reason = event.reason;
    if (kind_of(old.reason) == event.kind) return old;
    const auto word = std::ranges::find(words, event.kind, &std::pair<std::string_view, AdjustmentKind>::second);
    if (word != words.end()) old.reason = std::string(word->first) + ": " + event.reason;
    return old;
}

}  // namespace granary::inventory
