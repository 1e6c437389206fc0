// Reading of Online Retail files: CSV, kinds of rows, and the reason of each row that can't be read.
#include "tools/granary/online_retail/retail_rows.hpp"

#include <map>

#include "tests/tools/granary/online_retail/retail_files.hpp"

using namespace granary;
using namespace granary::cli::retail;
using granary::tests::real_day;
using granary::tests::rows_of;

namespace {

using Fields = std::vector<std::string>;

Row row_of(const std::string& line) {
    const auto rows = rows_of({line});
    REQUIRE(rows.size() == 1);
    return rows[0];
}

std::map<RowKind, std::size_t> kinds_of(const std::vector<Row>& rows) {
    std::map<RowKind, std::size_t> kinds;
    for (const auto& row : rows) ++kinds[row.kind];
    return kinds;
}

}  // namespace

TEST_CASE("CSV: quotes, doubled quotes, line breaks inside quotes, both line ends, lines counted") {
    const auto records = parse_csv("a,\"b,\"\"c\"\"\r\nd\"\r\n\n1,,\n\"\",x");
    REQUIRE(records.size() == 3);
    CHECK(records[0].fields == Fields{"a", "b,\"c\"\r\nd"});
    CHECK(records[0].line == 1);
    CHECK(records[1].fields == Fields{"1", "", ""});
    CHECK(records[1].line == 4);
    CHECK(records[2].fields == Fields{"", "x"});
    CHECK(records[2].line == 5);
    CHECK(parse_csv("").empty());
}

TEST_CASE("CSV: a quote inside a plain field is a character; an open quote is noticed") {
    const auto records = parse_csv("6\" PLATE,2\nx,\"never closed,3\ny,4\n");
    REQUIRE(records.size() == 2);
    CHECK(records[0].fields == Fields{"6\" PLATE", "2"});
    CHECK_FALSE(records[0].open_quote);
    CHECK(records[1].open_quote);
    CHECK(records[1].line == 2);
}

TEST_CASE("a sale's fields are read as written, except for spaces around and the number of the customer") {
    const auto row = row_of("536365, 85123a ,\"HEART, \"\"RED\"\" \",6,2010-12-01 08:26:00,2.550,17850.0,EIRE");
    CHECK(row.kind == RowKind::sale);
    CHECK(row.line == 2);
    CHECK(row.file == "test.csv");
    CHECK(row.sku == "85123a");
    CHECK(row.name == "HEART, \"RED\"");
    CHECK(row.quantity == 6);
    CHECK(row.price == "2.550");
    CHECK(row.date == "2010-12-01");
    CHECK(row.customer == "17850");
    CHECK(row.country == "IE");
    CHECK(row_of("536365,A,N,6,2010-12-01 08:26:00,2.55,,Unspecified").country == "ZZ");
}

TEST_CASE("every kind of row") {
    CHECK(row_of("1,A,N,6,2010-12-01,2.55,,France").kind == RowKind::sale);
    CHECK(row_of("1,A,N,6,2010-12-01,0.0,17850,France").kind == RowKind::free_item);
    CHECK(row_of("1,A,N,6,2010-12-01,0.0,,France").kind == RowKind::stock_correction);
    CHECK(row_of("1,A,lost,-6,2010-12-01,0,17850,France").kind == RowKind::stock_correction);
    CHECK(row_of("C1,A,N,-6,2010-12-01,2.55,17850,France").kind == RowKind::cancellation);
    CHECK(row_of("A1,B,Adjust bad debt,1,2011-08-12,-11062.06,,France").kind == RowKind::adjustment);
}

TEST_CASE("every malformed row says why") {
    const auto problem = [](const std::string& line) {
        const auto row = row_of(line);
        CHECK(row.kind == RowKind::malformed);
        return row.problem;
    };
    CHECK(problem("1,A,N,6,2010-12-01,2.55,") == "the row has 7 fields instead of 8");
    CHECK(problem("X1,A,N,6,2010-12-01,2.55,,France").find("invoice number") != std::string::npos);
    CHECK(problem("C,A,N,-6,2010-12-01,2.55,,France").find("invoice number") != std::string::npos);
    CHECK(problem("1, ,N,6,2010-12-01,2.55,,France") == "the stock code is empty");
    CHECK(problem("1,CAFÉ,N,6,2010-12-01,2.55,,France").find("printable ASCII") != std::string::npos);
    CHECK(problem("1," + std::string(32, 'A') + ",N,6,2010-12-01,2.55,,France").find("at most 31") != std::string::npos);
    CHECK(problem("1,A,\xA3 SIGN,6,2010-12-01,2.55,,France") == "the description is not UTF-8");
    CHECK(problem("1,A,N,0,2010-12-01,2.55,,France").find("quantity") != std::string::npos);
    CHECK(problem("1,A,N,6.5,2010-12-01,2.55,,France").find("quantity") != std::string::npos);
    CHECK(problem("1,A,N,99999999999999999999,2010-12-01,2.55,,France").find("quantity") != std::string::npos);
    CHECK(problem("1,A,N,6,2010-12-01,2.55555,,France").find("unit price") != std::string::npos);
    CHECK(problem("1,A,N,6,2010-12-01,,,France").find("unit price") != std::string::npos);
    CHECK(problem("1,A,N,6,01/12/2010,2.55,,France").find("date") != std::string::npos);
    CHECK(problem("1,A,N,6,2010-13-01,2.55,,France").find("date") != std::string::npos);
    CHECK(problem("1,A,N,6,2010-12-01,2.55,17850.5,France").find("customer number") != std::string::npos);
    CHECK(problem("1,A,N,-6,2010-12-01,2.55,,France").find("negative quantity") != std::string::npos);
    CHECK(problem("1,A,N,6,2010-12-01,-2.55,,France").find("negative price") != std::string::npos);
    CHECK(problem("C1,A,N,6,2010-12-01,2.55,17850,France").find("positive quantity") != std::string::npos);
    CHECK(problem("1,A,\"N,6,2010-12-01,2.55,17850,France").find("quote is never closed") != std::string::npos);
}

TEST_CASE("another header is refused, with the name of the file") {
    const auto rows = parse_rows("Invoice,StockCode\n1,2\n", "other.csv");
    REQUIRE_FALSE(rows);
    CHECK(rows.error().code == FaultCode::invalid_argument);
    CHECK(rows.error().message.starts_with("other.csv: "));
    CHECK_FALSE(parse_rows("", "empty.csv"));
}

TEST_CASE("the two real days are read whole") {
    const auto first = real_day("2010-12-01");
    const auto second = real_day("2011-02-06");
    CHECK(first.size() == 3108);
    CHECK(second.size() == 279);
    CHECK(kinds_of(first)[RowKind::malformed] == 0);
    CHECK(kinds_of(second)[RowKind::malformed] == 0);
    CHECK(kinds_of(first)[RowKind::cancellation] > 0);
    CHECK(kinds_of(first)[RowKind::sale] > 3000);
}
