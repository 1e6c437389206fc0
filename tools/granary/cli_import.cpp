// `granary import`: brings files of other systems in through the public HTTP API.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "platform/adapters/http_client/http_client.hpp"
#include "tools/granary/online_retail/booked_import.hpp"
#include "tools/granary/online_retail/retail_import.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/server_calls.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct RetailArguments {
    std::vector<std::string> files;
    std::string url;
    std::string key;
    std::string source = "online-retail";
    std::string label = "1";
    std::string warehouse = "main";
    std::string errors = "import-errors.csv";
    std::string format = "table";
    std::size_t width = 0;  // 0: as suits the way of importing
    bool live = false;
};

Result<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return fault(FaultCode::not_found, "can't open " + path);
    std::ostringstream text;
    text << in.rdbuf();
    if (in.bad()) return fault(FaultCode::io_error, "can't read " + path);
    return text.str();
}

Result<std::vector<retail::Row>> read_rows(const std::vector<std::string>& files) {
    std::vector<retail::Row> rows;
    for (const auto& path : files) {
        const auto text = read_file(path);
        if (!text) return std::unexpected(text.error());
        auto some = retail::parse_rows(*text, std::filesystem::path(path).filename().string());
        if (!some) return std::unexpected(some.error());
        rows.insert(rows.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
    }
    return rows;
}

Status write_errors(const std::string& path, const std::vector<retail::RowError>& errors) {
    Table table{{{"file"}, {"line", true}, {"invoice"}, {"stock_code"}, {"code"}, {"detail"}}, {}};
    for (const auto& error : errors) {
        table.rows.push_back({error.row.file, std::to_string(error.row.line), error.row.invoice, error.row.sku, error.code, error.detail});
    }
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << render(table, Format::csv);
    out.close();
    if (!out) return fault(FaultCode::io_error, "can't write the error file " + path);
    return {};
}

Table summary_of(const std::vector<retail::Row>& rows, const retail::Plan& plan, const retail::ImportResult& result) {
    Table table{{{"what"}, {"count", true}}, {}};
    const auto add = [&](std::string what, std::size_t count) { table.rows.push_back({std::move(what), std::to_string(count)}); };
    add("rows read", rows.size());
    for (const auto& [kind, count] : plan.counts) add("  " + std::string(retail::name_of(kind)), count);
    add("products", result.counts.products);
    add("stock receipts", result.counts.receipts);
    add("customers", result.counts.customers);
    add("orders", result.counts.orders);
    add("cancelled lines", result.counts.cancellations);
    add("stock corrections", result.counts.corrections);
    add("already there", result.counts.replayed);
    add("errors", result.errors.size());
    return table;
}

// Draws one bar per phase.
class PhaseProgress {
  public:
    void operator()(const std::string& phase, std::size_t done, std::size_t total) {
        if (phase != phase_) {
            phase_ = phase;
            bar_ = std::make_unique<Progress>(phase, "requests", total);
        }
        bar_->update(done);
    }

  private:
    std::string phase_;
    std::unique_ptr<Progress> bar_;
};

int import_live(const RetailArguments& arguments) {
    const auto format = parse_format(arguments.format);
    const auto rows = read_rows(arguments.files);
    if (!rows) return report_fault(rows.error());
    const auto plan = retail::make_plan(*rows);
    const auto client = http_client::make_http_client();
    auto progress = std::make_shared<PhaseProgress>();
    retail::ImportOptions options{arguments.url, arguments.key, arguments.label, arguments.warehouse, arguments.width == 0 ? 32 : arguments.width, {}};
    options.progress = [progress](const std::string& phase, std::size_t done, std::size_t total) { (*progress)(phase, done, total); };
    const auto result = retail::run_import(*client, options, plan);
    progress.reset();
    options.progress = nullptr;
    if (!result) return report_fault(result.error());
    if (!result->errors.empty()) {
        const auto written = write_errors(arguments.errors, result->errors);
        if (!written) return report_fault(written.error());
        std::fprintf(stderr, "granary: %zu rows could not be carried out; see %s\n", result->errors.size(), arguments.errors.c_str());
    }
    print(summary_of(*rows, plan, *result), *format);
    return exit_fine;
}

Result<retail::Book> read_book(const std::vector<std::string>& files) {
    retail::BookReader reader;
    for (const auto& path : files) {
        const auto text = read_file(path);
        if (!text) return std::unexpected(text.error());
        if (auto added = reader.add(*text, std::filesystem::path(path).filename().string()); !added) return std::unexpected(added.error());
    }
    return reader.take();
}

std::vector<retail::RowError> errors_of(const retail::Book& book, const retail::BookedResult& result) {
    std::vector<retail::RowError> errors;
    const auto add = [&](const std::string& file, std::size_t line, const std::string& invoice, const std::string& code, const std::string& stock_code, const std::string& detail) {
        retail::Row row;
        row.file = file;
        row.line = line;
        row.invoice = invoice;
        row.sku = stock_code;
        errors.push_back({row, code, detail});
    };
    for (const auto& row : book.unreadable) add(row.file, row.line, row.invoice, "malformed", "", row.problem);
    for (const auto& refused : result.refused) {
        for (const auto& row : refused.invoice->rows) add(row.file, row.line, refused.invoice->number, refused.code, row.stock_code, refused.detail);
    }
    return errors;
}

// The kinds of lines are what the server has acknowledged, so that they and the errors add up to the rows read.
Table booked_summary(const retail::Book& book, const retail::BookedResult& result, std::size_t errors) {
    Table table{{{"what"}, {"count", true}}, {}};
    const auto add = [&](std::string what, std::size_t count) { table.rows.push_back({std::move(what), std::to_string(count)}); };
    add("rows read", book.rows);
    for (std::size_t kind = 0; kind < result.rows.size(); ++kind) add("  " + std::string(name_of(static_cast<read_models::LineKind>(kind))) + " lines", result.rows[kind]);
    add("  not imported", errors);
    add("invoices", book.invoices.size());
    add("  imported", result.imported);
    add("  already there", result.already_there);
    add("  refused", result.refused.size());
    add("rows without a customer", book.anonymous);
    add("rows that repeat another", book.copies);
    return table;
}

int import_booked(const RetailArguments& arguments) {
    const auto book = read_book(arguments.files);
    if (!book) return report_fault(book.error());
    const auto client = http_client::make_http_client();
    auto progress = std::make_shared<Progress>("import", "rows", book->rows);
    retail::BookedImportOptions options{arguments.url, arguments.key, arguments.source, arguments.width == 0 ? 8 : arguments.width, [progress](std::size_t rows) { progress->update(rows); }};
    const auto result = retail::import_book(*client, options, *book);
    progress->finish();
    if (!result) return report_fault(result.error());
    const auto errors = errors_of(*book, *result);
    std::size_t accounted = errors.size();
    for (const auto rows : result->rows) accounted += rows;
    print(booked_summary(*book, *result, errors.size()), *parse_format(arguments.format));
    if (accounted != book->rows) return report_fault({FaultCode::corrupt, "the server answered for " + std::to_string(accounted) + " rows, which are not those read"});
    if (errors.empty()) return exit_fine;
    if (const auto written = write_errors(arguments.errors, errors); !written) return report_fault(written.error());
    std::fprintf(stderr, "granary: %zu rows were not imported; see %s\n", errors.size(), arguments.errors.c_str());
    return exit_found_wrong;
}

void add_online_retail(CLI::App& import, int& exit_code) {
    auto* verb = import.add_subcommand("online-retail", "Invoices of the Online Retail data set: as history, or with --live as new orders");
    auto arguments = std::make_shared<RetailArguments>();
    verb->add_option("files", arguments->files, "CSV files, one per day, in date order")->required()->check(CLI::ExistingFile);
    verb->add_flag("--live", arguments->live, "place the orders as if they came in now, with stock, payment and delivery");
    verb->add_option("--source", arguments->source, "without --live: the name that the invoices are kept under");
    verb->add_option("--to", arguments->url, "the server's URL")->envname("GRANARY_URL")->required();
    verb->add_option("--label", arguments->label, "with --live: part of every Idempotency-Key; another label places the same orders again");
    verb->add_option("--warehouse", arguments->warehouse, "with --live: where the goods lie");
    verb->add_option("--errors", arguments->errors, "where rows that can't be carried out are listed, as CSV");
    verb->add_option("--parallel", arguments->width, "requests under way at once; 32 with --live, else 8")->check(CLI::Range(1, 64));
    verb->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    verb->callback([arguments, &exit_code] {
        arguments->key = key_from_environment();
        if (!arguments->key.empty()) return void(exit_code = arguments->live ? import_live(*arguments) : import_booked(*arguments));
        std::fprintf(stderr, "granary: put the key of an importer into the environment, as GRANARY_KEY\n");
        exit_code = exit_usage;
    });
}

}  // namespace

void add_import_verbs(CLI::App& app, int& exit_code) {
    auto* import = app.add_subcommand("import", "Bring data of other systems in through the HTTP API");
    import->require_subcommand(1);
    add_online_retail(*import, exit_code);
}

}  // namespace granary::cli
