// One fold, then row by row.
#include "tests/simulation/fresh_views.hpp"

#include <map>
#include <utility>

#include "core/check.hpp"
#include "projections/runtime/projector.hpp"
#include "projections/views/table.hpp"

namespace granary::simulation {
namespace {

using Rows = std::map<std::string, std::string>;

Rows rows_of(const ports::Store& store, const ports::ViewDirectory& views, std::string_view view, Findings& findings) {
    Rows rows;
    const auto table = views.live_table(view);
    if (!table) return rows;
    const auto take = [&](std::string_view key, std::string_view value) {
        rows.emplace(key, value);
        return true;
    };
    if (const auto scanned = store.scan(*table, "", "", take); !scanned) findings.push_back("view " + std::string(view) + " can't be read: " + scanned.error().message);
    return rows;
}

void compare_rows(const std::string& what, const Rows& live, const Rows& fresh, Findings& findings) {
    for (const auto& [key, value] : fresh) {
        const auto found = live.find(key);
        if (found == live.end()) findings.push_back(what + " lacks the row " + key);
        else if (found->second != value) findings.push_back(what + " has another row " + key);
    }
    for (const auto& [key, value] : live) {
        if (!fresh.contains(key)) findings.push_back(what + " has a row too many, " + key);
    }
}

}  // namespace

FreshViews::FreshViews(ports::Log& log, Findings& findings) {
    auto registry = projections::ViewRegistry::open(store_);
    GRANARY_CHECK(registry.has_value());
    registry_ = std::move(*registry);
    auto projector = projections::Projector::open(log, store_, registry_->generations());
    GRANARY_CHECK(projector.has_value());
    if (const auto folded = (*projector)->catch_up(); !folded) findings.push_back("the log can't be folded: " + folded.error().message);
    for (const auto& part : (*projector)->halted()) findings.push_back("a fresh fold halts: " + part.why.message);
}

void FreshViews::compare(const ports::Store& store, const ports::ViewDirectory& views, const std::string& whose, Findings& findings) const {
    for (const auto& view : views::all) {
        compare_rows("view " + std::string(view.name) + " of " + whose, rows_of(store, views, view.name, findings), rows_of(store_, *registry_, view.name, findings), findings);
    }
}

}  // namespace granary::simulation
