// Reports on imported invoices: what counts as what, at which moment, and how figures are written.
#include <doctest/doctest.h>

#include "query-side/queries/invoices/reports.hpp"
#include "tests/query-side/shop.hpp"

using namespace granary;
using namespace granary::testing;
using queries::InvoiceQuestion;
using queries::ReportScope;

namespace {

struct Line {
    std::string_view code;
    std::int64_t quantity;
    std::int64_t price;  // ten-thousandths
    Duration later{};    // than the invoice
    std::string_view currency = "GBP";
};

constexpr Time wednesday{1'291'191'960'000'000};  // 2010-12-01T08:26:00Z

Position book(Shop& shop, std::string number, std::string customer, std::string country, const std::vector<Line>& lines, Time at = wednesday, std::string source = "shop") {
    invoices::InvoiceImportedT event;
    event.source = source;
    event.number = number;
    event.customer = std::move(customer);
    event.country = std::move(country);
    for (const auto& line : lines) {
        auto made = std::make_unique<invoices::InvoiceLineT>();
        made->stock_code = Sku::from_stored(line.code);
        made->quantity = line.quantity;
        made->unit_price = {line.price, *parse_currency(line.currency)};
        made->at = at + line.later;
        event.lines.push_back(std::move(made));
    }
    std::vector<Event> events;
    events.emplace_back(invoices::Event(std::move(event)));
    return shop.history.append(invoice_stream(source, number), std::move(events), at);
}

// Rows as CSV without quotes, a line each.
std::string run(Shop& shop, InvoiceQuestion question) {
    const auto figures = queries::InvoiceReports(shop.source()).run(question);
    if (!figures) return std::string(name_of(figures.error().code)) + ": " + figures.error().message;
    std::string text;
    for (const auto& row : figures->rows) {
        REQUIRE(row.size() == figures->columns.size());
        for (const auto& cell : row) text += (&cell == &row.front() ? "" : ",") + cell;
        text += '\n';
    }
    return text;
}
std::string sales(Shop& shop, std::string by, ReportScope scope = {}) { return run(shop, {"sales", std::move(by), 10, std::move(scope)}); }

// Every kind of line, a customer in two countries, codes that differ in case, an invoice over an hour's end.
void fill(Shop& shop) {
    book(shop, "1", "17850", "France", {{"85123A", 6, 25'500}, {"85123a", 1, 1'250}, {"85123A", 6, 25'500}, {"POST", 1, 180'000, minutes(40)}});
    book(shop, "2", "", "EIRE", {{"85123A", 2, 25'500}, {"71053", 3, 33'900}, {"22752", 1, 0}}, wednesday + hours(24));
    book(shop, "3", "17850", "EIRE", {{"71053", -5, 0}}, wednesday + hours(24));
    book(shop, "C4", "17850", "France", {{"85123A", -3, 25'500}, {"D", -1, 275'000}}, wednesday + hours(24 * 31));
    book(shop, "A5", "", "France", {{"B", 1, -110'620'600}}, wednesday + hours(24 * 31));
    book(shop, "6", "12583", "France", {{"85123A", 1, 25'500}, {"71053", 1, 33'905}}, wednesday + hours(24 * 31));
    book(shop, "7", "17850", "France", {{"71053", 4, 33'900}}, wednesday + hours(24 * 62));
}

}  // namespace

TEST_CASE("sales count each kind of line as it is defined") {
    Shop shop;
    fill(shop);
    CHECK(sales(shop, "day") ==
          "2010-12-01,4,4,1,1,14,48.725,0,0.000,48.725,48.725\n"
          "2010-12-02,4,2,1,0,5,15.270,0,0.000,15.270,15.270\n"
          "2011-01-01,5,2,1,1,2,5.9405,1,-35.150,-29.2095,-11091.2695\n"
          "2011-02-01,1,1,1,1,4,13.560,0,0.000,13.560,13.560\n");
    CHECK(sales(shop, "month") ==
          "2010-12,8,6,2,1,19,63.995,0,0.000,63.995,63.995\n"
          "2011-01,5,2,1,1,2,5.9405,1,-35.150,-29.2095,-11091.2695\n"
          "2011-02,1,1,1,1,4,13.560,0,0.000,13.560,13.560\n");
    CHECK(sales(shop, "country") ==
          "EIRE,4,2,1,0,5,15.270,0,0.000,15.270,15.270\n"
          "France,10,7,3,2,20,68.2255,1,-35.150,33.0755,-11028.9845\n");
}

TEST_CASE("an invoice counts once in each group that one of its lines falls into") {
    Shop shop;
    fill(shop);
    CHECK(sales(shop, "hour") ==
          "08,13,8,4,2,24,65.4955,1,-35.150,30.3455,-11031.7145\n"
          "09,1,1,1,1,1,18.000,0,0.000,18.000,18.000\n");
    CHECK(sales(shop, "weekday") ==
          "Tue,1,1,1,1,4,13.560,0,0.000,13.560,13.560\n"
          "Wed,4,4,1,1,14,48.725,0,0.000,48.725,48.725\n"
          "Thu,4,2,1,0,5,15.270,0,0.000,15.270,15.270\n"
          "Sat,5,2,1,1,2,5.9405,1,-35.150,-29.2095,-11091.2695\n");
}

TEST_CASE("products compare byte by byte, and those never sold have rows too") {
    Shop shop;
    fill(shop);
    const std::string rows = sales(shop, "product");
    CHECK(rows ==
          "22752,0,0,0,0.000,0.000,0.000,0\n"
          "71053,8,0,8,27.1205,0.000,27.1205,3\n"
          "85123A,15,-3,12,38.250,-7.650,30.600,3\n"
          "85123a,1,0,1,0.125,0.000,0.125,1\n"
          "B,0,0,0,0.000,0.000,0.000,0\n"
          "D,0,-1,-1,0.000,-27.500,-27.500,0\n"
          "POST,1,0,1,18.000,0.000,18.000,1\n");
    CHECK(run(shop, {"products", "", 2, {}}) == "85123A,15,-3,12,38.250,-7.650,30.600,3\n71053,8,0,8,27.1205,0.000,27.1205,3\n");
}

TEST_CASE("customers have a row each, the anonymous none, and cohorts follow them") {
    Shop shop;
    fill(shop);
    book(shop, "C8", "99", "France", {{"71053", -1, 33'900}});
    CHECK(sales(shop, "customer") ==
          "12583,1,0,2,5.9405,0.000,5.9405,2011-01-01,2011-01-01\n"
          "17850,2,1,18,62.285,-35.150,27.135,2010-12-01,2011-02-01\n"
          "99,0,1,0,0.000,-3.390,-3.390,,\n");
    CHECK(run(shop, {"cohorts", "", 10, {}}) == "2010-12,2010-12,1\n2010-12,2011-02,1\n2011-01,2011-01,1\n");
}

TEST_CASE("pairs are two products of one order, ranked by count, then by code") {
    Shop shop;
    fill(shop);
    CHECK(run(shop, {"pairs", "", 10, {}}) ==
          "1,71053,85123A,2,3,3,0.500000,0.666667,0.666667,0.888889\n"
          "2,85123A,85123a,1,3,1,0.250000,0.333333,1.000000,1.333333\n");
    CHECK(run(shop, {"pairs", "", 1, {}}) == "1,71053,85123A,2,3,3,0.500000,0.666667,0.666667,0.888889\n");
    for (int i = 0; i < 3; ++i) book(shop, "1" + std::to_string(i), "", "", {{"10002", 1, 1}, {"10003", 1, 1}, {"10001", 1, 1}, {"10002", 1, 1}});
    CHECK(run(shop, {"pairs", "", 3, {}}) ==
          "1,10001,10002,3,3,3,0.428571,1.000000,1.000000,2.333333\n"
          "2,10001,10003,3,3,3,0.428571,1.000000,1.000000,2.333333\n"
          "3,10002,10003,3,3,3,0.428571,1.000000,1.000000,2.333333\n");
}

TEST_CASE("as of: what the log knew, by positions or by time, and the printed vector brings the same report") {
    Shop shop;
    book(shop, "1", "1", "France", {{"71053", 1, 10'000}});
    const Time first = shop.history.now();
    const auto before = queries::InvoiceReports(shop.source()).run({"sales", "country", 10, {}});
    REQUIRE(before.has_value());
    shop.history.pass(hours(1));
    for (int i = 2; i < 40; ++i) book(shop, std::to_string(i), "1", "EIRE", {{"71053", 1, 10'000}});
    const std::string then = "France,1,1,1,1,1,1.000,0,0.000,1.000,1.000\n";
    CHECK(sales(shop, "country", {.as_of_positions = before->positions}) == then);
    CHECK(sales(shop, "country", {.as_of = first}) == then);
    CHECK(sales(shop, "country", {.as_of = first - seconds(1)}).empty());
    const auto at_first = queries::InvoiceReports(shop.source()).run({"sales", "country", 10, {.as_of = first}});
    REQUIRE(at_first.has_value());
    CHECK(sales(shop, "country", {.as_of_positions = at_first->positions}) == then);
    CHECK(sales(shop, "country", {.as_of_positions = PositionVector{}}).empty());
    CHECK(sales(shop, "country", {.as_of_positions = PositionVector{{9999}}}).starts_with("unavailable"));
}

TEST_CASE("rows that come after the positions were read are left out") {
    Shop shop;
    book(shop, "1", "1", "France", {{"71053", 1, 10'000}});
    const auto read = shop.source().freshness.age().positions;
    for (int i = 2; i < 40; ++i) book(shop, std::to_string(i), "1", "EIRE", {{"71053", 1, 10'000}});
    const auto source = shop.source();
    shop.freshness.positions = read;
    const auto figures = queries::InvoiceReports(source).run({"sales", "country", 10, {}});
    REQUIRE(figures.has_value());
    CHECK(figures->rows.size() == 1);
    CHECK(figures->positions == read);
}

TEST_CASE("until: what had happened by then, line by line") {
    Shop shop;
    fill(shop);
    CHECK(sales(shop, "day", {.until = wednesday}) == "2010-12-01,3,3,1,1,13,30.725,0,0.000,30.725,30.725\n");
    CHECK(sales(shop, "day", {.until = wednesday - seconds(1)}).empty());
    CHECK(run(shop, {"cohorts", "", 10, {.until = wednesday + hours(48)}}) == "2010-12,2010-12,1\n");
}

TEST_CASE("two sources' customers differ, and two currencies have to be told apart") {
    Shop shop;
    book(shop, "1", "1", "France", {{"71053", 1, 10'000}});
    book(shop, "1", "1", "France", {{"71053", 1, 10'000}}, wednesday, "other");
    CHECK(sales(shop, "country") == "France,2,2,2,2,2,2.000,0,0.000,2.000,2.000\n");
    book(shop, "2", "1", "France", {{.code = "71053", .quantity = 1, .price = 70'000, .currency = "EUR"}});
    CHECK(sales(shop, "country").starts_with("invalid_argument"));
    CHECK(sales(shop, "country", {.currency = currency("EUR")}) == "France,1,1,1,1,1,7.000,0,0.000,7.000,7.000\n");
    // Only what the report is about has to be in one.
    book(shop, "3", "1", "France", {{"71053", 1, 10'000}}, wednesday - hours(24));
    CHECK(sales(shop, "country", {.until = wednesday - hours(1)}) == "France,1,1,1,1,1,1.000,0,0.000,1.000,1.000\n");
}

TEST_CASE("questions that have no answer are refused") {
    Shop shop;
    CHECK(run(shop, {"sales", "year", 10, {}}).starts_with("invalid_argument"));
    CHECK(run(shop, {"weather", "", 10, {}}).starts_with("invalid_argument"));
    CHECK(run(shop, {"pairs", "", 0, {}}).starts_with("invalid_argument"));
    CHECK(run(shop, {"pairs", "", limits::report_rows_max + 1, {}}).starts_with("invalid_argument"));
    CHECK(run(shop, {"pairs", "", 10, {}}).empty());
}

TEST_CASE("scopes as users write them") {
    const auto parsed = [](std::string as_of, std::string until = {}, std::string code = {}) { return queries::parse_scope({std::move(as_of), std::move(until), std::move(code)}); };
    CHECK(parsed("2011-06-30")->as_of == *parse_rfc3339("2011-06-30T23:59:59.999999Z"));
    CHECK(parsed("", "2011-06-30T12:00:00Z")->until == *parse_rfc3339("2011-06-30T12:00:00Z"));
    CHECK(parsed("3:9,0:17")->as_of_positions == PositionVector{{17}, {}, {}, {9}});
    CHECK(parsed("-")->as_of_positions == PositionVector{});
    CHECK(parsed("", "", "EUR")->currency == currency("EUR"));
    CHECK(!parsed("")->as_of);
    for (const char* wrong : {"yesterday", "3:9,3:10", "3:", "3:9,", "2011-13-01", "99999:1"}) CHECK_FALSE(parsed(wrong).has_value());
    CHECK_FALSE(parsed("", "3:9").has_value());
    CHECK_FALSE(parsed("", "", "pounds").has_value());
}

TEST_CASE("figures are exact text") {
    CHECK(queries::amount_text(0) == "0.000");
    CHECK(queries::amount_text(-5) == "-0.0005");
    CHECK(queries::amount_text(-110'620'600) == "-11062.060");
    CHECK(queries::amount_text(INT64_MIN) == "-922337203685477.5808");
    CHECK(queries::ratio_text(1, 3) == "0.333333");
    CHECK(queries::ratio_text(2, 3) == "0.666667");
    CHECK(queries::ratio_text(1, 2'000'000) == "0.000001");
    CHECK(queries::ratio_text(7, 2) == "3.500000");
}
