// Where exported rows go: lines of JSON, CSV, or a table of an SQLite file.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace granary::cli {

// Names of members, those of inner objects with a point: `total.amount`. In CSV and SQLite the point becomes `_`.
using ExportColumns = std::span<const std::string_view>;

// What a file of rows tells about itself; SQLite files have it as the table `about`.
struct ExportAbout {
    std::string what;        // `orders`
    std::string log;         // the log's id
};

// Not thread-safe. Without a successful `finish` the file is not there, or not whole.
class RowSink {
  public:
    virtual ~RowSink() = default;
    // `row` is one JSON object. Members that are no columns are left out of CSV; SQLite has the whole object in the column `json`.
    virtual Status add(std::string_view row) = 0;
    // `as_of`: the position vector that the rows answer for, which an SQLite file tells as well.
    virtual Status finish(const std::string& as_of) = 0;
};

enum class ExportFormat { ndjson, csv, sqlite };

// To the file, or to stdout when `path` is empty, which SQLite can't (invalid_argument). A file appears whole, under its name, when
// it is finished; what was there before is replaced.
Result<std::unique_ptr<RowSink>> open_row_sink(ExportFormat format, const std::string& path, const ExportAbout& about, ExportColumns columns);

}  // namespace granary::cli
