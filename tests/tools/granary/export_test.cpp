// Exports: where a log ends as of a moment, and files that are whole or not there.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <tuple>

#include "platform/adapters/memory/memory_store.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/chain_writer.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "projections/runtime/single_view.hpp"
#include "projections/views/table.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/row.hpp"
#include "tools/granary/exports/exported_views.hpp"
#include "tools/granary/exports/row_sink.hpp"
#include "tools/granary/past/as_of.hpp"
#include "tools/granary/past/views_at.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

using tests::ChainWriter;

constexpr ports::LogIdentity identity{{9, 9}, 4};

Event product(const std::string& sku, std::int64_t price) {
    catalog::ProductCreatedT event;
    event.sku = *Sku::parse(sku);
    event.name = "Name, \"quoted\" and\nlong";
    event.unit_price = {price, currency("GBP")};
    return catalog::Event{std::move(event)};
}

struct Shop {
    memory::MemoryLog log{identity};
    ChainWriter writer{log};
    std::string positions;  // of the last ones that were asked for

    Position create(const std::string& sku, std::int64_t price) { return writer.commit(product_stream(*Sku::parse(sku)), {product(sku, price)}); }
    AsOf moment(const std::string& text) {
        const auto as_of = parse_as_of(log, text);
        REQUIRE_MESSAGE(as_of, as_of.error().message);
        return *as_of;
    }
    std::vector<std::string> products(const std::string& as_of) {
        memory::MemoryStore store;
        const auto built = build_views_at(log, store, {"products"}, moment(as_of), {});
        REQUIRE_MESSAGE(built, built.error().message);
        positions = text_of(built->front().positions);
        std::vector<std::string> rows;
        REQUIRE(store.scan("products@1", "", "", [&](std::string_view key, std::string_view value) {
            return exported_view("products")->rows_of(key, value, nullptr, [&](const std::string& json) -> Status {
                rows.push_back(json);
                return {};
            }).has_value();
        }));
        return rows;
    }
};

constexpr std::string_view columns[] = {"sku", "price.amount", "missing"};
const std::string row = R"({"sku":"A","price":{"amount":255},"more":[1,2]})";

}  // namespace

TEST_CASE("exports: a view holds what the log held at a time, or at a position vector") {
    Shop shop;
    std::vector<Position> written;
    std::vector<Time> times;
    for (const char* sku : {"APPLE", "PEAR", "PLUM", "FIG"}) {
        written.push_back(shop.create(sku, 25500));
        times.push_back(shop.writer.time());
    }
    CHECK(shop.products("").size() == 4);
    CHECK(shop.products("-").empty());
    CHECK(shop.products("1970-01-02").empty());
    CHECK(shop.products(date_of(times.back())).size() == 4);
    for (std::size_t i = 0; i < times.size(); ++i) {
        const auto rows = shop.products(rfc3339_of(times[i]));
        CHECK(rows.size() == i + 1);
        // The vector that is named leads to the same rows again.
        CHECK(shop.products(shop.positions) == rows);
    }
    CHECK(shop.products(text_of(written[1])).size() >= 1);
}

TEST_CASE("exports: every view can be exported") {
    for (const auto& view : views::all) CHECK_MESSAGE(exported_view(view.name) != nullptr, view.name);
}

TEST_CASE("exports: docs/export.md has the columns of each") {
    const auto docs = read_whole_file(GRANARY_SOURCE_DIR "/docs/export.md", 1'000'000);
    REQUIRE(docs);
    const auto check = [&](std::string_view name, ExportColumns names) {
        std::string row = "| `" + std::string(name) + "` |";
        for (const auto column : names) row += std::string(column == names.front() ? " " : ", ") + std::string(column);
        std::ranges::replace(row, '.', '_');
        CHECK_MESSAGE(docs->find("\n" + row + " |") != std::string::npos, "docs/export.md must have: " << row);
    };
    check("events", event_columns());
    for (const auto& view : views::all) check(view.name, exported_view(view.name)->columns);
}

TEST_CASE("exports: a row whose key is cut, or goes on, is damage") {
    const std::string order = read_models::customer_order_key({{1, 2}}, Time{5}, {{3, 4}});
    const std::string status = read_models::status_order_key(read_models::OrderStatus::paid, Time{5}, {{3, 4}});
    const std::string day = read_models::sales_day_key("2011-06-01", currency("GBP").code, 3);
    const auto totals = read_models::stamped({}, read_models::encode(read_models::SalesTotalsRowT{}));
    const std::tuple<const char*, std::string, std::string> rows[] = {{"customer_orders", order, ""}, {"orders_by_status", status, ""}, {"sales", day, totals}};
    for (const auto& [view, key, value] : rows) {
        const auto status_of = [&](const std::string& changed) { return exported_view(view)->rows_of(changed, value, nullptr, [](const std::string&) { return Status(); }); };
        CHECK(status_of(key));
        for (const auto& bad : {key.substr(0, key.size() - 1), key + "x"}) {
            const auto refused = status_of(bad);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::corrupt);
        }
    }
}

TEST_CASE("exports: a moment that makes no sense is refused") {
    Shop shop;
    const Position last = shop.create("APPLE", 1);
    for (const std::string& bad : {std::string("yesterday"), std::string("99:1"), text_of(Position{last.partition, last.offset.next()}), text_of(last) + "," + text_of(last), std::string("1:x")}) {
        const auto ends = parse_as_of(shop.log, bad);
        REQUIRE_MESSAGE(!ends, bad);
        CHECK(ends.error().code == FaultCode::invalid_argument);
    }
}

TEST_CASE("exports: a file is there when it is whole, and not before") {
    const tests::TemporaryFolder folder;
    for (const auto format : {ExportFormat::ndjson, ExportFormat::csv, ExportFormat::sqlite}) {
        const std::string path = folder.path() + "/file";
        {
            const auto sink = open_row_sink(format, path, {"things", "log"}, columns);
            REQUIRE_MESSAGE(sink, sink.error().message);
            REQUIRE((*sink)->add(row));
        }
        CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()) == 0);
        const auto sink = open_row_sink(format, path, {"things", "log"}, columns);
        REQUIRE((*sink)->add(row));
        REQUIRE((*sink)->finish("0:1"));
        CHECK(std::filesystem::exists(path));
        std::filesystem::remove(path);
    }
    CHECK(open_row_sink(ExportFormat::sqlite, "", {"things", "log"}, columns).error().code == FaultCode::invalid_argument);
    CHECK_FALSE(open_row_sink(ExportFormat::csv, folder.path() + "/missing/file", {"things", "log"}, columns));
    CHECK_FALSE(open_row_sink(ExportFormat::sqlite, folder.path() + "/missing/file", {"things", "log"}, columns));
}

TEST_CASE("exports: CSV has the columns, quoted where needed, and empty cells for what is missing") {
    const tests::TemporaryFolder folder;
    const std::string path = folder.path() + "/file.csv";
    const auto sink = open_row_sink(ExportFormat::csv, path, {"things", "log"}, columns);
    REQUIRE((*sink)->add(row));
    REQUIRE((*sink)->add(R"({"sku":"B, \"b\""})"));
    CHECK_FALSE((*sink)->add("no json"));
    REQUIRE((*sink)->finish("0:1"));
    CHECK(*read_whole_file(path, 1000) == "sku,price_amount,missing\nA,255,\n\"B, \"\"b\"\"\",,\n");
}

TEST_CASE("exports: in SQLite a truth is a number, so that conditions take it for what it is") {
    const tests::TemporaryFolder folder;
    const std::string path = folder.path() + "/file.sqlite";
    constexpr std::string_view names[] = {"sku", "retired"};
    const auto sink = open_row_sink(ExportFormat::sqlite, path, {"things", "log"}, names);
    for (const char* thing : {R"({"sku":"A","retired":true})", R"({"sku":"B","retired":false})", R"({"sku":"C"})"}) REQUIRE((*sink)->add(thing));
    REQUIRE((*sink)->finish("0:1"));
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
    const auto note = [](void* to, int, char** cells, char**) { return static_cast<std::string*>(to)->append(cells[0]), 0; };
    std::string retired, others;
    CHECK(sqlite3_exec(database, "SELECT sku FROM things WHERE retired", note, &retired, nullptr) == SQLITE_OK);
    CHECK(sqlite3_exec(database, "SELECT sku FROM things WHERE NOT retired", note, &others, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    CHECK(retired == "A");
    CHECK(others == "B");
}

TEST_CASE("granary export: what can't be exported is a usage error that says what can") {
    const tests::TemporaryFolder folder;
    CHECK(run("log create --partitions 2 --data " + folder.path()) == exit_fine);
    CHECK(run("export orders --data " + folder.path() + " --format csv --out " + folder.path() + "/orders.csv") == exit_fine);
    CHECK(run("export horoscopes --data " + folder.path()) == exit_usage);
    CHECK(run("export orders --data " + folder.path() + " --format sqlite") == exit_usage);
    CHECK(run("export orders --data " + folder.path() + " --as-of tomorrow") == exit_usage);
}

}  // namespace granary::cli
