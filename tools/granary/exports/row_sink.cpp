// Text goes through stdio, tables through SQLite in one transaction.
#include "tools/granary/exports/row_sink.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "tools/granary/json_value.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

constexpr std::string_view unfinished = ".unfinished";

std::string column_name(std::string_view path) {
    std::string name(path);
    for (char& c : name) c = c == '.' ? '_' : c;
    return name;
}

// The member at the end of `a.b.c`; null when a step is missing.
const JsonValue* member_at(const JsonValue& row, std::string_view path) {
    const JsonValue* at = &row;
    while (at != nullptr && !path.empty()) {
        const auto point = path.find('.');
        at = at->find(path.substr(0, point));
        path = point == std::string_view::npos ? std::string_view{} : path.substr(point + 1);
    }
    return at;
}

Status failed(const std::string& path) { return fault(errno == ENOSPC ? FaultCode::disk_full : FaultCode::io_error, "can't write " + (path.empty() ? "to stdout" : path) + ": " + std::strerror(errno)); }

// A file that has its name only once it is whole; or stdout.
class OutFile {
  public:
    explicit OutFile(std::string path) : path_(std::move(path)), file_(path_.empty() ? stdout : std::fopen(partial().c_str(), "wb")) {}
    ~OutFile() {
        if (path_.empty() || file_ == nullptr) return;
        std::fclose(file_);
        (void)std::remove(partial().c_str());
    }
    OutFile(const OutFile&) = delete;
    OutFile& operator=(const OutFile&) = delete;

    bool is_open() const { return file_ != nullptr; }
    const std::string& path() const { return path_; }

    Status write(std::string_view bytes) {
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return {};
        return failed(path_);
    }
    Status finish() {
        if (std::fflush(file_) != 0) return failed(path_);
        if (path_.empty()) return {};
        const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
        auto done = closed ? put_in_place(partial(), path_) : failed(path_);
        if (!done) (void)std::remove(partial().c_str());
        return done;
    }

  private:
    std::string partial() const { return path_ + std::string(unfinished); }

    std::string path_;
    std::FILE* file_;
};

class NdjsonSink final : public RowSink {
  public:
    explicit NdjsonSink(std::unique_ptr<OutFile> file) : file_(std::move(file)) {}
    Status add(std::string_view row) override {
        line_.assign(row).append("\n");
        return file_->write(line_);
    }
    Status finish(const std::string&) override { return file_->finish(); }

  private:
    std::unique_ptr<OutFile> file_;
    std::string line_;
};

class CsvSink final : public RowSink {
  public:
    CsvSink(std::unique_ptr<OutFile> file, ExportColumns columns) : file_(std::move(file)), columns_(columns.begin(), columns.end()) {
        for (const auto& column : columns_) page_.columns.push_back({column_name(column)});
    }

    Status begin() { return file_->write(render(page_, Format::csv)); }
    Status add(std::string_view row) override {
        const auto parsed = parse_json(row);
        if (!parsed) return std::unexpected(parsed.error());
        std::vector<std::string> cells;
        for (const auto& column : columns_) {
            const JsonValue* member = member_at(*parsed, column);
            cells.push_back(member == nullptr ? std::string() : member->cell());
        }
        page_.rows.assign(1, std::move(cells));
        const std::string text = render(page_, Format::csv);
        return file_->write(std::string_view(text).substr(text.find('\n') + 1));
    }
    Status finish(const std::string&) override { return file_->finish(); }

  private:
    std::unique_ptr<OutFile> file_;
    const std::vector<std::string> columns_;
    Table page_;
};

class SqliteSink final : public RowSink {
  public:
    SqliteSink(std::string path, ExportColumns columns) : path_(std::move(path)), columns_(columns.begin(), columns.end()) {}
    ~SqliteSink() override {
        close();
        std::error_code ignored;
        std::filesystem::remove(partial(), ignored);
    }

    Status begin(const ExportAbout& about) {
        std::error_code ignored;
        std::filesystem::remove(partial(), ignored);
        if (sqlite3_open_v2(partial().c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) return problem();
        // The file counts only once it is finished and renamed, so there is nothing to roll back.
        if (auto done = run("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN; CREATE TABLE about(what TEXT, log TEXT, as_of TEXT)"); !done) return done;
        about_ = about;
        std::string names;
        std::string places;
        for (const auto& column : columns_) {
            names += "\"" + column_name(column) + "\",";
            places += "?,";
        }
        if (auto done = run("CREATE TABLE \"" + about.what + "\"(" + names + "json TEXT)"); !done) return done;
        return prepare("INSERT INTO \"" + about.what + "\" VALUES(" + places + "?)");
    }

    Status add(std::string_view row) override {
        const auto parsed = parse_json(row);
        if (!parsed) return std::unexpected(parsed.error());
        int number = 0;
        for (const auto& column : columns_) bind(++number, member_at(*parsed, column));
        sqlite3_bind_text(insert_, ++number, row.data(), static_cast<int>(row.size()), SQLITE_TRANSIENT);
        return step();
    }

    Status finish(const std::string& as_of) override {
        if (auto done = prepare("INSERT INTO about VALUES(?,?,?)"); !done) return done;
        int number = 0;
        for (const std::string* text : std::initializer_list<const std::string*>{&about_.what, &about_.log, &as_of}) sqlite3_bind_text(insert_, ++number, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
        if (auto done = step(); !done) return done;
        if (auto done = run("COMMIT"); !done) return done;
        close();
        return put_in_place(partial(), path_);
    }

  private:
    std::string partial() const { return path_ + std::string(unfinished); }

    Status problem() const { return fault(FaultCode::io_error, "can't write " + path_ + ": " + (database_ == nullptr ? "no memory" : sqlite3_errmsg(database_))); }
    Status run(const std::string& sql) {
        if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return problem();
        return {};
    }
    Status prepare(const std::string& sql) {
        sqlite3_finalize(insert_);
        insert_ = nullptr;
        if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &insert_, nullptr) != SQLITE_OK) return problem();
        return {};
    }
    Status step() {
        const bool done = sqlite3_step(insert_) == SQLITE_DONE;
        const Status outcome = done ? Status{} : problem();
        sqlite3_reset(insert_);
        return outcome;
    }
    void bind(int number, const JsonValue* value) {
        if (value == nullptr || value->kind == JsonValue::Kind::null) {
            sqlite3_bind_null(insert_, number);
            return;
        }
        if (value->kind == JsonValue::Kind::boolean) {
            sqlite3_bind_int(insert_, number, value->text == "true" ? 1 : 0);  // SQL's conditions take text for false
            return;
        }
        std::int64_t integer = 0;
        const auto& text = value->text;
        const bool whole = value->kind == JsonValue::Kind::number && std::from_chars(text.data(), text.data() + text.size(), integer).ptr == text.data() + text.size();
        if (whole) {
            sqlite3_bind_int64(insert_, number, integer);
        } else {
            const std::string cell = value->cell();
            sqlite3_bind_text(insert_, number, cell.data(), static_cast<int>(cell.size()), SQLITE_TRANSIENT);
        }
    }
    void close() {
        sqlite3_finalize(std::exchange(insert_, nullptr));
        sqlite3_close(std::exchange(database_, nullptr));
    }

    const std::string path_;
    const std::vector<std::string> columns_;
    ExportAbout about_;
    sqlite3* database_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<RowSink>> open_row_sink(ExportFormat format, const std::string& path, const ExportAbout& about, ExportColumns columns) {
    if (format == ExportFormat::sqlite) {
        if (path.empty()) return fault(FaultCode::invalid_argument, "an SQLite file can't go to stdout: give --out FILE");
        auto sink = std::make_unique<SqliteSink>(path, columns);
        if (auto begun = sink->begin(about); !begun) return std::unexpected(std::move(begun.error()));
        return sink;
    }
    auto file = std::make_unique<OutFile>(path);
    if (!file->is_open()) return std::unexpected(failed(path).error());
    if (format == ExportFormat::ndjson) return std::make_unique<NdjsonSink>(std::move(file));
    auto sink = std::make_unique<CsvSink>(std::move(file), columns);
    if (auto begun = sink->begin(); !begun) return std::unexpected(std::move(begun.error()));
    return sink;
}

}  // namespace granary::cli
