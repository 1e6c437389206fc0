// What each view looks like to analysts: one JSON object for each row, and which of its members become columns.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "platform/ports/sealer.hpp"
#include "tools/granary/exports/row_sink.hpp"

namespace granary::cli {

using EmitRow = std::function<Status(const std::string& json)>;

struct ExportedView {
    std::string_view view;
    ExportColumns columns;
    // Emits what one stored row stands for: nothing for an entry that only leads to another row, several for an invoice with several
    // lines. Personal data is left out without a sealer that opens it; of erased persons it is null.
    Status (*rows_of)(std::string_view key, std::string_view value, ports::Sealer* personal, const EmitRow& emit);
    ExportColumns personal_columns = {};  // all of them where personal data is asked for; none: there is none in this view
};

// Null when there is no such view; those of projections/views/table.hpp are all here.
const ExportedView* exported_view(std::string_view view);
// `orders, payments, ...`
std::string exported_view_names();

// A row whose key says nothing that this version knows.
std::unexpected<Fault> damaged_row(std::string_view view);

// The columns of `granary export events`.
ExportColumns event_columns();

}  // namespace granary::cli
