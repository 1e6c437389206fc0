// Looking at everything a store holds.
#pragma once

#include <map>
#include <string>

#include "core/check.hpp"
#include "platform/ports/store.hpp"

namespace granary::testing {

using TableContents = std::map<std::string, std::string>;

inline TableContents contents_of(const ports::Store& store, const std::string& table) {
    TableContents rows;
    const auto scanned = store.scan(table, {}, {}, [&](std::string_view key, std::string_view value) {
        rows.emplace(key, value);
        return true;
    });
    GRANARY_CHECK(scanned.has_value());
    return rows;
}

// Every table, notes about views included.
inline std::map<std::string, TableContents> contents_of(const ports::Store& store) {
    std::map<std::string, TableContents> contents;
    for (const auto& table : store.tables()) contents[table] = contents_of(store, table);
    return contents;
}

}  // namespace granary::testing
